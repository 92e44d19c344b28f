#include "python/protocol_factory.hpp"

#include "python/errors.hpp"
#include "python/protocol.hpp"
#include "python/protocol_options.hpp"

namespace fastthrift::python::protocol {
namespace {

struct Factory {
  PyObject ob_base;
  CodecOptions options;
};

PyTypeObject* binary_type = nullptr;
PyTypeObject* compact_type = nullptr;
PyTypeObject* json_type = nullptr;

PyObject* create(PyTypeObject* type, PyObject*, PyObject*) {
  PyObject* self = type->tp_alloc(type, 0);
  if (self == nullptr) return nullptr;
  CodecOptions* options = new (&factory_options(self)) CodecOptions;
  if (PyType_IsSubtype(type, compact_type)) options->protocol = wire::Protocol::compact;
  if (PyType_IsSubtype(type, json_type)) options->protocol = wire::Protocol::json;
  return self;
}

int init(PyObject* self, PyObject* args, PyObject* kwargs) {
  return guarded(-1, [&] {
    CodecOptions options;
    options.protocol = factory_options(self).protocol;
    parse_arguments(options, nullptr, args, kwargs);
    factory_options(self) = options;
    return 0;
  });
}

void deallocate(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  type->tp_free(self);
  Py_DECREF(type);
}

PyObject* get_protocol(PyObject* self, PyObject* transport) {
  return guarded<PyObject*>(nullptr, [&] { return make(factory_options(self), transport).release(); });
}

// Its class, what a subclass's instances have of their own, and the options: for pickle and copy.
PyObject* reduce(PyObject* self, PyObject*) {
  return guarded<PyObject*>(nullptr, [&] {
    const Ref copyreg = checked(PyImport_ImportModule("copyreg"));
    const Ref make_new = checked(PyObject_GetAttrString(copyreg.get(), "__newobj__"));
    const Ref options = checked(PyDict_New());
    for (const PyGetSetDef* each = option_attributes(factory_options(self).protocol); each->name != nullptr;
         ++each) {
      const Ref value = checked(each->get(self, each->closure));
      checked_status(PyDict_SetItemString(options.get(), each->name, value.get()));
    }
    Ref own = Ref::steal(PyObject_GetAttrString(self, "__dict__"));
    if (!own) {
      if (!PyErr_ExceptionMatches(PyExc_AttributeError)) throw PythonError();
      PyErr_Clear();
      own = Ref::share(Py_None);
    }
    return checked(Py_BuildValue("O(O)(OO)", make_new.get(), Py_TYPE(self), own.get(), options.get()))
        .release();
  });
}

PyMethodDef methods[] = {
    {"__reduce__", reduce, METH_NOARGS, "What pickle and copy make it from."},
    {"get_protocol", get_protocol, METH_O,
     "get_protocol($self, trans, /)\n--\n\nA protocol over the transport."},
    {nullptr, nullptr, 0, nullptr},
};

PyTypeObject* make_type(const char* name, const char* doc, wire::Protocol protocol) {
  PyType_Slot slots[] = {{Py_tp_doc, const_cast<char*>(doc)},
                         {Py_tp_new, reinterpret_cast<void*>(create)},
                         {Py_tp_init, reinterpret_cast<void*>(init)},
                         {Py_tp_dealloc, reinterpret_cast<void*>(deallocate)},
                         {Py_tp_methods, methods},
                         {Py_tp_getset, option_attributes(protocol)},
                         {0, nullptr}};
  PyType_Spec spec = {name, static_cast<int>(sizeof(Factory)), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
                      slots};
  return reinterpret_cast<PyTypeObject*>(checked(PyType_FromSpec(&spec)).release());
}

}  // namespace

CodecOptions& factory_options(PyObject* factory) { return reinterpret_cast<Factory*>(factory)->options; }

const CodecOptions* factory_options_of(PyObject* factory) {
  const PyTypeObject* type = Py_TYPE(factory);
  return type == binary_type || type == compact_type || type == json_type ? &factory_options(factory)
                                                                          : nullptr;
}

int add_factories_to(PyObject* module) {
  return guarded(-1, [module] {
    binary_type = make_type(
        "fastthrift.protocol.binary.TBinaryProtocolFactory",
        "TBinaryProtocolFactory(strict_read=True, strict_write=True, decode_response=True, "
        "strict_decode=False, max_depth=64, *, max_message=104857600, max_string=None, "
        "max_container=None, max_expansion=48, sets=False)\n--\n\nMakes protocols with these options.",
        wire::Protocol::binary);
    compact_type = make_type(
        "fastthrift.protocol.compact.TCompactProtocolFactory",
        "TCompactProtocolFactory(decode_response=True, strict_decode=False, max_depth=64, *, "
        "max_message=104857600, max_string=None, max_container=None, max_expansion=48, sets=False)\n--\n\n"
        "Makes protocols with these options.",
        wire::Protocol::compact);
    json_type = make_type(
        "fastthrift.protocol.apache_json.TApacheJSONProtocolFactory",
        "TApacheJSONProtocolFactory(decode_response=True, strict_decode=False, max_depth=64, *, "
        "max_message=104857600, max_string=None, max_container=None, max_expansion=48, sets=False)\n--\n\n"
        "Makes protocols with these options.",
        wire::Protocol::json);
    checked_status(PyModule_AddType(module, json_type));
    checked_status(PyModule_AddType(module, binary_type));
    checked_status(PyModule_AddType(module, compact_type));
    return 0;
  });
}

}  // namespace fastthrift::python::protocol
