#pragma once

#include <chrono>

#include "rpc/handler.hpp"

namespace fastthrift::rpc {

class Session;
class Sessions;

// The sessions that go on together. Going back and forth between the system and the handlers for each request
// costs more than the request does: so all that is there is read first, then handled, then answered. In
// between a session waits in one of three queues. Belongs to the leading thread; when a handler costs that
// thread the lead, the next leader goes on with what is left.
class Round {
 public:
  // Handlers that took as long together are followed by their answers, whatever else is there.
  static constexpr std::chrono::microseconds longest{200};

  Round(Sessions& sessions, HandlerFactory& factory) : sessions_(sessions), factory_(factory) {}

  // Resumes the session, to read, after all that is ready now.
  void await_turn(Session& session);
  // Lets the session's handler have its messages, then resumes it, to send the answers.
  void await_handler(Session& session);

  // At once, without a round. False: this thread leads no more, and the session has to return to the leader.
  bool handle_alone(Session& session);

  // By a new leader, before anything else.
  void take_over();
  // Frees the sessions that wait here, at the end of the server.
  void abandon();

 private:
  class Queue {
   public:
    bool is_empty() const { return first_ == nullptr; }
    void push(Session& session);
    void push_front(Session& session);
    Session* pop();  // null: empty

   private:
    Session *first_ = nullptr, *last_ = nullptr;
  };

  void post();
  void run();
  bool handle();
  void answer();

  Sessions& sessions_;
  HandlerFactory& factory_;
  Queue turns_;     // to read
  Queue read_;      // with messages for the handler
  Queue answered_;  // with answers to send
  bool is_posted_ = false;
};

}  // namespace fastthrift::rpc
