#include "python/protocol.hpp"

#include <cstddef>

#include "python/module.hpp"
#include "python/protocol_factory.hpp"
#include "python/protocol_options.hpp"
#include "python/serialize.hpp"
#include "python/text.hpp"
#include "python/transport.hpp"

#include <structmember.h>

namespace fastthrift::python::protocol {
namespace {

PyTypeObject* base_type = nullptr;
PyTypeObject* binary_type = nullptr;
PyTypeObject* compact_type = nullptr;
PyTypeObject* json_type = nullptr;
PyTypeObject* json_class = nullptr;  // what is made of it: the class that derives from it in Python

Object* as_object(PyObject* self) { return reinterpret_cast<Object*>(self); }

Ref transport_in(PyObject* self) {
  PyObject* transport = as_object(self)->base.transport;
  if (transport == nullptr)
    raise(PyExc_ValueError, "the protocol has no transport: its __init__ was not called");
  return Ref::share(transport);
}

// Reads one piece of a message; after an exception what the transport holds is of no use any more.
template <class Body>
PyObject* read(PyObject* self, Body body) noexcept {
  return guarded<PyObject*>(nullptr, [&] {
    const Ref transport = transport_in(self);
    try {
      const std::unique_ptr<Input> in = transport::input_from(transport.get(), options_in(self).limits);
      return body(*in).release();
    } catch (...) {
      // The input has gone by now; nothing of the error is touched.
      transport::clean(transport.get());
      throw;
    }
  });
}

// Writes one piece of a message: it is encoded as a whole before the transport gets its first byte.
template <class Body>
PyObject* write(PyObject* self, Body body) noexcept {
  return guarded<PyObject*>(nullptr, [&] {
    const Ref transport = transport_in(self);
    try {
      Buffer out(256);
      body(out);
      transport::write_to(transport.get(), out.bytes());
    } catch (...) {
      transport::clean(transport.get());
      throw;
    }
    return Ref::share(Py_None).release();
  });
}

bool is_json(PyObject* self) { return options_in(self).protocol == wire::Protocol::json; }

PyObject* read_message_begin(PyObject* self, PyObject*) {
  as_object(self)->is_in_read = false;
  return read(self, [&](Input& in) {
    CodecOptions options = options_in(self);
    options.binary.any_message_type = true;  // the caller looks at it
    if (is_json(self)) {
      Message message = read_json_message_begin(in, options);
      as_object(self)->is_in_read = true;
      return checked(Py_BuildValue("(Nii)", message.name.release(), static_cast<int>(message.type),
                                   static_cast<int>(message.sequence_id)));
    }
    const wire::MessageHeader header = python::read_message_begin(in, options);
    const Bytes name{reinterpret_cast<const std::uint8_t*>(header.name.data()), header.name.size()};
    return checked(Py_BuildValue("(NiL)", text_of(name, false).release(), static_cast<int>(header.type),
                                 static_cast<long long>(header.sequence_id)));
  });
}

PyObject* write_message_begin(PyObject* self, PyObject* args) {
  PyObject* name;
  int type;
  long long sequence_id;
  if (!PyArg_ParseTuple(args, "OiL:write_message_begin", &name, &type, &sequence_id)) return nullptr;
  return write(self, [&](Buffer& out) {
    Py_ssize_t size = 0;
    const char* text;
    if (PyBytes_Check(name)) {
      text = PyBytes_AS_STRING(name);
      size = PyBytes_GET_SIZE(name);
    } else if ((text = PyUnicode_AsUTF8AndSize(name, &size)) == nullptr) {
      throw PythonError();
    }
    // Compact gives a negative one back as its unsigned neighbour.
    if (sequence_id < INT32_MIN || sequence_id > UINT32_MAX) {
      raise(PyExc_OverflowError, "a sequence id has 32 bits, not %lld", sequence_id);
    }
    python::write_message_begin(out, {text, static_cast<std::size_t>(size)},
                                static_cast<wire::MessageType>(type), static_cast<std::int32_t>(sequence_id),
                                options_in(self));
    as_object(self)->is_in_written = is_json(self);
  });
}

PyObject* read_struct(PyObject* self, PyObject* object) {
  return read(self, [&](Input& in) {
    python::read_struct(in, object, options_in(self));
    return Ref::share(object);
  });
}

PyObject* write_struct(PyObject* self, PyObject* object) {
  return write(self, [&](Buffer& out) { python::write_struct(out, object, options_in(self)); });
}

PyObject* skip(PyObject* self, PyObject* type) {
  const long ttype = PyLong_AsLong(type);
  if (ttype == -1 && PyErr_Occurred() != nullptr) return nullptr;
  return read(self, [&](Input& in) {
    skip_value(in, static_cast<int>(ttype), options_in(self));
    return Ref::share(Py_None);
  });
}

PyObject* read_val(PyObject* self, PyObject* args) {
  int ttype;
  PyObject* spec = Py_None;
  if (!PyArg_ParseTuple(args, "i|O:_read_val", &ttype, &spec)) return nullptr;
  return read(self, [&](Input& in) { return read_value(in, ttype, spec, options_in(self)); });
}

PyObject* write_val(PyObject* self, PyObject* args) {
  int ttype;
  PyObject *value, *spec = Py_None;
  if (!PyArg_ParseTuple(args, "iO|O:_write_val", &ttype, &value, &spec)) return nullptr;
  return write(self, [&](Buffer& out) { write_value(out, ttype, value, spec, options_in(self)); });
}

PyObject* read_bool(PyObject* self, PyObject*) {
  return read(self, [&](Input& in) {
    return read_value(in, static_cast<int>(wire::TType::bool_), nullptr, options_in(self));
  });
}

PyObject* write_bool(PyObject* self, PyObject* value) {
  return write(self, [&](Buffer& out) {
    write_value(out, static_cast<int>(wire::TType::bool_), value, nullptr, options_in(self));
  });
}

PyObject* read_message_end(PyObject* self, PyObject*) {
  if (!std::exchange(as_object(self)->is_in_read, false)) return Ref::share(Py_None).release();
  return read(self, [&](Input& in) {
    read_json_message_end(in, options_in(self));
    return Ref::share(Py_None);
  });
}

PyObject* write_message_end(PyObject* self, PyObject*) {
  if (!std::exchange(as_object(self)->is_in_written, false)) return Ref::share(Py_None).release();
  return write(self, [&](Buffer& out) { wire::JsonWriter(out).message_end(); });
}

PyObject* read_text(PyObject*, PyObject* self) {
  if (!PyObject_TypeCheck(self, json_type)) {
    PyErr_SetString(PyExc_TypeError, "a TApacheJSONProtocol is needed");
    return nullptr;
  }
  return read(self, [&](Input& in) { return read_json_text(in, options_in(self)); });
}

PyObject* set_json_class(PyObject*, PyObject* type) {
  if (!PyType_Check(type) || !PyType_IsSubtype(reinterpret_cast<PyTypeObject*>(type), json_type)) {
    PyErr_SetString(PyExc_TypeError, "a class that derives from TApacheJSONProtocol is needed");
    return nullptr;
  }
  Ref old = Ref::steal(reinterpret_cast<PyObject*>(json_class));
  json_class = reinterpret_cast<PyTypeObject*>(Ref::share(type).release());
  return Ref::share(Py_None).release();
}

PyObject* not_implemented(PyObject*, PyObject*) {
  PyErr_SetString(PyExc_NotImplementedError, "a protocol overrides this method");
  return nullptr;
}

int init_base(PyObject* self, PyObject* args, PyObject* kwargs) {
  static const char* names[] = {"trans", nullptr};
  PyObject* transport;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:TProtocolBase", const_cast<char**>(names), &transport))
    return -1;
  Ref old =
      Ref::steal(std::exchange(reinterpret_cast<Base*>(self)->transport, Ref::share(transport).release()));
  return 0;
}

int init(PyObject* self, PyObject* args, PyObject* kwargs) {
  return guarded(-1, [&] {
    CodecOptions options;
    options.protocol = as_object(self)->options.protocol;
    PyObject* transport = nullptr;
    parse_arguments(options, &transport, args, kwargs);
    as_object(self)->options = options;
    Ref old = Ref::steal(std::exchange(as_object(self)->base.transport, Ref::share(transport).release()));
    return 0;
  });
}

PyObject* create(PyTypeObject* type, PyObject*, PyObject*) {
  PyObject* self = type->tp_alloc(type, 0);
  if (self == nullptr) return nullptr;
  CodecOptions* options = new (&as_object(self)->options) CodecOptions;
  if (PyType_IsSubtype(type, compact_type)) options->protocol = wire::Protocol::compact;
  if (PyType_IsSubtype(type, json_type)) options->protocol = wire::Protocol::json;
  return self;
}

int traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(reinterpret_cast<Base*>(self)->transport);
  return 0;
}

int clear(PyObject* self) {
  Py_CLEAR(reinterpret_cast<Base*>(self)->transport);
  return 0;
}

void deallocate(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  if (reinterpret_cast<Base*>(self)->weak_references != nullptr) PyObject_ClearWeakRefs(self);
  clear(self);
  type->tp_free(self);
  Py_DECREF(type);
}

PyMethodDef base_methods[] = {
    {"skip", not_implemented, METH_O, "skip(ttype)\n\nGoes over a value of the type."},
    {"read_message_begin", not_implemented, METH_NOARGS, "Gives (name, type, sequence id)."},
    {"read_message_end", not_implemented, METH_NOARGS, nullptr},
    {"write_message_begin", not_implemented, METH_VARARGS, "write_message_begin(name, ttype, seqid)"},
    {"write_message_end", not_implemented, METH_NOARGS, nullptr},
    {"read_struct", not_implemented, METH_O, "read_struct(obj)\n\nFills the object and gives it back."},
    {"write_struct", not_implemented, METH_O, "write_struct(obj)"},
    {nullptr, nullptr, 0, nullptr},
};

PyMethodDef methods[] = {
    {"skip", skip, METH_O, "skip(ttype)\n\nGoes over a value of the type."},
    {"read_message_begin", read_message_begin, METH_NOARGS, "Gives (name, type, sequence id)."},
    {"read_message_end", read_message_end, METH_NOARGS, nullptr},
    {"write_message_begin", write_message_begin, METH_VARARGS, "write_message_begin(name, ttype, seqid)"},
    {"write_message_end", write_message_end, METH_NOARGS, nullptr},
    {"read_struct", read_struct, METH_O, "read_struct(obj)\n\nFills the object and gives it back."},
    {"write_struct", write_struct, METH_O, "write_struct(obj)"},
    {"_read_val", read_val, METH_VARARGS, "_read_val(ttype, spec=None)\n\nReads a single value."},
    {"_write_val", write_val, METH_VARARGS, "_write_val(ttype, val, spec=None)\n\nWrites a single value."},
    {"_read_bool", read_bool, METH_NOARGS, "A bool as it stands in a container."},
    {"_write_bool", write_bool, METH_O, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

PyMethodDef functions[] = {
    {"_read_json", read_text, METH_O, "_read_json(protocol)\n\nThe bytes of the JSON value that comes next."},
    {"set_json_class", set_json_class, METH_O, "What TApacheJSONProtocolFactory makes."},
    {nullptr, nullptr, 0, nullptr},
};

PyMemberDef base_members[] = {
    {"trans", T_OBJECT_EX, offsetof(Base, transport), 0, "What the protocol reads from and writes to."},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(Base, weak_references), READONLY, nullptr},
    {nullptr, 0, 0, 0, nullptr},
};

PyTypeObject* make_type(const char* name, std::size_t size, PyType_Slot* slots, PyTypeObject* base) {
  PyType_Spec spec = {name, static_cast<int>(size), 0,
                      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};
  const Ref bases = base != nullptr ? checked(PyTuple_Pack(1, base)) : Ref();
  return reinterpret_cast<PyTypeObject*>(checked(PyType_FromSpecWithBases(&spec, bases.get())).release());
}

PyTypeObject* make_protocol_type(const char* name, const char* doc, wire::Protocol protocol) {
  PyType_Slot slots[] = {{Py_tp_doc, const_cast<char*>(doc)},
                         {Py_tp_new, reinterpret_cast<void*>(create)},
                         {Py_tp_init, reinterpret_cast<void*>(init)},
                         {Py_tp_dealloc, reinterpret_cast<void*>(deallocate)},
                         {Py_tp_traverse, reinterpret_cast<void*>(traverse)},
                         {Py_tp_clear, reinterpret_cast<void*>(clear)},
                         {Py_tp_methods, methods},
                         {Py_tp_getset, option_attributes(protocol)},
                         {0, nullptr}};
  return make_type(name, sizeof(Object), slots, base_type);
}

// thriftpy2's names for the parts of a compact message's head.
void add_constants_to(PyTypeObject* type) {
  static constexpr struct {
    const char* name;
    long value;
  } constants[] = {{"PROTOCOL_ID", 0x82}, {"VERSION", 1},   {"VERSION_MASK", 0x1f},
                   {"TYPE_MASK", 0xe0},   {"TYPE_BITS", 7}, {"TYPE_SHIFT_AMOUNT", 5}};
  for (const auto& [name, value] : constants) {
    const Ref number = checked(PyLong_FromLong(value));
    checked_status(PyObject_SetAttrString(reinterpret_cast<PyObject*>(type), name, number.get()));
  }
}

}  // namespace

const CodecOptions* options_of(PyObject* protocol) {
  const PyTypeObject* type = Py_TYPE(protocol);
  return type == binary_type || type == compact_type ? &as_object(protocol)->options : nullptr;
}

PyObject* transport_of(PyObject* protocol) { return as_object(protocol)->base.transport; }

CodecOptions& options_in(PyObject* object) {
  return PyObject_TypeCheck(object, base_type) ? as_object(object)->options : factory_options(object);
}

Ref make(const CodecOptions& options, PyObject* transport) {
  PyTypeObject* type = options.protocol == wire::Protocol::compact ? compact_type
                       : options.protocol == wire::Protocol::json  ? json_class
                                                                   : binary_type;
  Ref self = checked(create(type, nullptr, nullptr));
  as_object(self.get())->options = options;
  as_object(self.get())->base.transport = Ref::share(transport).release();
  return self;
}

int add_to(PyObject* module) {
  return guarded(-1, [module] {
    PyType_Slot base_slots[] = {
        {Py_tp_doc, const_cast<char*>("TProtocolBase(trans)\n--\n\nWhat every protocol derives from.")},
        {Py_tp_new, reinterpret_cast<void*>(PyType_GenericNew)},
        {Py_tp_init, reinterpret_cast<void*>(init_base)},
        {Py_tp_dealloc, reinterpret_cast<void*>(deallocate)},
        {Py_tp_traverse, reinterpret_cast<void*>(traverse)},
        {Py_tp_clear, reinterpret_cast<void*>(clear)},
        {Py_tp_methods, base_methods},
        {Py_tp_members, base_members},
        {0, nullptr}};
    base_type = make_type("fastthrift.protocol.base.TProtocolBase", sizeof(Base), base_slots, nullptr);
    binary_type = make_protocol_type(
        "fastthrift.protocol.binary.TBinaryProtocol",
        "TBinaryProtocol(trans, strict_read=True, strict_write=True, decode_response=True, "
        "strict_decode=False, "
        "max_depth=64, *, max_message=104857600, max_string=None, max_container=None, sets=False)\n--\n\n"
        "The binary protocol over any transport.",
        wire::Protocol::binary);
    compact_type = make_protocol_type(
        "fastthrift.protocol.compact.TCompactProtocol",
        "TCompactProtocol(trans, decode_response=True, strict_decode=False, max_depth=64, *, "
        "max_message=104857600, max_string=None, max_container=None, sets=False)\n--\n\n"
        "The compact protocol over any transport.",
        wire::Protocol::compact);
    json_type = make_protocol_type(
        "fastthrift._core.TApacheJSONProtocol",
        "TApacheJSONProtocol(trans, decode_response=True, strict_decode=False, max_depth=64, *, "
        "max_message=104857600, max_string=None, max_container=None, sets=False)\n--\n\n"
        "Apache's JSON protocol over any transport.",
        wire::Protocol::json);
    Py_INCREF(json_type);
    json_class = json_type;
    checked_status(PyModule_AddType(module, json_type));
    checked_status(PyModule_AddFunctions(module, functions));
    checked_status(PyModule_AddType(module, base_type));
    checked_status(PyModule_AddType(module, binary_type));
    checked_status(PyModule_AddType(module, compact_type));
    add_constants_to(compact_type);
    checked_status(add_factories_to(module));
    return add_serialize_to(module);
  });
}

}  // namespace fastthrift::python::protocol
