#include "python/apache.hpp"

#include "python/apache_names.hpp"
#include "python/apache_stack.hpp"
#include "python/errors.hpp"
#include "python/module.hpp"
#include "python/payload_type.hpp"
#include "python/scratch.hpp"
#include "python/text.hpp"
#include "python/transport.hpp"

#include <iterator>
#include <optional>

namespace fastthrift::python::apache {
namespace {

using wire::Protocol;

// encode_binary, ... as the module has them, in the order of `kinds`.
constexpr Protocol kinds[] = {Protocol::binary, Protocol::compact, Protocol::json};
PyObject *encoders[3], *decoders[3];

std::optional<Protocol> kind_in(PyObject* protocol, PyObject* name, PyObject* const* known) {
  const Ref function = checked(PyObject_GetAttr(protocol, name));
  for (std::size_t i = 0; i < std::size(kinds); ++i) {
    if (function.get() == known[i]) return kinds[i];
  }
  return std::nullopt;
}

// What Python has told, for classes without a spec, which read and write themselves.
PyObject* encode_by_class = nullptr;  // (object, is_compact)
PyObject* decode_by_class = nullptr;  // (object or None, protocol, class, is_compact)

std::size_t limit_in(PyObject* protocol, PyObject* name) {
  const Ref value = Ref::steal(PyObject_GetAttr(protocol, name));
  if (!value) {
    if (!PyErr_ExceptionMatches(PyExc_AttributeError)) throw PythonError();
    PyErr_Clear();
  }
  if (!value || !PyLong_Check(value.get())) return Limits::no_limit;
  const long long limit = PyLong_AsLongLong(value.get());
  if (limit == -1 && PyErr_Occurred()) PyErr_Clear();
  return limit < 0 ? Limits::no_limit : static_cast<std::size_t>(limit);
}

struct Pair {
  PyTypeObject* type;
  Ref spec;
  Ref keep;
};

// `[class, thrift_spec]`.
Pair pair_of(PyObject* arguments) {
  if (!payload::is_class_and_spec(arguments)) {
    raise(PyExc_TypeError, "expecting a list of size 2 for struct args, got %R", arguments);
  }
  Pair pair{nullptr, Ref::share(PySequence_Fast_GET_ITEM(arguments, 1)),
            Ref::share(PySequence_Fast_GET_ITEM(arguments, 0))};
  pair.type = reinterpret_cast<PyTypeObject*>(pair.keep.get());
  if (!PyTuple_Check(pair.spec.get())) {
    raise(PyExc_TypeError, "expecting a tuple for thrift_spec, got %R", pair.spec.get());
  }
  return pair;
}

// As Python's functions are told: None is JSON.
PyObject* is_compact(Protocol kind) {
  return kind == Protocol::json ? Py_None : kind == Protocol::compact ? Py_True : Py_False;
}

template <Protocol kind>
PyObject* encode(PyObject*, PyObject* const* arguments, Py_ssize_t count) {
  return guarded_for_apache<PyObject*>(nullptr, [&]() -> PyObject* {
    if (count != 2) raise(PyExc_TypeError, "encode takes 2 arguments, %zd given", count);
    const Pair pair = pair_of(arguments[1]);
    if (payload::lacks_spec(pair.type, pair.spec.get()) && encode_by_class != nullptr) {
      return PyObject_CallFunctionObjArgs(encode_by_class, arguments[0], is_compact(kind), nullptr);
    }
    Scratch out;
    write_struct_by(*out, arguments[0], pair.type, pair.spec.get(), options(kind));
    return bytes_of((*out).bytes()).release();
  });
}

template <Protocol kind>
PyObject* decode(PyObject*, PyObject* const* arguments, Py_ssize_t count) {
  return guarded_for_apache<PyObject*>(nullptr, [&]() -> PyObject* {
    if (count != 3) raise(PyExc_TypeError, "decode takes 3 arguments, %zd given", count);
    PyObject* object = arguments[0];
    PyObject* protocol = arguments[1];
    const Pair pair = pair_of(arguments[2]);
    if (payload::lacks_spec(pair.type, pair.spec.get()) && decode_by_class != nullptr) {
      return PyObject_CallFunctionObjArgs(decode_by_class, object, protocol, pair.keep.get(),
                                          is_compact(kind), nullptr);
    }
    const CodecOptions options = options_of(protocol, kind);
    const Ref transport = transport_in(protocol);
    const std::unique_ptr<Input> in = transport::readable_input_from(transport.get(), options.limits);
    if (object == Py_None) return read_new_struct(*in, pair.type, pair.spec.get(), options).release();
    read_struct_by(*in, object, pair.type, pair.spec.get(), options);
    return Ref::share(object).release();
  });
}

// (protocol, is_compact): name, type and sequence id of the message that comes.
PyObject* read_message_begin(PyObject*, PyObject* const* arguments, Py_ssize_t count) {
  return guarded_for_apache<PyObject*>(nullptr, [&]() -> PyObject* {
    if (count != 2) raise(PyExc_TypeError, "read_message_begin takes 2 arguments, %zd given", count);
    const bool is_compact = arguments[1] == Py_True;
    CodecOptions options = options_of(arguments[0], is_compact ? Protocol::compact : Protocol::binary);
    options.binary.any_message_type = true;  // the caller looks at it
    options.binary.strict_read = false;
    if (!is_compact) {
      const Ref strict = checked(PyObject_GetAttr(arguments[0], names().strict_read));
      const int is_strict = PyObject_IsTrue(strict.get());
      checked_status(is_strict);
      options.binary.strict_read = is_strict != 0;
    }
    const Ref transport = transport_in(arguments[0]);
    const std::unique_ptr<Input> in = transport::readable_input_from(transport.get(), options.limits);
    const wire::MessageHeader header = python::read_message_begin(*in, options);
    const Bytes name{reinterpret_cast<const std::uint8_t*>(header.name.data()), header.name.size()};
    return Py_BuildValue("(Nii)", text_of(name, true).release(), static_cast<int>(header.type),
                         static_cast<int>(header.sequence_id));
  });
}

// --- what Python tells ---

PyObject* tell(PyObject*, PyObject* arguments, PyObject* keywords) {
  return guarded<PyObject*>(nullptr, [&] {
    if (PyTuple_GET_SIZE(arguments) != 0) raise(PyExc_TypeError, "set_apache takes keywords");
    const auto given = [&](const char* name) {
      return keywords == nullptr ? nullptr : PyDict_GetItemString(keywords, name);
    };
    if (PyObject* function = given("translate")) set_apache_translator(function);
    if (PyObject* type = given("frozen_dict")) payload::set_frozen_dict(type);
    if (PyObject* function = given("frozen_setattr")) payload::set_frozen_setattr(function);
    keep(encode_by_class, given("encode_by_class"));
    keep(decode_by_class, given("decode_by_class"));
    set_struct_functions(given("read_plainly"), given("write_plainly"), given("validate"),
                         given("validate_struct"));
    set_stack_classes(given("protocols"), given("transports"), given("socket"), given("application"),
                      given("application_spec"));
    return Ref::share(Py_None).release();
  });
}

PyMethodDef functions[] = {
    {"encode_binary", erased(encode<Protocol::binary>), METH_FASTCALL,
     "encode_binary(obj, args, /)\n--\n\nThe bytes of a struct; args is [class, thrift_spec]."},
    {"encode_compact", erased(encode<Protocol::compact>), METH_FASTCALL,
     "encode_compact(obj, args, /)\n--\n\nThe bytes of a struct; args is [class, thrift_spec]."},
    {"decode_binary", erased(decode<Protocol::binary>), METH_FASTCALL,
     "decode_binary(obj, protocol, args, /)\n--\n\nFills the object, or makes one where it is None."},
    {"decode_compact", erased(decode<Protocol::compact>), METH_FASTCALL,
     "decode_compact(obj, protocol, args, /)\n--\n\nFills the object, or makes one where it is None."},
    {"encode_json", erased(encode<Protocol::json>), METH_FASTCALL,
     "encode_json(obj, args, /)\n--\n\nThe text of a struct; args is [class, thrift_spec]."},
    {"decode_json", erased(decode<Protocol::json>), METH_FASTCALL,
     "decode_json(obj, protocol, args, /)\n--\n\nFills the object, or makes one where it is None."},
    {"apache_message_begin", erased(read_message_begin), METH_FASTCALL,
     "apache_message_begin(protocol, is_compact, /)\n--\n\nReads (name, type, sequence id)."},
    {"set_apache", erased(tell), METH_VARARGS | METH_KEYWORDS,
     "set_apache(**parts)\n--\n\nTells the core what Apache's face has in Python."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

CodecOptions options(Protocol protocol) {
  CodecOptions options;
  options.protocol = protocol;
  options.decode.strict_decode = true;
  options.decode.sets = true;
  options.decode.apache = true;
  options.limits.structs = 64;
  options.limits.depth = 4 * options.limits.structs;  // containers between them
  return options;
}

std::optional<Protocol> native_writer(PyObject* protocol) {
  return kind_in(protocol, names().fast_encode, encoders);
}
std::optional<Protocol> native_reader(PyObject* protocol) {
  return kind_in(protocol, names().fast_decode, decoders);
}

Ref transport_in(PyObject* protocol) { return checked(PyObject_GetAttr(protocol, names().trans)); }

CodecOptions options_of(PyObject* protocol, Protocol kind) {
  CodecOptions read = options(kind);
  read.limits.string = limit_in(protocol, names().string_limit);
  read.limits.container = limit_in(protocol, names().container_limit);
  // Who bounds containers has bounded what they expand to.
  if (read.limits.container != Limits::no_limit) read.limits.expansion = Limits::no_limit;
  // Who allows any string allows any message.
  if (read.limits.string > read.limits.message) read.limits.message = Limits::no_limit;
  return read;
}

int add_to(PyObject* module) {
  return guarded(-1, [&] {
    checked_status(PyModule_AddFunctions(module, functions));
    const char* const known[] = {"encode_binary", "encode_compact", "encode_json",
                                 "decode_binary", "decode_compact", "decode_json"};
    for (std::size_t i = 0; i < 6; ++i) {
      PyObject*& place = i < 3 ? encoders[i] : decoders[i - 3];
      place = checked(PyObject_GetAttrString(module, known[i])).release();
    }
    checked_status(add_structs_to(module));
    return add_serialization_to(module);
  });
}

}  // namespace fastthrift::python::apache
