#include "python/processor.hpp"

#include "python/errors.hpp"
#include "python/parked.hpp"
#include "python/raised.hpp"

#include "net/listener.hpp"

// What a Processor does not answer with a result: what the sender gets to hear of it, and the log.
namespace fastthrift::python {

using wire::MessageType;

// What is no call, or one of a method that nobody knows.
Processor::Outcome Processor::refuse_header(const ReplyPlace& place, const wire::MessageHeader& header,
                                            const ServedMethod* method, bool is_call,
                                            ServedMethods::Unknown& unknown) {
  const wire::MessageHeader named{method != nullptr ? method->text() : unknown.name, header.type,
                                  header.sequence_id};
  if (!is_call && (method != nullptr || unknown.has_service)) {
    refuse(place, named, RemoteError::Kind::invalid_message_type,
           "Invalid message type " + std::to_string(static_cast<int>(header.type)) + " for a call of " +
               std::string(named.name));
    return Outcome::answered;
  }
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

// In a handler of exceptions: the arguments cannot be read.
Processor::Outcome Processor::refuse_arguments(const Call& call, const wire::MessageHeader& header) {
  Ref error = take_current();
  const std::string text = text_of_object(error.get());
  log_refused(call.place.origin, std::string(header.name), text);
  if (call.place.origin.unanswered != nullptr) {
    *call.place.origin.unanswered = std::move(error);
    return Outcome::unanswered;
  }
  refuse(call.place, {call.method.text(), header.type, header.sequence_id}, RemoteError::Kind::protocol_error,
         text);
  return Outcome::answered;
}

// In a handler of exceptions: the bytes are no call, or an answer to it cannot be made.
Processor::Outcome Processor::refuse_bytes(const ReplyPlace& place, std::size_t before) {
  place.out.truncate(before);
  Ref error = take_current();
  log_refused(place.origin, "a message", error ? text_of_object(error.get()) : "");
  if (place.origin.unanswered == nullptr || !error) return Outcome::close;
  *place.origin.unanswered = std::move(error);
  return Outcome::unanswered;
}

Processor::Outcome Processor::refuse_missing(const Call& call, const FieldLayout& field) {
  if (call.method.is_oneway()) return Outcome::answered;
  PyObject* service = call.method.service();
  const Ref name = Ref::steal(PyObject_GetAttrString(service, "__name__"));
  if (!name) PyErr_Clear();
  const Ref text = checked(PyUnicode_FromFormat("%S.%U: required argument '%U' is missing",
                                                name ? name.get() : service, call.method.name(), field.name));
  refuse(call.place, header_of(call), RemoteError::Kind::protocol_error, text_of_object(text.get()));
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

void Processor::log_refused(const Origin& origin, const std::string& what, const std::string& error) {
  log_refused(origin.socket == net::no_socket ? what : net::peer_of(origin.socket) + ": " + what, error);
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
