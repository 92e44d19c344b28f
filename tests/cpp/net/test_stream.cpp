#include "net/stream.hpp"

#include <atomic>
#include <boost/core/lightweight_test.hpp>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <pthread.h>
#include <string>
#include <thread>

#include "sockets.hpp"

using namespace fastthrift;
using namespace fastthrift::net;
using namespace std::chrono_literals;
using test::socket_pair;
using Kind = TransportError::Kind;

namespace {

template <class Body>
std::string refused(Kind kind, Body body) {
  try {
    body();
  } catch (const TransportError& error) {
    BOOST_TEST(error.kind() == kind);
    return error.what();
  }
  BOOST_ERROR("nothing was thrown");
  return "";
}

void set_blocking(const test::Socket& socket, bool blocking) {
  const int flags = ::fcntl(socket.get(), F_GETFL);
  ::fcntl(socket.get(), F_SETFL, blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK);
}

void test_bytes_arrive_whatever_the_mode_of_the_descriptor() {
  for (bool blocking : {true, false}) {
    auto [near, far] = socket_pair();
    set_blocking(near, blocking);
    Stream stream(near.get(), "peer:1");
    stream.write_all(test::bytes_of("hello"), Deadline::after(test::patience));
    BOOST_TEST_EQ(test::receive(far, 5), "hello");
    test::send_all(far, "world");
    std::uint8_t bytes[16];
    const std::size_t n = stream.read_some(bytes, sizeof bytes, Deadline::after(test::patience));
    BOOST_TEST_EQ(std::string(bytes, bytes + n), "world");
  }
}

void test_reading_ends_at_its_deadline() {
  for (bool blocking : {true, false}) {
    auto [near, far] = socket_pair();
    set_blocking(near, blocking);
    Stream stream(near.get(), "peer:1");
    std::uint8_t byte;
    const auto before = Clock::now();
    const std::string text =
        refused(Kind::timed_out, [&] { stream.read_some(&byte, 1, Deadline::after(30ms)); });
    BOOST_TEST_EQ(text, "peer:1: timed out reading");
    BOOST_TEST(Clock::now() - before >= 30ms);
    BOOST_TEST(Clock::now() - before < 5s);
  }
}

void test_writing_ends_at_its_deadline_when_nobody_reads() {
  auto [near, far] = socket_pair();
  Stream stream(near.get(), "peer:1");
  const std::string much(16 << 20, 'x');
  const std::string text =
      refused(Kind::timed_out, [&] { stream.write_all(test::bytes_of(much), Deadline::after(30ms)); });
  BOOST_TEST_EQ(text, "peer:1: timed out writing");
}

void test_much_is_written_in_pieces_to_a_slow_reader() {
  auto [near, far] = socket_pair();
  const std::string much(4 << 20, 'x');
  std::thread writer([&, handle = near.get()] {
    Stream(handle, "peer:1").write_all(test::bytes_of(much), Deadline::after(test::patience));
  });
  BOOST_TEST(test::receive(far, much.size()) == much);
  writer.join();
}

void test_end_of_stream_is_an_error_of_its_own() {
  auto [near, far] = socket_pair();
  test::send_all(far, "rest");
  far.close();
  Stream stream(near.get(), "peer:1");
  std::uint8_t bytes[16];
  BOOST_TEST_EQ(stream.read_some(bytes, sizeof bytes, Deadline::never()), 4u);
  const std::string text = refused(Kind::end_of_file, [&] { stream.read_some(bytes, 1, Deadline::never()); });
  BOOST_TEST_EQ(text, "TSocket read 0 bytes: peer:1 closed the connection");
}

void test_a_vanished_peer_is_named_with_the_reason() {
  auto [near, far] = socket_pair();
  far.close();
  Stream stream(near.get(), "peer:1");
  try {
    stream.write_all(test::bytes_of("hello"), Deadline::after(test::patience));
    BOOST_ERROR("nothing was thrown");
  } catch (const TransportError& error) {
    BOOST_TEST(error.kind() == Kind::unknown);
    BOOST_TEST_EQ(error.os_error(), EPIPE);
    BOOST_TEST_EQ(std::string(error.what()),
                  std::string("peer:1: ") + std::strerror(EPIPE) + " while writing");
  }
}

void test_a_closed_descriptor_is_an_error() {
  auto [near, far] = socket_pair();
  const int handle = near.get();
  near.close();
  std::uint8_t byte;
  Stream stream(handle, "peer:1");
  refused(Kind::unknown, [&] { stream.write_all(test::bytes_of("x"), Deadline::never()); });
  refused(Kind::unknown, [&] { stream.read_some(&byte, 1, Deadline::never()); });
}

void test_try_read_and_try_write_never_wait() {
  auto [near, far] = socket_pair();
  Stream stream(near.get(), "peer:1");
  std::uint8_t byte;
  BOOST_TEST_EQ(stream.try_read(&byte, 1), 0u);
  BOOST_TEST_EQ(stream.try_write({}), 0u);
  const std::string much(16 << 20, 'x');
  const std::size_t sent = stream.try_write(test::bytes_of(much));
  BOOST_TEST(sent > 0 && sent < much.size());
  BOOST_TEST_EQ(stream.try_write(test::bytes_of(much)), 0u);
}

int interruptions = 0;
struct Stopped {};

void test_a_signal_asks_the_caller_and_the_wait_goes_on_or_ends() {
  struct sigaction action{};
  action.sa_handler = [](int) {};
  ::sigaction(SIGUSR1, &action, nullptr);
  auto [near, far] = socket_pair();
  std::uint8_t byte;

  // The first interruption lets the wait go on, the second ends it.
  interruptions = 0;
  Stream stream(near.get(), "peer:1", [] {
    if (++interruptions == 2) throw Stopped{};
  });
  const pthread_t waiting = ::pthread_self();
  std::atomic<bool> over{false};
  std::thread sender([&] {
    const Deadline deadline = Deadline::after(test::patience);
    while (!over && !deadline.has_passed()) {
      ::pthread_kill(waiting, SIGUSR1);
      std::this_thread::yield();
    }
  });
  BOOST_TEST_THROWS(stream.read_some(&byte, 1, Deadline::after(test::patience)), Stopped);
  over = true;
  sender.join();
  BOOST_TEST_EQ(interruptions, 2);
}

}  // namespace

void test_stream() {
  test_bytes_arrive_whatever_the_mode_of_the_descriptor();
  test_reading_ends_at_its_deadline();
  test_writing_ends_at_its_deadline_when_nobody_reads();
  test_much_is_written_in_pieces_to_a_slow_reader();
  test_end_of_stream_is_an_error_of_its_own();
  test_a_vanished_peer_is_named_with_the_reason();
  test_a_closed_descriptor_is_an_error();
  test_try_read_and_try_write_never_wait();
  test_a_signal_asks_the_caller_and_the_wait_goes_on_or_ends();
}
