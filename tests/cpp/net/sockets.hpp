#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "net/deadline.hpp"
#include "net/socket.hpp"

// Real sockets for tests: ports come from the system, every wait is bounded.
namespace fastthrift::test {

inline constexpr std::chrono::seconds patience{20};

// A descriptor that is closed at the end of its scope.
class Socket {
 public:
  explicit Socket(int handle) : handle_(handle) {
    if (handle < 0) {
      std::cerr << "no socket: " << net::error_text(errno) << "\n";
      std::abort();
    }
  }
  Socket(Socket&& other) noexcept : handle_(std::exchange(other.handle_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Socket() { close(); }
  int get() const { return handle_; }
  void close() {
    if (handle_ >= 0) ::close(std::exchange(handle_, -1));
  }

 private:
  int handle_;
};

inline std::pair<Socket, Socket> socket_pair() {
  int both[2] = {-1, -1};
  (void)::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both);
  return {Socket(both[0]), Socket(both[1])};
}

inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

inline Socket listening(int backlog = 1024) {
  Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = loopback(0);
  if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(socket.get(), backlog) != 0) {
    std::abort();
  }
  return socket;
}

inline std::uint16_t port_of(const Socket& socket) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

inline Socket connected(std::uint16_t port) {
  Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = loopback(port);
  if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) std::abort();
  return socket;
}

// Both ends of a connection of TCP.
inline std::pair<Socket, Socket> tcp_pair() {
  const Socket listener = listening();
  Socket far = connected(port_of(listener));
  return {Socket(::accept(listener.get(), nullptr, nullptr)), std::move(far)};
}

inline Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// Sends what fits without waiting.
inline std::size_t send_some(const Socket& socket, std::string_view text) {
  return net::send_now(socket.get(), bytes_of(text)).bytes;
}

inline void send_all(const Socket& socket, std::string_view text) {
  const auto deadline = net::Deadline::after(patience);
  while (!text.empty() && !deadline.has_passed()) {
    const net::Transfer sent = net::send_now(socket.get(), bytes_of(text));
    text.remove_prefix(sent.bytes);
    if (sent.error != 0 && !net::would_block(sent.error)) return;
    if (!text.empty()) net::wait_for(socket.get(), false, true, deadline.poll_timeout());
  }
}

// `n` bytes, or fewer where the stream ends or the patience.
inline std::string receive(const Socket& socket, std::size_t n) {
  const auto deadline = net::Deadline::after(patience);
  std::string text;
  std::vector<std::uint8_t> piece(65536);
  while (text.size() < n && !deadline.has_passed()) {
    net::wait_for(socket.get(), true, false, deadline.poll_timeout());
    const auto got = net::receive_now(socket.get(), piece.data(), std::min(piece.size(), n - text.size()));
    if (got.error != 0 && !net::would_block(got.error)) break;
    if (got.error == 0 && got.bytes == 0) break;
    text.append(reinterpret_cast<const char*>(piece.data()), got.bytes);
  }
  return text;
}

// True if the peer closes in time, nothing but that.
inline bool is_closed_by_peer(const Socket& socket) {
  std::uint8_t byte;
  const auto deadline = net::Deadline::after(patience);
  while (!deadline.has_passed()) {
    net::wait_for(socket.get(), true, false, deadline.poll_timeout());
    const auto got = net::receive_now(socket.get(), &byte, 1);
    if (net::would_block(got.error)) continue;
    return got.error != 0 || got.bytes == 0;
  }
  return false;
}

}  // namespace fastthrift::test
