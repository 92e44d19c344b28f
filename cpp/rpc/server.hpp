#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

#include "framing/framing.hpp"
#include "net/socket.hpp"
#include "rpc/handler.hpp"

namespace fastthrift::rpc {

struct ServerOptions {
  framing::Options framing;
  std::chrono::milliseconds idle{
      60'000};  // between calls; 0: for ever. Then the connection is closed quietly
  std::chrono::milliseconds message{30'000};  // from the first byte of a message to its last; 0: for ever
  std::size_t least_rate = 1024;  // bytes a second: a message that comes faster may take longer than that
  std::chrono::milliseconds stalled{30'000};  // unsent answers without progress; 0: for ever
  std::size_t unsent = 1 << 20;               // bytes of unsent answers, then nothing is read any more
  std::size_t connections = 10'000;           // at most, and 90 % of RLIMIT_NOFILE; then accepting pauses
  std::size_t handler_threads = 256;          // at most; a thread is added when all are inside handlers
};

// Serves one listening socket until stopped. One thread at a time (the leader) waits for events and runs the
// handlers of what it read, inline; when a handler keeps it longer than some milliseconds, another thread
// takes the lead, so that a slow handler stalls nobody and a quick one never changes threads. A connection is
// one coroutine that reads top to bottom: read what there is, answer all complete messages, write the answers
// at once.
class Server {
 public:
  // Takes a duplicate of `listener`, which already listens, and makes it non-blocking. Throws TransportError.
  Server(net::SocketHandle listener, std::shared_ptr<HandlerFactory> factory, const ServerOptions& options);
  // Stops at once. Threads that are still inside handlers go on alone and end when they come back.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Starts the threads and returns. A process that forks does so before.
  void start();
  // Accepts nothing more; connections between calls are closed, calls in flight are answered until `grace`
  // has passed, then everything is closed. Returns at once; may be called again with a shorter grace, from
  // any thread.
  void stop(std::chrono::milliseconds grace);
  // True once everything has ended; waits until then or until `timeout`. Also ends when the listener fails.
  bool wait(std::chrono::milliseconds timeout);

  std::size_t connections() const;
  std::size_t threads() const;

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace fastthrift::rpc
