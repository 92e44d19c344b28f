#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/bytes.hpp"

// One call each of the system's socket functions, without their differences between systems. None of them
// waits, except `wait_for`; none throws. An error is an errno (Winsock's number on Windows).
namespace fastthrift::net {

#if defined(_WIN32)
using SocketHandle = std::uintptr_t;
inline constexpr SocketHandle no_socket = ~static_cast<SocketHandle>(0);
#else
using SocketHandle = int;
inline constexpr SocketHandle no_socket = -1;
#endif

struct Transfer {
  std::size_t bytes = 0;  // with no error, 0 received bytes are the end of the stream
  int error = 0;
};

Transfer send_now(SocketHandle socket, Bytes bytes);
Transfer receive_now(SocketHandle socket, std::uint8_t* to, std::size_t most);

// Makes a socket of TCP tell with what is received how much is left; false where the system cannot.
bool ask_for_rest(SocketHandle socket);
// As receive_now, of a socket that was asked (any other might bring descriptors along). `is_drained`: behind
// these bytes nothing has come, not even the end of the stream.
struct Received {
  std::size_t bytes = 0;
  int error = 0;
  bool is_drained = false;
};
Received receive_and_rest(SocketHandle socket, std::uint8_t* to, std::size_t most);

bool would_block(int error);
// The peer has gone: reset, broken pipe and their kin.
bool is_disconnect(int error);
// The process or the system is out of descriptors or of memory for sockets; it may get better by itself.
bool is_exhaustion(int error);

struct Readiness {
  bool readable = false;
  bool writable = false;
  int error = 0;
};
// Waits until one of the two is so, at most `timeout_ms` (-1: for ever). A hang-up counts as readable and
// writable: the next call says what it is. Neither and no error: the time is over.
Readiness wait_for(SocketHandle socket, bool readable, bool writable, int timeout_ms);

// A second handle of the same socket, not inherited by programs that are started; no_socket with `error` set.
SocketHandle duplicate(SocketHandle socket, int& error);
void close(SocketHandle socket);
void shut_down(SocketHandle socket, bool receiving, bool sending);
int set_non_blocking(SocketHandle socket);

std::string error_text(int error);

}  // namespace fastthrift::net
