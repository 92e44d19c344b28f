#include "python/processor.hpp"

#include "python/apache_stack.hpp"
#include "python/errors.hpp"
#include "python/gil.hpp"
#include "python/payload.hpp"
#include "python/raised.hpp"

#include <algorithm>
#include <vector>

namespace fastthrift::python {
namespace {

using wire::MessageType;

bool is_application_exception(PyObject* error) {
  for (PyObject* type : {registered_exception("TApplicationException"), apache::application_exception()}) {
    if (type != nullptr && PyObject_TypeCheck(error, reinterpret_cast<PyTypeObject*>(type))) return true;
  }
  return false;
}

bool is_awaitable(PyObject* object) {
  const PyAsyncMethods* methods = Py_TYPE(object)->tp_as_async;
  return methods != nullptr && methods->am_await != nullptr;
}

}  // namespace

Processor::Processor(ServedMethods methods, PyObject* log, const CodecOptions& options,
                     bool answers_undeclared, std::unique_ptr<Dialects> dialects)
    : methods_(std::move(methods)),
      log_(Ref::share(log)),
      options_(options),
      answers_undeclared_(answers_undeclared),
      dialects_(std::move(dialects)) {}

Processor::~Processor() {
  if (is_finalizing()) {
    // Nobody may touch objects any more; the process ends.
    log_.release();
    methods_.leak();
    if (dialects_) dialects_->leak();
    return;
  }
  const GilEnsured gil;
  methods_.clear();
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
    const Call call{*awaited.method, awaited.sequence_id, {options_, framing, answers}};
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
    const ReplyPlace place{dialects_->codec(framing::protocol_of(dialect)), framing, answers};
    return answer_call(message, place, &turn, nullptr);
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
    refuse({dialects_->codec(protocol), around, answers}, {"", MessageType::call, header.sequence_id}, kind,
           text);
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

Processor::Outcome Processor::answer_call(Bytes message, const ReplyPlace& place, const rpc::Turn* turn,
                                          Awaited* awaited) {
  Buffer& answers = place.out;
  const std::size_t before = answers.size();
  try {
    Input in(message);
    const wire::MessageHeader header = read_message_begin(in, message, place.options);
    ServedMethods::Unknown unknown;
    ServedMethod* method = methods_.find(header.name, unknown);
    const wire::MessageHeader named{method != nullptr ? method->text() : unknown.name, header.type,
                                    header.sequence_id};
    const bool is_call = header.type == MessageType::call || header.type == MessageType::oneway;
    if (!is_call && (method != nullptr || unknown.has_service)) {
      refuse(place, named, RemoteError::Kind::invalid_message_type,
             "Invalid message type " + std::to_string(static_cast<int>(header.type)) + " for a call of " +
                 std::string(named.name));
      return Outcome::answered;
    }
    if (method == nullptr) {
      if (options_.decode.apache) {
        if (unknown.has_service) {
          unknown.text = "Unknown function " + std::string(named.name);
        } else if (unknown.text.empty()) {
          const std::size_t end = header.name.size() - unknown.name.size() - 1;
          unknown.text = "Service name not found: " + std::string(header.name.substr(0, end)) +
                         ". Did you forget to call registerProcessor()?";
        }
      }
      refuse(place, named, RemoteError::Kind::unknown_method, unknown.text);
      return Outcome::answered;
    }
    if (turn != nullptr && method->is_slow && (before != 0 || turn->has_others())) return Outcome::later;

    Ref args = method->take_args();
    try {
      read_struct(in, args.get(), place.options);
    } catch (...) {
      const Ref error = take_current();
      const std::string text = text_of_object(error.get());
      log_refused(std::string(header.name), text);
      refuse(place, named, RemoteError::Kind::protocol_error, text);
      return Outcome::answered;
    }
    const Outcome outcome = run({*method, header.sequence_id, place, awaited}, std::move(args));
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
  stack[count++] = call.method.handler();
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
    write_result(call.place, header_of(call), success.get());
    call.method.give_back_result(std::move(success), result_fields);
    return Outcome::answered;
  } catch (...) {
    const Ref error = take_current();
    return fail(call, "returned", error.get());
  }
}

void Processor::refuse_missing(const Call& call, const FieldLayout& field) {
  if (call.method.is_oneway()) return;
  PyObject* service = call.method.service();
  const Ref name = Ref::steal(PyObject_GetAttrString(service, "__name__"));
  if (!name) PyErr_Clear();
  const Ref text = checked(PyUnicode_FromFormat("%S.%U: required argument '%U' is missing",
                                                name ? name.get() : service, call.method.name(), field.name));
  refuse(call.place, header_of(call), RemoteError::Kind::protocol_error, text_of_object(text.get()));
}

Processor::Outcome Processor::answer_raised(const Call& call, PyObject* error) {
  const bool is_ordinary = PyObject_TypeCheck(error, reinterpret_cast<PyTypeObject*>(PyExc_Exception));
  try {
    if (is_application_exception(error)) {
      if (call.method.is_oneway()) return Outcome::answered;
      write_exception(call.place, header_of(call), error);
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
        write_result(call.place, header_of(call), result.get());
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
  std::string text = "Internal error";
  if (!options_.decode.apache)
    text += " processing " + std::string(header.name) + ": " + text_of_object(class_name.get());
  refuse(call.place, header, RemoteError::Kind::internal_error, text);
  return Outcome::answered;
}

void Processor::warn(const std::string& text) noexcept {
  try {
    const Ref message = escaped_text(text);
    log("warn", message.get(), nullptr);
  } catch (...) {
    take_current();
  }
}

void Processor::log_refused(const std::string& peer, const std::string& error) {
  try {
    const Ref who = escaped_text(peer), why = escaped_text(error);
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
