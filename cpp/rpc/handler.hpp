#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "base/buffer.hpp"
#include "base/bytes.hpp"
#include "framing/framing.hpp"
#include "net/socket.hpp"
#include "rpc/turn.hpp"

namespace fastthrift::rpc {

// What the answers to some messages came to.
struct Answered {
  std::size_t messages = 0;  // how many of those given were handled; the others are given again
  bool close = false;        // close the connection once the answers so far are delivered
};

// One connection's side that understands messages; made by a HandlerFactory when a connection is accepted.
// Called from one thread at a time, but not always the same one.
class Handler {
 public:
  virtual ~Handler() = default;

  // Answers complete messages in order, each answer wrapped by `framing` and appended to `answers` (a oneway
  // appends nothing). Calls `turn.begin()` when it starts to work, and stops after a message once
  // `turn.is_over`; before the first one, where it expects that to take long and `turn.has_others`. Must not
  // throw: what goes wrong is answered, or closes the connection.
  virtual Answered answer(std::span<const Bytes> messages, framing::Framing& framing, Buffer& answers,
                          Turn& turn) = 0;
  // The connection of `peer` ends because its bytes are no Thrift: `error` says why.
  virtual void refused(const std::string& peer, const std::string& error) = 0;
};

class HandlerFactory {
 public:
  virtual ~HandlerFactory() = default;

  // `socket` is open whenever the handler is called.
  virtual std::unique_ptr<Handler> make_handler(net::SocketHandle socket) = 0;
  // Brackets the answers of several handlers on one thread, so that a lock that they all need is taken once.
  // In between nothing waits.
  virtual void begin_batch() {}
  virtual void end_batch() {}
  // Something that the operator should know: accepting pauses, the listener has failed.
  virtual void warn(const std::string& text) = 0;
  // Brackets the life of each thread that will call handlers (Python keeps a thread state there).
  virtual void thread_started() = 0;
  virtual void thread_stops() = 0;
};

}  // namespace fastthrift::rpc
