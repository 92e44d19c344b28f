#include "python/apache.hpp"

#include "python/apache_stack.hpp"
#include "python/errors.hpp"
#include "python/module.hpp"
#include "python/payload_type.hpp"
#include "python/text.hpp"
#include "python/transport.hpp"

#include <utility>

namespace fastthrift::python::apache {
namespace {

using wire::Protocol;

struct Names {
  PyObject* trans = PyUnicode_InternFromString("trans");
  PyObject* fast_decode = PyUnicode_InternFromString("_fast_decode");
  PyObject* fast_encode = PyUnicode_InternFromString("_fast_encode");
  PyObject* string_limit = PyUnicode_InternFromString("string_length_limit");
  PyObject* container_limit = PyUnicode_InternFromString("container_length_limit");
  PyObject* strict_read = PyUnicode_InternFromString("strictRead");
  PyObject* thrift_spec = PyUnicode_InternFromString("thrift_spec");
  PyObject* validate = PyUnicode_InternFromString("validate");
  PyObject* read = PyUnicode_InternFromString("read");
  PyObject* write = PyUnicode_InternFromString("write");
};
const Names& names() {
  static const Names all;
  return all;
}

// What Python has told: functions for what is rare, and what tells ours from others'.
struct Told {
  PyObject* encode_by_class = nullptr;  // (object, is_compact): a class without a spec writes itself
  PyObject* decode_by_class = nullptr;  // (object or None, protocol, class, is_compact)
  PyObject* read_plainly = nullptr;     // (object, protocol): TStruct's read and write value by value
  PyObject* write_plainly = nullptr;
  PyObject* validate = nullptr;         // TStruct.validate
  PyObject* validate_struct = nullptr;  // (object): by whatever validates it
} told;

// encode_binary, ... as the module has them, in the order of `kinds`.
constexpr Protocol kinds[] = {Protocol::binary, Protocol::compact, Protocol::json};
PyObject *encoders[3], *decoders[3];
PyObject *read_method, *write_method;  // of TStruct

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

// A buffer that its thread keeps, for what becomes an object at once.
class Scratch {
 public:
  Scratch() : buffer_(std::exchange(kept_, Buffer())) { buffer_.clear(); }
  ~Scratch() {
    if (buffer_.capacity() <= most_kept) kept_ = std::move(buffer_);
  }
  Scratch(const Scratch&) = delete;
  Buffer& operator*() { return buffer_; }

 private:
  static constexpr std::size_t most_kept = 1 << 16;
  static thread_local Buffer kept_;
  Buffer buffer_;
};
thread_local Buffer Scratch::kept_;

// As Python's functions are told: None is JSON.
PyObject* is_compact(Protocol kind) {
  return kind == Protocol::json ? Py_None : kind == Protocol::compact ? Py_True : Py_False;
}

template <Protocol kind>
PyObject* encode(PyObject*, PyObject* const* arguments, Py_ssize_t count) {
  return guarded_for_apache<PyObject*>(nullptr, [&]() -> PyObject* {
    if (count != 2) raise(PyExc_TypeError, "encode takes 2 arguments, %zd given", count);
    const Pair pair = pair_of(arguments[1]);
    if (payload::lacks_spec(pair.type, pair.spec.get()) && told.encode_by_class != nullptr) {
      return PyObject_CallFunctionObjArgs(told.encode_by_class, arguments[0], is_compact(kind), nullptr);
    }
    Scratch out;
    write_struct_by(*out, arguments[0], pair.type, pair.spec.get(), options(kind));
    return bytes_of((*out).bytes()).release();
  });
}

Ref transport_in(PyObject* protocol) { return checked(PyObject_GetAttr(protocol, names().trans)); }

template <Protocol kind>
PyObject* decode(PyObject*, PyObject* const* arguments, Py_ssize_t count) {
  return guarded_for_apache<PyObject*>(nullptr, [&]() -> PyObject* {
    if (count != 3) raise(PyExc_TypeError, "decode takes 3 arguments, %zd given", count);
    PyObject* object = arguments[0];
    PyObject* protocol = arguments[1];
    const Pair pair = pair_of(arguments[2]);
    if (payload::lacks_spec(pair.type, pair.spec.get()) && told.decode_by_class != nullptr) {
      return PyObject_CallFunctionObjArgs(told.decode_by_class, object, protocol, pair.keep.get(),
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

// --- TStruct ---

int protocol_of(PyObject* function, PyObject* const* known) {
  for (int i = 0; i < 3; ++i) {
    if (function == known[i]) return i;
  }
  return -1;
}

PyObject* struct_write(PyObject* self, PyObject* protocol) {
  return guarded_for_apache<PyObject*>(nullptr, [&]() -> PyObject* {
    const Ref encoder = checked(PyObject_GetAttr(protocol, names().fast_encode));
    const int kind = protocol_of(encoder.get(), encoders);
    if (kind < 0) return PyObject_CallFunctionObjArgs(told.write_plainly, self, protocol, nullptr);
    validate(self);
    const Ref transport = transport_in(protocol);
    Scratch out;
    write_struct(*out, self, options(kinds[kind]));
    transport::write_to(transport.get(), (*out).bytes());
    return Ref::share(Py_None).release();
  });
}

PyObject* struct_read(PyObject* self, PyObject* protocol) {
  return guarded_for_apache<PyObject*>(nullptr, [&]() -> PyObject* {
    const Ref decoder = checked(PyObject_GetAttr(protocol, names().fast_decode));
    const int kind = protocol_of(decoder.get(), decoders);
    if (kind < 0) return PyObject_CallFunctionObjArgs(told.read_plainly, self, protocol, nullptr);
    const CodecOptions options = options_of(protocol, kinds[kind]);
    const Ref transport = transport_in(protocol);
    const std::unique_ptr<Input> in = transport::readable_input_from(transport.get(), options.limits);
    read_struct(*in, self, options);
    return Ref::share(Py_None).release();
  });
}

// (class, protocol): a new one; null for a protocol that is not ours.
PyObject* struct_made(PyObject*, PyObject* const* arguments, Py_ssize_t count) {
  return guarded_for_apache<PyObject*>(nullptr, [&]() -> PyObject* {
    if (count != 2 || !PyType_Check(arguments[0]))
      raise(PyExc_TypeError, "a class and a protocol are needed");
    PyObject* protocol = arguments[1];
    const Ref decoder = checked(PyObject_GetAttr(protocol, names().fast_decode));
    const int kind = protocol_of(decoder.get(), decoders);
    if (kind < 0) return Ref::share(Py_NotImplemented).release();
    const Ref spec = checked(PyObject_GetAttr(arguments[0], names().thrift_spec));
    const CodecOptions options = options_of(protocol, kinds[kind]);
    const Ref transport = transport_in(protocol);
    const std::unique_ptr<Input> in = transport::readable_input_from(transport.get(), options.limits);
    return read_new_struct(*in, reinterpret_cast<PyTypeObject*>(arguments[0]), spec.get(), options).release();
  });
}

// (class): whether it, or a class within it, has fields that its spec does not show.
PyObject* lacks_spec(PyObject*, PyObject* type) {
  return guarded_for_apache<PyObject*>(nullptr, [&]() -> PyObject* {
    if (!PyType_Check(type)) raise(PyExc_TypeError, "a class is needed");
    const Ref spec = checked(PyObject_GetAttr(type, names().thrift_spec));
    return PyBool_FromLong(payload::lacks_spec(reinterpret_cast<PyTypeObject*>(type), spec.get()));
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
    const std::pair<const char*, PyObject**> functions[] = {{"encode_by_class", &told.encode_by_class},
                                                            {"decode_by_class", &told.decode_by_class},
                                                            {"read_plainly", &told.read_plainly},
                                                            {"write_plainly", &told.write_plainly},
                                                            {"validate", &told.validate},
                                                            {"validate_struct", &told.validate_struct}};
    for (const auto& [name, place] : functions) {
      if (PyObject* function = given(name)) {
        Ref before = Ref::steal(std::exchange(*place, Ref::share(function).release()));
      }
    }
    set_stack_classes(given("protocols"), given("transports"), given("socket"), given("application"),
                      given("application_spec"));
    return Ref::share(Py_None).release();
  });
}

template <class Function>
PyCFunction erased(Function function) {
  return reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(function));
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
    {"apache_struct_made", erased(struct_made), METH_FASTCALL,
     "apache_struct_made(cls, protocol, /)\n--\n\nReads a new struct; NotImplemented for a protocol that is "
     "not "
     "ours."},
    {"apache_lacks_spec", lacks_spec, METH_O,
     "apache_lacks_spec(cls, /)\n--\n\nWhether a class has fields, at any depth, that its thrift_spec leaves "
     "out."},
    {"set_apache", erased(tell), METH_VARARGS | METH_KEYWORDS,
     "set_apache(**parts)\n--\n\nTells the core what Apache's face has in Python."},
    {nullptr, nullptr, 0, nullptr},
};

PyMethodDef struct_methods[] = {
    {"read", struct_read, METH_O,
     "read($self, iprot, /)\n--\n\nFills the fields that come; others keep their values."},
    {"write", struct_write, METH_O,
     "write($self, oprot, /)\n--\n\nWrites the fields that are set, once all required ones are."},
    {nullptr, nullptr, 0, nullptr},
};

// Methods for classes that derive from TPayload.
int add_struct_methods_to(PyObject* module) {
  const Ref methods = checked(PyDict_New());
  for (PyMethodDef* each = struct_methods; each->ml_name != nullptr; ++each) {
    const Ref method = checked(PyDescr_NewMethod(payload::base(), each));
    checked_status(PyDict_SetItemString(methods.get(), each->ml_name, method.get()));
    (each->ml_meth == struct_read ? read_method : write_method) = Ref::share(method.get()).release();
  }
  return PyObject_SetAttrString(module, "apache_struct_methods", methods.get());
}

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

void validate(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  if (_PyType_Lookup(type, names().validate) != told.validate) {
    checked(PyObject_CallOneArg(told.validate_struct, self));
    return;
  }
  const LayoutUse use;
  const Layout& layout = payload::layout_of(type);
  if (!layout.has_required()) return;
  for (const FieldLayout& field : layout.fields()) {
    if (!field.required) continue;
    Ref value = layout.is_direct() ? Ref::share(payload::slot(self, field.offset))
                                   : Ref::steal(PyObject_GetAttr(self, field.name));
    if (!value) PyErr_Clear();
    if (!value || value.get() == Py_None) {
      checked(PyObject_CallOneArg(told.validate_struct, self));
      return;
    }
  }
}

bool reads_plainly(PyTypeObject* type) { return _PyType_Lookup(type, names().read) == read_method; }
bool writes_plainly(PyTypeObject* type) { return _PyType_Lookup(type, names().write) == write_method; }

bool is_native(PyObject* protocol, Protocol kind) {
  const Ref encoder = checked(PyObject_GetAttr(protocol, names().fast_encode));
  return encoder.get() == encoders[kind == Protocol::binary ? 0 : kind == Protocol::compact ? 1 : 2];
}

CodecOptions options_of(PyObject* protocol, Protocol kind) {
  CodecOptions read = options(kind);
  read.limits.string = limit_in(protocol, names().string_limit);
  read.limits.container = limit_in(protocol, names().container_limit);
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
    checked_status(add_struct_methods_to(module));
    return add_serialization_to(module);
  });
}

}  // namespace fastthrift::python::apache
