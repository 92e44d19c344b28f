#pragma once

#include "python/codec.hpp"
#include "python/dialects.hpp"
#include "python/ref.hpp"
#include "python/served_method.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/errors.hpp"
#include "rpc/handler.hpp"

// What stands behind the engine of a server: messages of one service become calls of a Python object's
// methods.
namespace fastthrift::python {

// Answers the messages of all connections of a server, as TProcessor does for one: same answers, same order
// of things. All members but those of rpc::HandlerFactory need the GIL.
class Processor final : public rpc::HandlerFactory {
 public:
  // `log` has the methods refused(peer, text), raised(api, error), returned(api, error) and warn(text).
  // `dialects`: for messages that a framing::Detecting has cut; null for those in the protocol of `options`.
  Processor(PyObject* service, PyObject* handler, PyObject* log, const CodecOptions& options,
            bool answers_undeclared, std::unique_ptr<Dialects> dialects = nullptr);
  ~Processor() override;

  enum class Outcome { answered, later, close };
  // Answers one message behind what is in `answers`. `later`: not now, because it may take long and others
  // are ready.
  Outcome answer(Bytes message, const framing::Framing& framing, Buffer& answers, const rpc::Turn& turn);

  // A call whose handler has given something to wait for instead of a result.
  struct Awaited {
    ServedMethod* method = nullptr;
    std::int32_t sequence_id = 0;
    Ref awaitable;  // null: the message is answered
  };
  // The same for an event loop: what is awaitable comes back in `awaited`, to be answered by `finish`.
  Outcome answer_or_await(Bytes message, const framing::Framing& framing, Buffer& answers, Awaited& awaited);
  // Waiting has ended with `result`, or with the exception `error` (else null).
  Outcome finish(const Awaited& awaited, PyObject* result, PyObject* error, const framing::Framing& framing,
                 Buffer& answers);

  std::unique_ptr<rpc::Handler> make_handler() override;
  void warn(const std::string& text) override;
  void thread_started() override;
  void thread_stops() override;

  void log_refused(const std::string& peer, const std::string& error);

 private:
  ServedMethod* find(std::string_view name);
  // How a message is read and answered.
  struct Way {
    const CodecOptions& codec;
    const framing::Framing& framing;
    Buffer& answers;
  };
  // One call, in a frame around its answer.
  struct Call {
    ServedMethod& method;
    std::int32_t sequence_id;
    const Way& way;
    Awaited* awaited = nullptr;  // null: a result is a result
  };
  Outcome answer_call(Bytes message, const Way& way, const rpc::Turn* turn, Awaited* awaited);
  Outcome answer_dialect(Bytes message, const framing::Framing& framing, Buffer& answers,
                         const rpc::Turn& turn);
  Outcome answer_frame(Bytes frame, Buffer& answers, const rpc::Turn& turn);
  Outcome run(const Call& call, Ref args);
  void refuse_missing(const Call& call, const FieldLayout& field);
  Outcome answer_returned(const Call& call, PyObject* returned);
  Outcome answer_raised(const Call& call, PyObject* error);
  void write_result(const Call& call, PyObject* result);
  static wire::MessageHeader header_of(const Call& call);
  static void write_exception(const wire::MessageHeader& header, PyObject* error, const Way& way);
  static void refuse(const wire::MessageHeader& header, RemoteError::Kind kind, const std::string& text,
                     const Way& way);
  Outcome fail(const Call& call, const char* what, PyObject* error);
  void log(const char* event, PyObject* first, PyObject* second) noexcept;

  PyInterpreterState* const interpreter_ = PyInterpreterState_Get();
  Ref service_;
  Ref handler_;
  Ref log_;
  CodecOptions options_;
  bool answers_undeclared_;
  std::unique_ptr<Dialects> dialects_;
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  std::unordered_map<std::string, ServedMethod, Hash, std::equal_to<>> methods_;
  ServedMethod* last_ = nullptr;  // most calls are of the same method as the one before
};

}  // namespace fastthrift::python
