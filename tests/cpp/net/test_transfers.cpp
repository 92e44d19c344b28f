#include "net/socket.hpp"

#include <boost/core/lightweight_test.hpp>
#include <cerrno>
#include <fcntl.h>
#include <string>
#include <vector>

#include "sockets.hpp"

using namespace fastthrift;
using namespace fastthrift::net;

namespace {

Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string received(int handle, std::size_t most) {
  std::vector<std::uint8_t> to(most);
  const Transfer got = receive_now(handle, to.data(), most);
  BOOST_TEST_EQ(got.error, 0);
  return {to.begin(), to.begin() + static_cast<std::ptrdiff_t>(got.bytes)};
}

void test_bytes_go_over_as_they_are() {
  const auto [here, there] = test::socket_pair();
  const Transfer sent = send_now(here.get(), bytes_of("hello"));
  BOOST_TEST_EQ(sent.error, 0);
  BOOST_TEST_EQ(sent.bytes, 5u);
  BOOST_TEST_EQ(received(there.get(), 3), "hel");
  BOOST_TEST_EQ(received(there.get(), 100), "lo");
  BOOST_TEST_EQ(send_now(here.get(), {}).error, 0);
}

void test_nothing_waits() {
  const auto [here, there] = test::socket_pair();
  BOOST_TEST_EQ(set_non_blocking(here.get()), 0);
  std::uint8_t byte = 0;
  BOOST_TEST(would_block(receive_now(here.get(), &byte, 1).error));
  const std::vector<std::uint8_t> much(1 << 20);
  Transfer last;
  for (int i = 0; i < 64 && last.error == 0; ++i) last = send_now(here.get(), much);
  BOOST_TEST(would_block(last.error));  // nobody reads
  BOOST_TEST(!is_disconnect(last.error));
}

void test_the_end_of_the_stream_is_no_bytes_and_no_error() {
  auto [here, there] = test::socket_pair();
  (void)send_now(here.get(), bytes_of("x"));
  here.close();
  BOOST_TEST_EQ(received(there.get(), 10), "x");
  BOOST_TEST_EQ(received(there.get(), 10), "");
  BOOST_TEST_EQ(received(there.get(), 10), "");
}

void test_sending_to_who_has_gone_is_an_error_and_no_signal() {
  auto [here, there] = test::socket_pair();
  there.close();
  const Transfer sent = send_now(here.get(), bytes_of("x"));
  BOOST_TEST(is_disconnect(sent.error));
  BOOST_TEST_EQ(sent.bytes, 0u);
}

void test_errors_are_of_few_kinds() {
  for (const int error : {EAGAIN, EWOULDBLOCK}) {
    BOOST_TEST(would_block(error));
    BOOST_TEST(!is_disconnect(error) && !is_exhaustion(error));
  }
  for (const int error : {ECONNRESET, EPIPE}) {
    BOOST_TEST(is_disconnect(error));
    BOOST_TEST(!would_block(error) && !is_exhaustion(error));
  }
  for (const int error : {EMFILE, ENFILE, ENOBUFS, ENOMEM}) {
    BOOST_TEST(is_exhaustion(error));
    BOOST_TEST(!would_block(error) && !is_disconnect(error));
  }
  for (const int error : {0, EBADF, EINVAL, EACCES}) {
    BOOST_TEST(!would_block(error) && !is_disconnect(error) && !is_exhaustion(error));
  }
  BOOST_TEST_EQ(send_now(-1, bytes_of("x")).error, EBADF);
  std::uint8_t byte = 0;
  BOOST_TEST_EQ(receive_now(-1, &byte, 1).error, EBADF);
  BOOST_TEST_EQ(set_non_blocking(-1), EBADF);
  for (const int error : {ECONNRESET, EPIPE, EBADF}) BOOST_TEST(!error_text(error).empty());
  BOOST_TEST(error_text(ECONNRESET) != error_text(EPIPE));
}

void test_waiting_says_what_may_be_done_now() {
  auto [here, there] = test::socket_pair();
  Readiness ready = wait_for(here.get(), true, false, 0);
  BOOST_TEST(!ready.readable && !ready.writable && ready.error == 0);  // the time is over
  ready = wait_for(here.get(), true, true, 10'000);
  BOOST_TEST(!ready.readable && ready.writable);
  (void)send_now(there.get(), bytes_of("x"));
  ready = wait_for(here.get(), true, false, 10'000);
  BOOST_TEST(ready.readable && !ready.writable);  // only what was asked for
  BOOST_TEST_EQ(received(here.get(), 1), "x");
  there.close();
  ready = wait_for(here.get(), true, true, 10'000);
  BOOST_TEST(ready.readable && ready.writable);  // a hang-up: the next call says what it is
}

void test_shutting_down_ends_the_directions_that_are_named() {
  for (const bool receiving : {false, true}) {
    const auto [here, there] = test::socket_pair();
    shut_down(here.get(), receiving, !receiving);
    if (receiving) {
      BOOST_TEST_EQ(received(here.get(), 10), "");
      BOOST_TEST_EQ(send_now(here.get(), bytes_of("out")).error, 0);
      BOOST_TEST_EQ(received(there.get(), 10), "out");
    } else {
      BOOST_TEST(is_disconnect(send_now(here.get(), bytes_of("x")).error));
      BOOST_TEST_EQ(received(there.get(), 10), "");
      (void)send_now(there.get(), bytes_of("in"));
      BOOST_TEST_EQ(received(here.get(), 10), "in");
    }
  }
  shut_down(-1, true, true);  // one that is closed already
}

void test_a_duplicate_is_a_socket_of_its_own() {
  auto [here, there] = test::socket_pair();
  int error = 0;
  {
    const test::Socket copy(duplicate(here.get(), error));
    BOOST_TEST_EQ(error, 0);
    BOOST_TEST(copy.get() != here.get());
    BOOST_TEST((::fcntl(copy.get(), F_GETFD) & FD_CLOEXEC) != 0);
    here.close();
    BOOST_TEST_EQ(send_now(copy.get(), bytes_of("still here")).error, 0);
    BOOST_TEST_EQ(received(there.get(), 100), "still here");
  }
  BOOST_TEST_EQ(received(there.get(), 100), "");  // the last of both has gone
  BOOST_TEST(duplicate(-1, error) == no_socket);
  BOOST_TEST_EQ(error, EBADF);
}

}  // namespace

void test_transfers() {
  test_bytes_go_over_as_they_are();
  test_nothing_waits();
  test_the_end_of_the_stream_is_no_bytes_and_no_error();
  test_sending_to_who_has_gone_is_an_error_and_no_signal();
  test_errors_are_of_few_kinds();
  test_waiting_says_what_may_be_done_now();
  test_shutting_down_ends_the_directions_that_are_named();
  test_a_duplicate_is_a_socket_of_its_own();
}
