#include "python/reply.hpp"

#include "python/apache_stack.hpp"
#include "python/errors.hpp"
#include "python/raised.hpp"

namespace fastthrift::python {
namespace {

// A TApplicationException of either face.
void write_application_exception(Buffer& out, PyObject* error, const CodecOptions& options) {
  PyObject* type = apache::application_exception();
  if (type == nullptr || !PyObject_TypeCheck(error, reinterpret_cast<PyTypeObject*>(type)))
    return write_struct(out, error, options);
  write_struct_by(out, error, reinterpret_cast<PyTypeObject*>(type), apache::application_spec(), options);
}

template <class WriteBody>
void write(const ReplyPlace& place, const wire::MessageHeader& header, wire::MessageType type,
           WriteBody write_body) {
  Buffer& out = place.out;
  const std::size_t start = place.framing.begin(out);
  try {
    write_message_begin(out, header.name, type, header.sequence_id, place.options);
    write_body();
    write_message_end(out, place.options);
    place.framing.end(out, start);
  } catch (...) {
    out.truncate(start);
    throw;
  }
}

}  // namespace

void write_result(const ReplyPlace& place, const wire::MessageHeader& header, PyObject* result) {
  write(place, header, wire::MessageType::reply, [&] { write_struct(place.out, result, place.options); });
}

void write_result(const ReplyPlace& place, const wire::MessageHeader& header, const Layout& layout,
                  const FieldLayout* field, PyObject* value) {
  write(place, header, wire::MessageType::reply,
        [&] { write_field(place.out, layout, field, value, place.options); });
}

void write_exception(const ReplyPlace& place, const wire::MessageHeader& header, PyObject* error) {
  write(place, header, wire::MessageType::exception,
        [&] { write_application_exception(place.out, error, place.options); });
}

void refuse(const ReplyPlace& place, const wire::MessageHeader& header, RemoteError::Kind kind,
            const std::string& text) {
  if (header.type == wire::MessageType::oneway) return;
  PyObject* type = registered_exception("TApplicationException");
  if (type == nullptr) raise(PyExc_RuntimeError, "TApplicationException is not registered");
  const Ref message = text.empty() ? Ref::share(Py_None) : escaped_text(text);
  const Ref error = checked(PyObject_CallFunction(type, "iO", static_cast<int>(kind), message.get()));
  write_exception(place, header, error.get());
}

}  // namespace fastthrift::python
