#pragma once

#include "python/handler_arguments.hpp"
#include "python/codec.hpp"
#include "python/dialects.hpp"
#include "python/ref.hpp"
#include "python/reply.hpp"
#include "python/served_methods.hpp"

#include <memory>
#include <optional>
#include <string>

#include "base/errors.hpp"
#include "rpc/turn.hpp"

namespace fastthrift::python {

// Turns the messages of calls into calls of Python methods and these into answers, as TProcessor does: same
// answers, same order of things. All members need the GIL.
class Processor {
 public:
  // `log` has the methods refused(peer, text), raised(api, error), returned(api, error) and warn(text).
  // `dialects`: for messages that a framing::Detecting has cut; null for those in the protocol of `options`.
  Processor(ServedMethods methods, PyObject* log, const CodecOptions& options, bool answers_undeclared,
            std::unique_ptr<Dialects> dialects = nullptr);
  // Takes the GIL itself.
  ~Processor();
  Processor(const Processor&) = delete;

  // unanswered: Origin has an exception to which there is no message.
  enum class Outcome { answered, later, close, unanswered };
  // Answers one message behind what is in `answers`. `later`: not now, because it may take long and others
  // are ready.
  Outcome answer(Bytes message, const framing::Framing& framing, Buffer& answers, rpc::Turn& turn,
                 const Origin& origin = {}) {
    if (dialects_) [[unlikely]]
      return answer_dialect(message, framing, answers, turn, origin);
    return answer_call(message, {options_, framing, answers, origin}, &turn, nullptr);
  }

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

  void log_refused(const std::string& peer, const std::string& error);
  // Of a part of what came from there: says from where, too.
  void log_refused(const Origin& origin, const std::string& what, const std::string& error);
  void warn(const std::string& text) noexcept;

 private:
  // One call, in a frame around its answer.
  struct Call {
    ServedMethod& method;
    std::int32_t sequence_id;
    const ReplyPlace& place;
    Awaited* awaited = nullptr;  // null: a result is a result
  };
  Outcome answer_call(Bytes message, const ReplyPlace& place, rpc::Turn* turn, Awaited* awaited);
  Outcome answer_dialect(Bytes message, const framing::Framing& framing, Buffer& answers, rpc::Turn& turn,
                         const Origin& origin);
  Outcome answer_frame(Bytes frame, Buffer& answers, rpc::Turn& turn, const Origin& origin);
  Outcome refuse_bytes(const ReplyPlace& place, std::size_t before);
  Outcome refuse_header(const ReplyPlace& place, const wire::MessageHeader& header,
                        const ServedMethod* method, bool is_call, ServedMethods::Unknown& unknown);
  Outcome answer_method(Input& in, const Call& call, const wire::MessageHeader& header);
  Outcome refuse_arguments(const Call& call, const wire::MessageHeader& header);
  Outcome call_handler(const Call& call, const Arguments& arguments);
  Outcome refuse_missing(const Call& call, const FieldLayout& field);
  Outcome answer_returned(const Call& call, PyObject* returned);
  static Outcome answer_by_instance(const Call& call, PyObject* returned);
  Outcome answer_raised(const Call& call, PyObject* error);
  static wire::MessageHeader header_of(const Call& call);
  Outcome fail(const Call& call, const char* what, PyObject* error);
  void log(const char* event, PyObject* first, PyObject* second) noexcept;

  ServedMethods methods_;
  Ref log_;
  CodecOptions options_;
  bool answers_undeclared_;
  std::unique_ptr<Dialects> dialects_;
};

}  // namespace fastthrift::python
