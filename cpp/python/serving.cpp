#include "python/serving.hpp"

#include "python/gil.hpp"

namespace fastthrift::python {
namespace {

// The thread state that this thread of the engine keeps for its life.
thread_local PyThreadState* engine_state = nullptr;

// One connection. Its messages are answered inside a batch, with the GIL.
class ConnectionHandler final : public rpc::Handler {
 public:
  explicit ConnectionHandler(Processor& processor) : processor_(processor) {}

  rpc::Answered answer(std::span<const Bytes> messages, const framing::Framing& framing, Buffer& answers,
                       rpc::Turn& turn) override {
    rpc::Answered answered;
    turn.begin();
    for (const Bytes& message : messages) {
      const Processor::Outcome outcome = processor_.answer(message, framing, answers, turn);
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
};

}  // namespace

std::unique_ptr<rpc::Handler> Serving::make_handler() {
  return std::make_unique<ConnectionHandler>(processor_);
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
