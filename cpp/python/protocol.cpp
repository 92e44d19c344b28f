#include "python/protocol_methods.hpp"

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

PyObject* read_text(PyObject*, PyObject* self) {
  if (!PyObject_TypeCheck(self, json_type)) {
    PyErr_SetString(PyExc_TypeError, "a TApacheJSONProtocol is needed");
    return nullptr;
  }
  return read_json(self);
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

const CodecOptions* json_options_of(PyObject* protocol) {
  return Py_TYPE(protocol) == json_class ? &as_object(protocol)->options : nullptr;
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
        "max_depth=64, *, max_message=104857600, max_string=None, max_container=None, max_expansion=48, "
        "sets=False)\n--\n\n"
        "The binary protocol over any transport.",
        wire::Protocol::binary);
    compact_type = make_protocol_type(
        "fastthrift.protocol.compact.TCompactProtocol",
        "TCompactProtocol(trans, decode_response=True, strict_decode=False, max_depth=64, *, "
        "max_message=104857600, max_string=None, max_container=None, max_expansion=48, sets=False)\n--\n\n"
        "The compact protocol over any transport.",
        wire::Protocol::compact);
    json_type = make_protocol_type(
        "fastthrift._core.TApacheJSONProtocol",
        "TApacheJSONProtocol(trans, decode_response=True, strict_decode=False, max_depth=64, *, "
        "max_message=104857600, max_string=None, max_container=None, max_expansion=48, sets=False)\n--\n\n"
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
