#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "base/buffer.hpp"
#include "base/bytes.hpp"
#include "framing/framing.hpp"
#include "net/deadline.hpp"

namespace fastthrift::rpc {

// What the answers to some messages came to.
struct Answered {
  std::size_t messages = 0;  // how many of those given were handled; the others are given again
  bool close = false;        // close the connection once the answers so far are delivered
};

// One connection's side that understands messages; made by a HandlerFactory when a connection is accepted. Called from
// one thread at a time, but not always the same one.
class Handler {
 public:
  virtual ~Handler() = default;

  // Answers complete messages in order, each answer wrapped by `framing` and appended to `answers` (a oneway appends
  // nothing). May stop early, after any message, once `hurry` has passed, so that answers which are ready do not wait
  // for a slow call behind them. Must not throw: what goes wrong is answered, or closes the connection.
  virtual Answered answer(std::span<const Bytes> messages, const framing::Framing& framing, Buffer& answers,
                          net::Clock::time_point hurry) = 0;
  // The connection ends because its bytes are no Thrift (`error` says why), or for nothing worth a word (empty).
  virtual void closed(const std::string& error) = 0;
};

class HandlerFactory {
 public:
  virtual ~HandlerFactory() = default;
  // `peer`: "127.0.0.1:51234" or the UNIX path.
  virtual std::unique_ptr<Handler> make_handler(const std::string& peer) = 0;
  // Brackets the life of each thread that will call handlers (Python keeps a thread state there).
  virtual void thread_started() = 0;
  virtual void thread_stops() = 0;
};

}  // namespace fastthrift::rpc
