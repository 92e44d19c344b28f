#include "net/socket.hpp"

#include <boost/core/lightweight_test.hpp>
#include <cerrno>
#include <cstring>
#include <netinet/tcp.h>
#include <poll.h>
#include <string>

#include "sockets.hpp"

using namespace fastthrift;
using namespace fastthrift::net;
using test::socket_pair;
using test::tcp_pair;

namespace {

#if defined(TCP_INQ)
constexpr bool system_tells = true;
#else
constexpr bool system_tells = false;
#endif

void await_readable(const test::Socket& socket) {
  BOOST_TEST(wait_for(socket.get(), true, false, 20'000).readable);
}

// All of `size` bytes have come.
void await_bytes(const test::Socket& socket, std::size_t size) {
  const auto deadline = Deadline::after(test::patience);
  std::string bytes(size, '\0');
  for (;;) {
    await_readable(socket);
    if (::recv(socket.get(), bytes.data(), size, MSG_PEEK | MSG_DONTWAIT) == static_cast<ssize_t>(size))
      return;
    if (deadline.has_passed()) return BOOST_ERROR("the bytes have not come");
  }
}

// The end of the stream has come, whatever is to be read before it.
void await_end(const test::Socket& socket) {
#if defined(POLLRDHUP)
  pollfd one{socket.get(), POLLRDHUP, 0};
  BOOST_TEST_EQ(::poll(&one, 1, 20'000), 1);
#else
  static_cast<void>(socket);
#endif
}

struct Piece {
  std::uint8_t bytes[64];
  Received received;

  std::string text() const { return {bytes, bytes + received.bytes}; }
};

Piece piece_of(const test::Socket& socket, std::size_t most = 64) {
  Piece piece;
  piece.received = receive_and_rest(socket.get(), piece.bytes, most);
  return piece;
}

void test_it_tells_when_nothing_is_left() {
  auto [near, far] = tcp_pair();
  BOOST_TEST_EQ(ask_for_rest(near.get()), system_tells);
  test::send_all(far, "hello world");
  await_bytes(near, 11);
  const Piece first = piece_of(near, 5);
  BOOST_TEST_EQ(first.text(), "hello");
  BOOST_TEST(!first.received.is_drained);
  const Piece rest = piece_of(near);
  BOOST_TEST_EQ(rest.text(), " world");
  BOOST_TEST_EQ(rest.received.is_drained, system_tells);
}

void test_a_buffer_that_is_filled_to_the_last_byte_can_leave_nothing() {
  auto [near, far] = tcp_pair();
  ask_for_rest(near.get());
  test::send_all(far, "hello");
  await_bytes(near, 5);
  BOOST_TEST_EQ(piece_of(near, 5).received.is_drained, system_tells);
}

void test_the_end_of_the_stream_is_left_behind_the_last_bytes() {
  auto [near, far] = tcp_pair();
  ask_for_rest(near.get());
  test::send_all(far, "last");
  ::shutdown(far.get(), SHUT_WR);
  await_bytes(near, 4);
  await_end(near);
  const Piece last = piece_of(near);
  BOOST_TEST_EQ(last.text(), "last");
  BOOST_TEST(!last.received.is_drained);
  const Piece end = piece_of(near);
  BOOST_TEST_EQ(end.received.bytes, 0u);
  BOOST_TEST_EQ(end.received.error, 0);
  BOOST_TEST(!end.received.is_drained);
}

void test_without_bytes_it_would_block() {
  auto [near, far] = tcp_pair();
  ask_for_rest(near.get());
  const Piece none = piece_of(near);
  BOOST_TEST_EQ(none.received.bytes, 0u);
  BOOST_TEST(would_block(none.received.error));
  BOOST_TEST(!none.received.is_drained);
}

void test_a_reset_is_an_error() {
  auto [near, far] = tcp_pair();
  ask_for_rest(near.get());
  const linger at_once{1, 0};
  ::setsockopt(far.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  far.close();
  await_readable(near);
  const Piece none = piece_of(near);
  BOOST_TEST(is_disconnect(none.received.error));
  BOOST_TEST(!none.received.is_drained);
}

void test_a_socket_that_was_not_asked_tells_nothing() {
  auto [near, far] = tcp_pair();
  test::send_all(far, "hello");
  await_bytes(near, 5);
  const Piece piece = piece_of(near);
  BOOST_TEST_EQ(piece.text(), "hello");
  BOOST_TEST(!piece.received.is_drained);
}

void test_only_sockets_of_tcp_can_be_asked() {
  auto [near, far] = socket_pair();
  BOOST_TEST(!ask_for_rest(near.get()));
  BOOST_TEST(!ask_for_rest(no_socket));
}

}  // namespace

void test_socket() {
  test_it_tells_when_nothing_is_left();
  test_a_buffer_that_is_filled_to_the_last_byte_can_leave_nothing();
  test_the_end_of_the_stream_is_left_behind_the_last_bytes();
  test_without_bytes_it_would_block();
  test_a_reset_is_an_error();
  test_a_socket_that_was_not_asked_tells_nothing();
  test_only_sockets_of_tcp_can_be_asked();
}
