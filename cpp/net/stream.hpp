#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/errors.hpp"
#include "net/deadline.hpp"
#include "net/socket.hpp"

namespace fastthrift::net {

// How the text of every end of a connection begins: the words that users of thriftpy2 search for.
constexpr const char* nothing_read = "TSocket read 0 bytes";

// Blocking reads and writes on a connected socket that somebody else owns (a Python socket), with a deadline:
// a non-blocking send or recv, poll only where it would wait. Works whether or not the descriptor is
// non-blocking. Errors are TransportError: timed_out, end_of_file, or unknown with the errno.
class Stream {
 public:
  // Called when a signal interrupts a wait; throws to end it (Python's KeyboardInterrupt).
  using Interrupted = void (*)();

  // `peer` is for messages ("localhost:9090") and must outlive the stream.
  Stream(SocketHandle handle, std::string_view peer, Interrupted interrupted = nullptr)
      : handle_(handle), peer_(peer), interrupted_(interrupted) {}

  void write_all(Bytes bytes, const Deadline& deadline);
  // At least one byte, at most `most`; returns how many. Waits before it reads: after a request the answer is
  // not there yet, and a recv in vain costs as much as the poll.
  std::size_t read_some(std::uint8_t* to, std::size_t most, const Deadline& deadline);

  // Without waiting: how many bytes, 0 where it would have to wait.
  std::size_t try_write(Bytes bytes);
  std::size_t try_read(std::uint8_t* to, std::size_t most);
  // Waits until it can be read or written; `doing` is for the message of the error: "reading the reply".
  Readiness wait(bool readable, bool writable, const Deadline& deadline, const char* doing);

  std::string_view peer() const { return peer_; }
  // The error for an errno, with the peer and what was being done.
  TransportError error(int number, const char* doing) const;

 private:
  SocketHandle handle_;
  std::string_view peer_;
  Interrupted interrupted_;
};

}  // namespace fastthrift::net
