#include "python/serving.hpp"

#include "python/gil.hpp"

namespace fastthrift::python {
namespace {

// The thread state that this thread of the engine keeps for its life.
thread_local PyThreadState* engine_state = nullptr;

// One connection. Its messages are answered inside a batch, with the GIL.
class ConnectionHandler final : public rpc::Handler {
 public:
  // `http`: the messages are bodies of requests; null: they come as they are.
  ConnectionHandler(Processor& processor, HttpService* http, net::SocketHandle socket)
      : processor_(processor), http_(http), socket_(socket) {}

  rpc::Answered answer(std::span<const Bytes> messages, framing::Framing& framing, Buffer& answers,
                       rpc::Turn& turn) override {
    rpc::Answered answered;
    turn.begin();
    if (http_ != nullptr)
      return http_->answer(messages, static_cast<framing::Http&>(framing), socket_, answers, turn);
    for (const Bytes& message : messages) {
      const Processor::Outcome outcome = processor_.answer(message, framing, answers, turn, {socket_});
      if (outcome == Processor::Outcome::later) break;
      ++answered.messages;
      answered.close = outcome == Processor::Outcome::close;
      if (answered.close || turn.is_over(answers.size())) break;
    }
    return answered;
  }

  void refused(const std::string& peer, const std::string& error) override {
    take_gil(engine_state);
    processor_.log_refused(peer, error);
    engine_state = PyEval_SaveThread();
  }

 private:
  Processor& processor_;
  HttpService* const http_;
  const net::SocketHandle socket_;
};

}  // namespace

Serving::~Serving() {
  if (!http_) return;
  if (is_finalizing()) {
    http_->leak();
    return;
  }
  const GilEnsured gil;
  http_.reset();
}

std::unique_ptr<rpc::Handler> Serving::make_handler(net::SocketHandle socket) {
  return std::make_unique<ConnectionHandler>(processor_, http_ ? &*http_ : nullptr, socket);
}

void Serving::begin_batch() { take_gil(engine_state); }

void Serving::end_batch() { engine_state = PyEval_SaveThread(); }

void Serving::warn(const std::string& text) {
  take_gil(engine_state);
  processor_.warn(text);
  engine_state = PyEval_SaveThread();
}

void Serving::thread_started() { engine_state = PyThreadState_New(interpreter_); }

void Serving::thread_stops() {
  if (is_finalizing()) return;  // the state is the interpreter's to free
  take_gil(engine_state);
  PyThreadState_Clear(engine_state);
  PyThreadState_DeleteCurrent();
  engine_state = nullptr;
}

}  // namespace fastthrift::python
