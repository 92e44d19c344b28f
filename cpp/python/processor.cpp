#include "python/processor.hpp"

#include "python/errors.hpp"
#include "python/gil.hpp"
#include "python/payload.hpp"

#include <algorithm>
#include <vector>

namespace fastthrift::python {
namespace {

using wire::MessageType;

// The thread state that this thread of the engine keeps for its life.
thread_local PyThreadState* engine_state = nullptr;

Ref text_of(std::string_view text) {
  return checked(PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "backslashreplace"));
}

// The exception that is set, with its traceback; clears it.
Ref take_raised() {
#if PY_VERSION_HEX >= 0x030C0000
  return Ref::steal(PyErr_GetRaisedException());
#else
  PyObject *type = nullptr, *value = nullptr, *traceback = nullptr;
  PyErr_Fetch(&type, &value, &traceback);
  PyErr_NormalizeException(&type, &value, &traceback);
  if (traceback != nullptr) PyException_SetTraceback(value, traceback);
  Py_XDECREF(type);
  Py_XDECREF(traceback);
  return Ref::steal(value);
#endif
}

// The C++ exception being handled as a Python one; the error indicator is clear afterwards.
Ref take_current() {
  set_python_error();
  return take_raised();
}

std::string text_of_object(PyObject* object) {
  const Ref text = Ref::steal(PyObject_Str(object));
  const char* bytes = text ? PyUnicode_AsUTF8(text.get()) : nullptr;
  if (bytes == nullptr) PyErr_Clear();
  return bytes == nullptr ? Py_TYPE(object)->tp_name : bytes;
}

bool is_application_exception(PyObject* error) {
  PyObject* type = registered_exception("TApplicationException");
  return type != nullptr && PyObject_TypeCheck(error, reinterpret_cast<PyTypeObject*>(type));
}

bool is_awaitable(PyObject* object) {
  const PyAsyncMethods* methods = Py_TYPE(object)->tp_as_async;
  return methods != nullptr && methods->am_await != nullptr;
}

// One connection. The GIL is taken once for all messages of a read.
class ConnectionHandler final : public rpc::Handler {
 public:
  explicit ConnectionHandler(Processor& processor) : processor_(processor) {}

  rpc::Answered answer(std::span<const Bytes> messages, const framing::Framing& framing, Buffer& answers,
                       rpc::Turn& turn) override {
    rpc::Answered answered;
    take_gil(engine_state);
    turn.begin();
    for (const Bytes& message : messages) {
      const Processor::Outcome outcome = processor_.answer(message, framing, answers, turn);
      if (outcome == Processor::Outcome::later) break;
      ++answered.messages;
      answered.close = outcome == Processor::Outcome::close;
      if (answered.close || turn.is_over(answers.size())) break;
    }
    engine_state = PyEval_SaveThread();
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

Processor::Processor(PyObject* service, PyObject* handler, PyObject* log, const CodecOptions& options,
                     bool answers_undeclared, std::unique_ptr<Dialects> dialects)
    : service_(Ref::share(service)),
      handler_(Ref::share(handler)),
      log_(Ref::share(log)),
      options_(options),
      answers_undeclared_(answers_undeclared),
      dialects_(std::move(dialects)) {}

Processor::~Processor() {
  if (is_finalizing()) {
    // Nobody may touch objects any more; the process ends.
    service_.release();
    handler_.release();
    log_.release();
    if (dialects_) dialects_->leak();
    for (auto& [name, method] : methods_) method.leak();
    return;
  }
  const GilEnsured gil;
  methods_.clear();
  service_ = Ref();
  handler_ = Ref();
  log_ = Ref();
  dialects_.reset();
}

Processor::Outcome Processor::answer(Bytes message, const framing::Framing& framing, Buffer& answers,
                                     const rpc::Turn& turn) {
  if (dialects_) return answer_dialect(message, framing, answers, turn);
  return answer_call(message, {options_, framing, answers}, &turn, nullptr);
}

Processor::Outcome Processor::answer_or_await(Bytes message, const framing::Framing& framing, Buffer& answers,
                                              Awaited& awaited) {
  return answer_call(message, {options_, framing, answers}, nullptr, &awaited);
}

Processor::Outcome Processor::finish(const Awaited& awaited, PyObject* result, PyObject* error,
                                     const framing::Framing& framing, Buffer& answers) {
  const std::size_t before = answers.size();
  try {
    const Way way{options_, framing, answers};
    const Call call{*awaited.method, awaited.sequence_id, way};
    return error == nullptr ? answer_returned(call, result) : answer_raised(call, error);
  } catch (...) {
    answers.truncate(before);
    const Ref unanswerable = take_current();
    log_refused("an answer", unanswerable ? text_of_object(unanswerable.get()) : "");
    return Outcome::close;
  }
}

Processor::Outcome Processor::answer_dialect(Bytes message, const framing::Framing& framing, Buffer& answers,
                                             const rpc::Turn& turn) {
  const std::size_t before = answers.size();
  try {
    const framing::Dialect dialect = framing.dialect().value();
    dialects_->check(dialect);
    if (dialect == framing::Dialect::headers) return answer_frame(message, answers, turn);
    const Ref headers = dialects_->begin({});
    const Way way{dialects_->codec(framing::protocol_of(dialect)), framing, answers};
    return answer_call(message, way, &turn, nullptr);
  } catch (...) {
    answers.truncate(before);
    const Ref error = take_current();
    log_refused("a message", error ? text_of_object(error.get()) : "");
    return Outcome::close;
  }
}

// One message behind a header, answered with the same protocol, transforms and flags.
Processor::Outcome Processor::answer_frame(Bytes bytes, Buffer& answers, const rpc::Turn& turn) {
  framing::HeaderFrame frame = framing::read_header_frame(bytes);
  framing::Header& header = frame.header;
  const Ref headers = dialects_->begin(header.info);
  // What cannot be opened can be answered; which call it was, only its sender knows.
  const auto refuse_frame = [&](RemoteError::Kind kind, const std::string& text) {
    header.transforms.clear();
    const wire::Protocol protocol =
        header.protocol == framing::Header::compact ? wire::Protocol::compact : wire::Protocol::binary;
    const HeaderAnswer around = dialects_->answer_to(header, Ref::share(headers.get()));
    refuse({"", MessageType::call, header.sequence_id}, kind, text,
           {dialects_->codec(protocol), around, answers});
    return Outcome::answered;
  };
  if (header.protocol != framing::Header::binary && header.protocol != framing::Header::compact) {
    const std::string number = std::to_string(header.protocol);
    header.protocol = framing::Header::binary;
    return refuse_frame(RemoteError::Kind::invalid_protocol, "Unknown protocol " + number + " in the header");
  }
  for (const std::uint32_t transform : header.transforms) {
    if (transform == framing::Header::zlib) continue;
    return refuse_frame(RemoteError::Kind::invalid_transform,
                        "Unknown transform " + std::to_string(transform) + " in the header");
  }
  Ref plain;  // holds the message
  Bytes message = frame.payload;
  if (!header.transforms.empty()) {
    plain = dialects_->undo(message, header.transforms.size());
    message = {reinterpret_cast<const std::uint8_t*>(PyBytes_AS_STRING(plain.get())),
               static_cast<std::size_t>(PyBytes_GET_SIZE(plain.get()))};
  }
  const CodecOptions& codec = dialects_->codec(
      header.protocol == framing::Header::compact ? wire::Protocol::compact : wire::Protocol::binary);
  Input in(message);
  header.sequence_id = read_message_begin(in, codec).sequence_id;
  const HeaderAnswer around = dialects_->answer_to(header, Ref::share(headers.get()));
  return answer_call(message, {codec, around, answers}, &turn, nullptr);
}

Processor::Outcome Processor::answer_call(Bytes message, const Way& way, const rpc::Turn* turn,
                                          Awaited* awaited) {
  Buffer& answers = way.answers;
  const std::size_t before = answers.size();
  try {
    Input in(message);
    const wire::MessageHeader header = read_message_begin(in, way.codec);
    if (header.type != MessageType::call && header.type != MessageType::oneway) {
      refuse(header, RemoteError::Kind::invalid_message_type,
             "Invalid message type " + std::to_string(static_cast<int>(header.type)) + " for a call of " +
                 std::string(header.name),
             way);
      return Outcome::answered;
    }
    ServedMethod* method = find(header.name);
    if (method == nullptr) {
      refuse(header, RemoteError::Kind::unknown_method, "", way);
      return Outcome::answered;
    }
    if (turn != nullptr && method->is_slow && before != 0) return Outcome::later;

    Ref args = method->take_args();
    try {
      read_struct(in, args.get(), way.codec);
    } catch (...) {
      const Ref error = take_current();
      const std::string text = text_of_object(error.get());
      log_refused(std::string(header.name), text);
      refuse(header, RemoteError::Kind::protocol_error, text, way);
      return Outcome::answered;
    }
    const Outcome outcome = run({*method, header.sequence_id, way, awaited}, std::move(args));
    if (turn != nullptr) method->is_slow = turn->is_long();
    return outcome;
  } catch (...) {
    // The bytes are no call, or an answer to it cannot be made.
    answers.truncate(before);
    const Ref error = take_current();
    log_refused("a message", error ? text_of_object(error.get()) : "");
    return Outcome::close;
  }
}

ServedMethod* Processor::find(std::string_view name) {
  if (last_ != nullptr && last_->text() == name) return last_;
  if (const auto found = methods_.find(name); found != methods_.end()) return last_ = &found->second;
  const Ref text =
      Ref::steal(PyUnicode_DecodeUTF8(name.data(), static_cast<Py_ssize_t>(name.size()), nullptr));
  if (!text) {
    PyErr_Clear();
    return nullptr;
  }
  const Ref services = checked(PyObject_GetAttrString(service_.get(), "thrift_services"));
  const int is_known = PySequence_Contains(services.get(), text.get());
  checked_status(is_known);
  if (is_known == 0) return nullptr;
  // Made first: the service's attributes may be Python code, which lets other threads in here.
  ServedMethod made(service_.get(), text.get());
  return last_ = &methods_.try_emplace(std::string(name), std::move(made)).first->second;
}

wire::MessageHeader Processor::header_of(const Call& call) {
  return {call.method.text(), MessageType::call, call.sequence_id};
}

Processor::Outcome Processor::run(const Call& call, Ref args) {
  Fields fields(args.get());
  const auto& declared = fields.layout().fields();
  constexpr std::size_t few = 8;
  PyObject* on_stack[few + 1];
  std::vector<PyObject*> on_heap;
  std::vector<Ref> held;  // what attribute access gave; slots hold theirs
  PyObject** stack = on_stack;
  if (declared.size() > few) {
    on_heap.resize(declared.size() + 1);
    stack = on_heap.data();
  }
  std::size_t count = 0;
  stack[count++] = handler_.get();
  for (const FieldLayout& field : declared) {
    if (!fields.is_direct()) held.push_back(fields.get(field));
    PyObject* value = fields.is_direct() ? fields.slot(field) : held.back().get();
    if (field.required && value == Py_None) {
      refuse_missing(call, field);
      return Outcome::answered;
    }
    stack[count++] = value;
  }
  // The handler's method is looked up for each call, so that it can be replaced while the server runs.
  Parked parked;
  PyObject* result = PyObject_VectorcallMethod(call.method.name(), stack, count, nullptr);
  parked.disarm();
  Ref returned = Ref::steal(result);
  if (!returned) return answer_raised(call, take_raised().get());
  call.method.give_back_args(std::move(args), fields);
  if (call.awaited != nullptr && is_awaitable(returned.get())) {
    *call.awaited = {&call.method, call.sequence_id, std::move(returned)};
    return Outcome::answered;
  }
  return answer_returned(call, returned.get());
}

Processor::Outcome Processor::answer_returned(const Call& call, PyObject* returned) {
  if (call.method.is_oneway()) return Outcome::answered;
  try {
    Ref success = call.method.take_result();
    Fields result_fields(success.get());
    const Layout& layout = result_fields.layout();
    const int position = layout.find(0);
    if (position >= 0) {
      result_fields.set(layout.fields()[static_cast<std::size_t>(position)], returned);
    }
    write_result(call, success.get());
    call.method.give_back_result(std::move(success), result_fields);
    return Outcome::answered;
  } catch (...) {
    const Ref error = take_current();
    return fail(call, "returned", error.get());
  }
}

void Processor::refuse_missing(const Call& call, const FieldLayout& field) {
  if (call.method.is_oneway()) return;
  const Ref service = Ref::steal(PyObject_GetAttrString(service_.get(), "__name__"));
  if (!service) PyErr_Clear();
  const Ref text =
      checked(PyUnicode_FromFormat("%S.%U: required argument '%U' is missing",
                                   service ? service.get() : service_.get(), call.method.name(), field.name));
  refuse(header_of(call), RemoteError::Kind::protocol_error, text_of_object(text.get()), call.way);
}

Processor::Outcome Processor::answer_raised(const Call& call, PyObject* error) {
  const bool is_ordinary = PyObject_TypeCheck(error, reinterpret_cast<PyTypeObject*>(PyExc_Exception));
  try {
    if (is_application_exception(error)) {
      if (call.method.is_oneway()) return Outcome::answered;
      write_exception(header_of(call), error, call.way);
      return Outcome::answered;
    }
    if (is_ordinary) {
      const Ref result = call.method.take_result();
      Fields fields(result.get());
      const Layout& layout = fields.layout();
      const FieldLayout* match = nullptr;  // the first in the order of ids
      for (const FieldLayout& field : layout.fields()) {
        const Shape& shape = layout.shape(field.shape);
        if (field.id == 0 || shape.form != Form::structure || shape.type == nullptr) continue;
        if (match != nullptr && match->id < field.id) continue;
        const int is_one = PyObject_IsInstance(error, reinterpret_cast<PyObject*>(shape.type));
        checked_status(is_one);
        if (is_one != 0) match = &field;
      }
      if (match != nullptr) {
        if (call.method.is_oneway()) return Outcome::answered;
        fields.set(*match, error);
        write_result(call, result.get());
        return Outcome::answered;
      }
    }
  } catch (...) {
    const Ref unwritable = take_current();
    return fail(call, "returned", unwritable.get());
  }
  return fail(call, "raised", error);
}

// What the IDL does not declare: logged, and answered or the end of the connection.
Processor::Outcome Processor::fail(const Call& call, const char* what, PyObject* error) {
  log(what, call.method.name(), error);
  if (!answers_undeclared_) return Outcome::close;
  if (call.method.is_oneway()) return Outcome::answered;
  // The class, but not the text, leaves the server.
  const Ref class_name =
      checked(PyObject_GetAttrString(reinterpret_cast<PyObject*>(Py_TYPE(error)), "__name__"));
  const wire::MessageHeader header = header_of(call);
  refuse(header, RemoteError::Kind::internal_error,
         "Internal error processing " + std::string(header.name) + ": " + text_of_object(class_name.get()),
         call.way);
  return Outcome::answered;
}

void Processor::write_result(const Call& call, PyObject* result) {
  const wire::MessageHeader header = header_of(call);
  const auto& [codec, framing, answers] = call.way;
  const std::size_t start = framing.begin(answers);
  try {
    write_message_begin(answers, header.name, MessageType::reply, header.sequence_id, codec);
    write_struct(answers, result, codec);
    framing.end(answers, start);
  } catch (...) {
    answers.truncate(start);
    throw;
  }
}

void Processor::write_exception(const wire::MessageHeader& header, PyObject* error, const Way& way) {
  const auto& [codec, framing, answers] = way;
  const std::size_t start = framing.begin(answers);
  try {
    write_message_begin(answers, header.name, MessageType::exception, header.sequence_id, codec);
    write_struct(answers, error, codec);
    framing.end(answers, start);
  } catch (...) {
    answers.truncate(start);
    throw;
  }
}

void Processor::refuse(const wire::MessageHeader& header, RemoteError::Kind kind, const std::string& text,
                       const Way& way) {
  if (header.type == MessageType::oneway) return;
  PyObject* type = registered_exception("TApplicationException");
  if (type == nullptr) raise(PyExc_RuntimeError, "TApplicationException is not registered");
  const Ref message = text.empty() ? Ref::share(Py_None) : text_of(text);
  const Ref error = checked(PyObject_CallFunction(type, "iO", static_cast<int>(kind), message.get()));
  write_exception(header, error.get(), way);
}

std::unique_ptr<rpc::Handler> Processor::make_handler() { return std::make_unique<ConnectionHandler>(*this); }

void Processor::thread_started() { engine_state = PyThreadState_New(interpreter_); }

void Processor::thread_stops() {
  if (is_finalizing()) return;  // the state is the interpreter's to free
  take_gil(engine_state);
  PyThreadState_Clear(engine_state);
  PyThreadState_DeleteCurrent();
  engine_state = nullptr;
}

void Processor::warn(const std::string& text) {
  take_gil(engine_state);
  try {
    const Ref message = text_of(text);
    log("warn", message.get(), nullptr);
  } catch (...) {
    take_current();
  }
  engine_state = PyEval_SaveThread();
}

void Processor::log_refused(const std::string& peer, const std::string& error) {
  try {
    const Ref who = text_of(peer), why = text_of(error);
    log("refused", who.get(), why.get());
  } catch (...) {
    take_current();
  }
}

void Processor::log(const char* event, PyObject* first, PyObject* second) noexcept {
  const Ref name = Ref::steal(PyUnicode_FromString(event));
  Ref done;
  if (name) {
    Parked parked;
    PyObject* result = PyObject_CallMethodObjArgs(log_.get(), name.get(), first, second, nullptr);
    parked.disarm();
    done = Ref::steal(result);
  }
  if (!done) PyErr_WriteUnraisable(log_.get());
}

}  // namespace fastthrift::python
