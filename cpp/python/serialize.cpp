#include "python/serialize.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "python/arguments.hpp"
#include "python/bytes_buffer.hpp"
#include "python/codec.hpp"
#include "python/payload_type.hpp"
#include "python/protocol.hpp"
#include "python/view.hpp"

namespace fastthrift::python::protocol {
namespace {

PyObject* core = nullptr;  // the module, for the memory transport of the generic way

// An object of ours whose class leaves the method to TPayload, so that nobody can tell whether it was called.
bool is_written_directly(PyObject* object) {
  return payload::is_payload_type(Py_TYPE(object)) && payload::current(Py_TYPE(object)).writes_plainly;
}
bool is_read_directly(PyObject* object) {
  return payload::is_payload_type(Py_TYPE(object)) && payload::current(Py_TYPE(object)).reads_plainly;
}

const CodecOptions& default_options() {
  static const CodecOptions options;
  return options;
}

// The options of a factory of ours (or of none given); null for other factories.
const CodecOptions* options_for(PyObject* factory) {
  return factory == nullptr ? &default_options() : factory_options_of(factory);
}

Ref memory_transport(PyObject* bytes) {
  const Ref type = checked(PyObject_GetAttrString(core, "TCyMemoryBuffer"));
  return checked(PyObject_CallFunctionObjArgs(type.get(), bytes, nullptr));
}

Ref protocol_over(PyObject* transport, PyObject* factory) {
  return factory == nullptr ? make(default_options(), transport)
                            : checked(PyObject_CallMethod(factory, "get_protocol", "O", transport));
}

// How many bytes the last message of a class took, which is what the next one begins with. No more than a
// guess: classes may share a place.
constexpr std::size_t most_ahead = 1 << 20;
std::size_t& last_size(const PyTypeObject* type) {
  static std::array<std::size_t, 64> sizes = {};
  return sizes[reinterpret_cast<std::uintptr_t>(type) / 64 % sizes.size()];
}

// `serialize(Item)` for `serialize(Item())` would fail in words that help nobody.
void refuse_class(PyObject* object) {
  if (PyType_Check(object) && PyType_IsSubtype(reinterpret_cast<PyTypeObject*>(object), payload::base())) {
    raise(PyExc_TypeError, "an object is needed, not the class: %s()",
          reinterpret_cast<PyTypeObject*>(object)->tp_name);
  }
}

Ref serialized(PyObject* object, PyObject* factory) {
  const CodecOptions* options = options_for(factory);
  if (options != nullptr && is_written_directly(object)) [[likely]] {
    return struct_bytes(object, *options);
  }
  refuse_class(object);
  const Ref transport = memory_transport(nullptr);
  const Ref protocol = protocol_over(transport.get(), factory);
  checked(PyObject_CallMethod(object, "write", "O", protocol.get()));
  checked(PyObject_CallMethod(protocol.get(), "write_message_end", nullptr));
  return checked(PyObject_CallMethod(transport.get(), "getvalue", nullptr));
}

void read_from(Bytes bytes, PyObject* object, const CodecOptions& options) {
  Input in(bytes);
  read_struct(in, object, options);
}

void deserialize_into(PyObject* object, PyObject* buffer, PyObject* factory) {
  const CodecOptions* options = options_for(factory);
  if (options != nullptr && is_read_directly(object)) [[likely]] {
    if (PyBytes_CheckExact(buffer)) {
      const char* bytes = PyBytes_AS_STRING(buffer);
      return read_from(
          {reinterpret_cast<const std::uint8_t*>(bytes), static_cast<std::size_t>(Py_SIZE(buffer))}, object,
          *options);
    }
    const View view(buffer);
    return read_from(view.bytes(), object, *options);
  }
  refuse_class(object);
  const Ref bytes = PyBytes_CheckExact(buffer) ? Ref::share(buffer) : checked(PyBytes_FromObject(buffer));
  const Ref transport = memory_transport(bytes.get());
  const Ref protocol = protocol_over(transport.get(), factory);
  checked(PyObject_CallMethod(object, "read", "O", protocol.get()));
}

PyObject* serialize(PyObject*, PyObject* const* args, Py_ssize_t positional, PyObject* keywords) {
  return guarded<PyObject*>(nullptr, [&] {
    if (positional == 2 && keywords == nullptr) [[likely]]
      return serialized(args[0], args[1]).release();
    static const char* const names[] = {"thrift_object", "proto_factory"};
    PyObject* given[2] = {};
    place_arguments("serialize", names, given, args, positional, keywords);
    return serialized(given[0], given[1]).release();
  });
}

PyObject* deserialize(PyObject*, PyObject* const* args, Py_ssize_t positional, PyObject* keywords) {
  return guarded<PyObject*>(nullptr, [&] {
    static const char* const names[] = {"thrift_object", "buf", "proto_factory"};
    PyObject* given[3] = {};
    place_arguments("deserialize", names, given, args, positional, keywords);
    deserialize_into(given[0], given[1], given[2]);
    return Ref::share(given[0]).release();
  });
}

PyMethodDef functions[] = {
    {"serialize", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(serialize)),
     METH_FASTCALL | METH_KEYWORDS,
     "serialize(thrift_object, proto_factory=TBinaryProtocolFactory())\n\nThe object's bytes."},
    {"deserialize", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(deserialize)),
     METH_FASTCALL | METH_KEYWORDS,
     "deserialize(thrift_object, buf, proto_factory=TBinaryProtocolFactory())\n\n"
     "Fills the object from any buffer and gives it back. Fields that are not in the bytes keep their "
     "value;\n"
     "bytes after the struct are ignored."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

Ref struct_bytes(PyObject* object, const CodecOptions& options) {
  std::size_t& last = last_size(Py_TYPE(object));
  BytesBuffer out;
  if (last > BytesBuffer::near_size) out.reserve(last);
  write_struct(out, object, options);
  last = std::min(out.size(), most_ahead);
  return out.take();
}

int add_serialize_to(PyObject* module) {
  return guarded(-1, [module] {
    core = module;
    return PyModule_AddFunctions(module, functions);
  });
}

}  // namespace fastthrift::python::protocol
