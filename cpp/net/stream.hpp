#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/bytes.hpp"
#include "net/deadline.hpp"

namespace fastthrift::net {

#if defined(_WIN32)
using SocketHandle = std::uintptr_t;
#else
using SocketHandle = int;
#endif

// Blocking reads and writes on a connected socket that somebody else owns (a Python socket), with a deadline: a
// non-blocking send or recv first, poll only when it would wait. Works whether or not the descriptor is non-blocking.
// Errors are TransportError: timed_out, end_of_file, or unknown with the errno.
class Stream {
 public:
  // `peer` is for messages: "localhost:9090".
  Stream(SocketHandle handle, std::string peer) : handle_(handle), peer_(std::move(peer)) {}

  void write_all(Bytes bytes, const Deadline& deadline);
  // At least one byte, at most `most`; returns how many.
  std::size_t read_some(std::uint8_t* to, std::size_t most, const Deadline& deadline);

  const std::string& peer() const { return peer_; }

 private:
  void wait(short events, const Deadline& deadline, const char* doing);

  SocketHandle handle_;
  std::string peer_;
};

}  // namespace fastthrift::net
