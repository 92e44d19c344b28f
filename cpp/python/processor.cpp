#include "python/processor.hpp"

#include "python/apache_stack.hpp"
#include "python/errors.hpp"
#include "python/gil.hpp"
#include "python/payload.hpp"
#include "python/plain_call.hpp"
#include "python/raised.hpp"

#include <memory>
#include <optional>

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

// Of a payload class, or of any other.
const Layout& layout_for(PyObject* object, std::unique_ptr<Layout>& keep) {
  PyTypeObject* type = Py_TYPE(object);
  return payload::is_payload_type(type) ? payload::layout_of(type) : payload::layout_of_object(object, keep);
}

// The field for an exception that a handler has raised, the first in the order of ids; null: it is not
// declared.
const FieldLayout* declaration_of(PyObject* error, const Layout& result) {
  const FieldLayout* match = nullptr;
  for (const FieldLayout& field : result.fields()) {
    const Shape& shape = result.shape(field.shape);
    if (field.id == 0 || shape.form != Form::structure || shape.type == nullptr) continue;
    if (match != nullptr && match->id < field.id) continue;
    const int is_one = PyObject_IsInstance(error, reinterpret_cast<PyObject*>(shape.type));
    checked_status(is_one);
    if (is_one != 0) match = &field;
  }
  return match;
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

Processor::Outcome Processor::answer_or_await(Bytes message, const framing::Framing& framing, Buffer& answers,
                                              Awaited& awaited) {
  return answer_call(message, {options_, framing, answers}, nullptr, &awaited);
}

Processor::Outcome Processor::finish(const Awaited& awaited, PyObject* result, PyObject* error,
                                     const framing::Framing& framing, Buffer& answers) {
  const std::size_t before = answers.size();
  try {
    const ReplyPlace place{options_, framing, answers};
    const Call call{*awaited.method, awaited.sequence_id, place, nullptr};
    return error == nullptr ? answer_returned(call, result) : answer_raised(call, error);
  } catch (...) {
    answers.truncate(before);
    const Ref unanswerable = take_current();
    log_refused("an answer", unanswerable ? text_of_object(unanswerable.get()) : "");
    return Outcome::close;
  }
}

// Whether the end of the arguments is that of the message as well: in JSON a bracket follows, in a body of
// HTTP perhaps a line feed. Elsewhere what follows is another call, or nobody knows what: dropped in silence
// its sender would wait for ever.
static bool is_end_of_message(const ReplyPlace& place) {
  return place.options.protocol != wire::Protocol::json && place.origin.unanswered == nullptr;
}

Processor::Outcome Processor::answer_call(Bytes message, const ReplyPlace& place, rpc::Turn* turn,
                                          Awaited* awaited) {
  const std::size_t before = place.out.size();
  try {
    Input in(message);
    wire::MessageHeader header{};
    ServedMethod* method = methods_.find_again(in, message, place.options.protocol, header);
    if (method == nullptr) [[unlikely]] {
      header = read_message_begin(in, message, place.options);
      ServedMethods::Unknown unknown;
      method = methods_.find(header.name, unknown);
      const bool is_call = header.type == MessageType::call || header.type == MessageType::oneway;
      if (method == nullptr || !is_call) return refuse_header(place, header, method, is_call, unknown);
    }
    if (turn == nullptr) return answer_method(in, {*method, header.sequence_id, place, awaited}, header);
    if (method->is_slow) [[unlikely]] {
      if (before != place.origin.room || turn->has_others()) return Outcome::later;
      turn->expect_long();
    }
    const Outcome outcome = answer_method(in, {*method, header.sequence_id, place, awaited}, header);
    method->is_slow = turn->is_long();
    if (in.at_hand() != 0 && outcome == Outcome::answered && is_end_of_message(place)) [[unlikely]] {
      log_refused(place.origin, std::string(header.name),
                  "its frame goes on behind it, by bytes: " + std::to_string(in.at_hand()));
      return Outcome::close;
    }
    return outcome;
  } catch (...) {
    return refuse_bytes(place, before);
  }
}

Processor::Outcome Processor::answer_method(Input& in, const Call& call, const wire::MessageHeader& header) {
  const LayoutUse use;
  ServedMethod& method = call.method;
  if (const Layout* layout = method.args_layout()) [[likely]] {
    Arguments arguments(method.handler(), *layout);
    const FieldLayout* missing = nullptr;
    try {
      if (!read_plain_arguments(in, *layout, call.place.options, arguments)) [[unlikely]] {
        Ref scratch = method.take_scratch();
        read_fields(in, scratch.get(), *layout, call.place.options);
        arguments.take_from(scratch.get());
        method.give_back(std::move(scratch));
        missing = arguments.missing();
      }
    } catch (...) {
      in.advance(in.at_hand());  // nobody knows where they would end
      return refuse_arguments(call, header);
    }
    return missing == nullptr ? call_handler(call, arguments) : refuse_missing(call, *missing);
  }
  std::unique_ptr<Layout> kept;  // of a class that is not ours
  std::optional<Arguments> arguments;
  try {
    const Ref args = method.make_args();
    read_struct(in, args.get(), call.place.options);
    arguments.emplace(method.handler(), layout_for(args.get(), kept)).read_from(args.get());
  } catch (...) {
    in.advance(in.at_hand());
    return refuse_arguments(call, header);
  }
  const FieldLayout* missing = arguments->missing();
  return missing == nullptr ? call_handler(call, *arguments) : refuse_missing(call, *missing);
}

wire::MessageHeader Processor::header_of(const Call& call) {
  return {call.method.text(), MessageType::call, call.sequence_id};
}

Processor::Outcome Processor::call_handler(const Call& call, const Arguments& arguments) {
  // The handler's method is looked up for each call, so that it can be replaced while the server runs.
  Parked parked;
  PyObject* result =
      PyObject_VectorcallMethod(call.method.name(), arguments.stack(), arguments.size(), nullptr);
  parked.disarm();
  const Ref returned = Ref::steal(result);
  if (!returned) return answer_raised(call, take_raised().get());
  if (call.awaited != nullptr && is_awaitable(returned.get())) {
    *call.awaited = {&call.method, call.sequence_id, returned};
    return Outcome::answered;
  }
  return answer_returned(call, returned.get());
}

Processor::Outcome Processor::answer_returned(const Call& call, PyObject* returned) {
  if (call.method.is_oneway()) return Outcome::answered;
  try {
    const LayoutUse use;
    if (const Layout* layout = call.method.result_layout()) [[likely]] {
      const FieldLayout* success = success_in(*layout);
      if (!write_plain_result(call.place, call.method, call.sequence_id, success, returned)) [[unlikely]]
        write_result(call.place, header_of(call), *layout, success, returned);
      return Outcome::answered;
    }
    return answer_by_instance(call, returned);
  } catch (...) {
    const Ref error = take_current();
    return fail(call, "returned", error.get());
  }
}

// Where a result struct is somebody's own class.
Processor::Outcome Processor::answer_by_instance(const Call& call, PyObject* returned) {
  const Ref result = call.method.make_result();
  std::unique_ptr<Layout> keep;
  if (const FieldLayout* success = success_in(layout_for(result.get(), keep)))
    checked_status(payload::assign(result.get(), success->name, returned));
  write_result(call.place, header_of(call), result.get());
  return Outcome::answered;
}

Processor::Outcome Processor::answer_raised(const Call& call, PyObject* error) {
  const bool is_ordinary = PyObject_TypeCheck(error, reinterpret_cast<PyTypeObject*>(PyExc_Exception));
  try {
    if (is_application_exception(error)) {
      if (call.method.is_oneway()) return Outcome::answered;
      write_exception(call.place, header_of(call), error);
      return Outcome::answered;
    }
    if (call.place.origin.passes != nullptr) {
      const int passes = PyObject_IsInstance(error, call.place.origin.passes);
      checked_status(passes);
      if (passes != 0) {
        *call.place.origin.unanswered = Ref::share(error);
        return Outcome::unanswered;
      }
    }
    if (is_ordinary) {
      const LayoutUse use;
      const Layout* plain = call.method.result_layout();
      const Ref result = plain != nullptr ? Ref() : call.method.make_result();
      std::unique_ptr<Layout> keep;
      const Layout& layout = plain != nullptr ? *plain : layout_for(result.get(), keep);
      if (const FieldLayout* declared = declaration_of(error, layout)) {
        if (call.method.is_oneway()) return Outcome::answered;
        if (plain != nullptr) {
          write_result(call.place, header_of(call), layout, declared, error);
        } else {
          checked_status(payload::assign(result.get(), declared->name, error));
          write_result(call.place, header_of(call), result.get());
        }
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

}  // namespace fastthrift::python
