#include "python/dialects.hpp"

#include "python/errors.hpp"
#include "python/view.hpp"

#include <string>

namespace fastthrift::python {
namespace {

Ref bytes_of(Bytes bytes) {
  return checked(PyBytes_FromStringAndSize(reinterpret_cast<const char*>(bytes.data()),
                                           static_cast<Py_ssize_t>(bytes.size())));
}

std::string text_in(PyObject* object) {
  const View view(object);
  return {reinterpret_cast<const char*>(view.bytes().data()), view.bytes().size()};
}

Ref call_with(PyObject* hooks, const char* method, PyObject* argument) {
  return checked(PyObject_CallMethod(hooks, method, "O", argument));
}

// The size of the header behind `start`, with what stands in front of it.
std::size_t head_size(const Buffer& out, std::size_t start) {
  return 14 + std::size_t{load_big_endian<std::uint16_t>(out.data() + start + 12)} * 4;
}

}  // namespace

std::size_t HeaderAnswer::begin(Buffer& out) const {
  framing::Header header = header_;
  const Ref pairs = checked(PyObject_GetAttrString(call_.get(), "write_headers"));
  PyObject *key = nullptr, *value = nullptr;
  for (Py_ssize_t at = 0; PyDict_Next(pairs.get(), &at, &key, &value);) {
    header.info.emplace_back(text_in(key), text_in(value));
  }
  try {
    return framing::begin_header_frame(out, header);
  } catch (const ProtocolError&) {
    PyDict_Clear(pairs.get());  // so that the error can be answered
    throw;
  }
}

void HeaderAnswer::end(Buffer& out, std::size_t start) const {
  const std::size_t payload = start + head_size(out, start);
  for (std::size_t i = 0; i < header_.transforms.size(); ++i) {
    const Ref plain = bytes_of(out.bytes().subspan(payload));
    const Ref deflated = call_with(hooks_, "deflate", plain.get());
    out.truncate(payload);
    out.append(View(deflated.get()).bytes());
  }
  framing::end_header_frame(out, start, limits_);
}

Dialects::Dialects(PyObject* hooks, unsigned allowed, const CodecOptions& options, const Limits& limits)
    : hooks_(Ref::share(hooks)), allowed_(allowed), binary_(options), compact_(options), limits_(limits) {
  binary_.protocol = wire::Protocol::binary;
  compact_.protocol = wire::Protocol::compact;
}

void Dialects::check(framing::Dialect dialect) const {
  const auto number = static_cast<unsigned>(dialect);
  if ((allowed_ >> number & 1) != 0) return;
  throw TransportError(TransportError::Kind::unknown,
                       "Client type " + std::to_string(number) + " not allowed by server.");
}

Ref Dialects::begin(const std::vector<framing::Header::Pair>& pairs) const {
  const Ref dict = checked(PyDict_New());
  for (const auto& [key, value] : pairs) {
    const Ref key_bytes = checked(PyBytes_FromStringAndSize(key.data(), static_cast<Py_ssize_t>(key.size())));
    const Ref value_bytes =
        checked(PyBytes_FromStringAndSize(value.data(), static_cast<Py_ssize_t>(value.size())));
    checked_status(PyDict_SetItem(dict.get(), key_bytes.get(), value_bytes.get()));
  }
  return call_with(hooks_.get(), "begin", dict.get());
}

Ref Dialects::undo(Bytes payload, std::size_t transforms) const {
  Ref bytes = bytes_of(payload);
  for (std::size_t i = 0; i < transforms; ++i) bytes = call_with(hooks_.get(), "inflate", bytes.get());
  return bytes;
}

HeaderAnswer Dialects::answer_to(const framing::Header& header, Ref call) const {
  framing::Header answer = header;
  answer.info.clear();
  return HeaderAnswer(std::move(answer), hooks_.get(), std::move(call), limits_);
}

}  // namespace fastthrift::python
