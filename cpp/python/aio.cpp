#include "python/aio.hpp"

#include "python/module.hpp"
#include "python/protocol.hpp"
#include "python/protocol_options.hpp"

namespace fastthrift::python::aio {
namespace {

PyObject* protocol_classes = nullptr;  // a tuple

}  // namespace

const CodecOptions& codec_of(PyObject* protocol) {
  const int is_ours = PyObject_IsInstance(protocol, protocol_classes);
  checked_status(is_ours);
  if (is_ours == 0) raise(PyExc_TypeError, "a protocol of fastthrift is needed, got %R", protocol);
  return protocol::options_in(protocol);
}

framing::Options framing_of(const CodecOptions& codec, bool is_framed, std::optional<std::size_t> max_frame) {
  framing::Options options;
  options.kind = is_framed ? framing::Kind::framed : framing::Kind::unframed;
  options.protocol = codec.protocol;
  options.strict_read = codec.binary.strict_read;
  options.limits = codec.limits;
  options.limits.frame = max_frame.value_or(Limits::no_limit);
  return options;
}

int add_to(PyObject* module) {
  try {
    auto core = pybind11::reinterpret_borrow<pybind11::module_>(module);
    protocol_classes =
        PyTuple_Pack(2, core.attr("TBinaryProtocol").ptr(), core.attr("TCompactProtocol").ptr());
    if (protocol_classes == nullptr) return -1;
    add_server_to(core);
    add_client_to(core);
    add_pieces_to(core);
    return 0;
  } catch (pybind11::error_already_set& error) {
    error.restore();
    return -1;
  }
}

}  // namespace fastthrift::python::aio
