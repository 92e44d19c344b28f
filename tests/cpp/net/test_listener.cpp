#include "net/listener.hpp"

#include <boost/core/lightweight_test.hpp>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <string>
#include <sys/resource.h>
#include <vector>

#include "sockets.hpp"

using namespace fastthrift;
using namespace fastthrift::net;

namespace {

Accepted accept_in_time(const test::Socket& listener) {
  wait_for(listener.get(), true, false, 10'000);
  return accept_now(listener.get());
}

void test_accepted_connections_are_ready_for_the_event_loop() {
  const test::Socket listener = test::listening();
  set_non_blocking(listener.get());
  BOOST_TEST(would_block(accept_now(listener.get()).error));
  const test::Socket client = test::connected(test::port_of(listener));
  const Accepted accepted = accept_in_time(listener);
  BOOST_TEST_EQ(accepted.error, 0);
  BOOST_TEST_EQ(accepted.family, AF_INET);
  const test::Socket server(accepted.socket);
  BOOST_TEST((::fcntl(server.get(), F_GETFL) & O_NONBLOCK) != 0);
  BOOST_TEST((::fcntl(server.get(), F_GETFD) & FD_CLOEXEC) != 0);
  int no_delay = 0;
  socklen_t size = sizeof no_delay;
  ::getsockopt(server.get(), IPPROTO_TCP, TCP_NODELAY, &no_delay, &size);
  BOOST_TEST(no_delay != 0);
}

void test_peer_is_named_by_address_and_port() {
  const test::Socket listener = test::listening();
  const test::Socket client = test::connected(test::port_of(listener));
  const test::Socket server(accept_in_time(listener).socket);
  BOOST_TEST_EQ(peer_of(server.get()), "127.0.0.1:" + std::to_string(test::port_of(client)));
  BOOST_TEST_EQ(peer_of(client.get()), "127.0.0.1:" + std::to_string(test::port_of(listener)));
}

void test_ipv6_peer_stands_in_brackets() {
  const int handle = ::socket(AF_INET6, SOCK_STREAM, 0);
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  if (handle < 0 || ::bind(handle, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    return;  // no IPv6
  const test::Socket listener(handle);
  ::listen(listener.get(), 1);
  socklen_t size = sizeof address;
  ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size);
  const test::Socket client(::socket(AF_INET6, SOCK_STREAM, 0));
  BOOST_TEST_EQ(::connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  BOOST_TEST_EQ(peer_of(client.get()), "[::1]:" + std::to_string(ntohs(address.sin6_port)));
}

void test_unix_and_vanished_peers_have_names_too() {
  auto [near, far] = test::socket_pair();
  BOOST_TEST_EQ(peer_of(near.get()), "unix");
  const test::Socket alone(::socket(AF_INET, SOCK_STREAM, 0));
  BOOST_TEST_EQ(peer_of(alone.get()), "a peer that has gone");
}

void test_running_out_of_descriptors_is_told_apart() {
  const test::Socket listener = test::listening();
  set_non_blocking(listener.get());
  const test::Socket client = test::connected(test::port_of(listener));
  wait_for(listener.get(), true, false, 10'000);
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  BOOST_TEST_EQ(descriptor_limit(), before.rlim_cur == RLIM_INFINITY ? SIZE_MAX : before.rlim_cur);
  rlimit none = before;
  none.rlim_cur = 0;
  ::setrlimit(RLIMIT_NOFILE, &none);
  const Accepted accepted = accept_now(listener.get());
  ::setrlimit(RLIMIT_NOFILE, &before);
  BOOST_TEST_EQ(accepted.socket, no_socket);
  BOOST_TEST(is_exhaustion(accepted.error));
  BOOST_TEST(!would_block(accepted.error) && !is_disconnect(accepted.error));
}

void test_duplicate_lives_on_alone() {
  test::Socket listener = test::listening();
  const std::uint16_t port = test::port_of(listener);
  int error = -1;
  const test::Socket copy(duplicate(listener.get(), error));
  BOOST_TEST_EQ(error, 0);
  BOOST_TEST((::fcntl(copy.get(), F_GETFD) & FD_CLOEXEC) != 0);
  listener.close();
  const test::Socket client = test::connected(port);
  const test::Socket server(accept_in_time(copy).socket);
  BOOST_TEST_EQ(duplicate(no_socket, error), no_socket);
  BOOST_TEST_EQ(error, EBADF);
}

void test_readiness_says_what_is_ready() {
  auto [near, far] = test::socket_pair();
  Readiness ready = wait_for(near.get(), true, true, 0);
  BOOST_TEST(!ready.readable && ready.writable);
  ready = wait_for(near.get(), true, false, 0);
  BOOST_TEST(!ready.readable && !ready.writable && ready.error == 0);
  test::send_all(far, "x");
  ready = wait_for(near.get(), true, false, 10'000);
  BOOST_TEST(ready.readable);
  far.close();
  ready = wait_for(near.get(), true, true, 10'000);
  BOOST_TEST(ready.readable && ready.writable);
  BOOST_TEST(wait_for(no_socket, true, false, 0).error == 0);  // poll() leaves negative descriptors out
}

}  // namespace

void test_listener() {
  test_accepted_connections_are_ready_for_the_event_loop();
  test_peer_is_named_by_address_and_port();
  test_ipv6_peer_stands_in_brackets();
  test_unix_and_vanished_peers_have_names_too();
  test_running_out_of_descriptors_is_told_apart();
  test_duplicate_lives_on_alone();
  test_readiness_says_what_is_ready();
}
