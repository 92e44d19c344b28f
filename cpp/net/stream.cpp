#include "net/stream.hpp"

#include <cerrno>

namespace fastthrift::net {

void Stream::write_all(Bytes bytes, const Deadline& deadline) {
  for (;;) {
    bytes = bytes.subspan(try_write(bytes));
    if (bytes.empty()) return;
    wait(false, true, deadline, "writing");
  }
}

std::size_t Stream::read_some(std::uint8_t* to, std::size_t most, const Deadline& deadline) {
  for (;;) {
    wait(true, false, deadline, "reading");
    if (const std::size_t n = try_read(to, most)) return n;
  }
}

std::size_t Stream::try_write(Bytes bytes) {
  if (bytes.empty()) return 0;
  const Transfer sent = send_now(handle_, bytes);
  if (sent.error != 0 && !would_block(sent.error)) throw error(sent.error, "writing");
  return sent.bytes;
}

std::size_t Stream::try_read(std::uint8_t* to, std::size_t most) {
  const Transfer received = receive_now(handle_, to, most);
  if (received.error != 0) {
    if (would_block(received.error)) return 0;
    throw error(received.error, "reading");
  }
  if (received.bytes == 0) {
    throw TransportError(TransportError::Kind::end_of_file,
                         std::string(nothing_read) + ": " + std::string(peer_) + " closed the connection");
  }
  return received.bytes;
}

Readiness Stream::wait(bool readable, bool writable, const Deadline& deadline, const char* doing) {
  for (;;) {
    const Readiness ready = wait_for(handle_, readable, writable, deadline.poll_timeout());
    if (ready.error == EINTR) {
      if (interrupted_ != nullptr) interrupted_();
    } else if (ready.error != 0) {
      throw error(ready.error, doing);
    } else if (ready.readable || ready.writable) {
      return ready;
    } else if (deadline.has_passed()) {
      throw TransportError(TransportError::Kind::timed_out, std::string(peer_) + ": timed out " + doing);
    }
  }
}

TransportError Stream::error(int number, const char* doing) const {
  return TransportError(TransportError::Kind::unknown,
                        std::string(peer_) + ": " + error_text(number) + " while " + doing, number);
}

}  // namespace fastthrift::net
