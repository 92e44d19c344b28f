#include "python/apache.hpp"
#include "python/apache_names.hpp"
#include "python/errors.hpp"
#include "python/module.hpp"
#include "python/payload_type.hpp"
#include "python/scratch.hpp"
#include "python/transport.hpp"

#include <optional>

// The structs that our generator makes for Apache's face (`TStruct`): how they read, write and validate
// themselves.
namespace fastthrift::python::apache {
namespace {

// What Python has told: functions for what is rare, and what tells ours from others'.
struct Told {
  PyObject* read_plainly = nullptr;  // (object, protocol): TStruct's read and write value by value
  PyObject* write_plainly = nullptr;
  PyObject* validate = nullptr;         // TStruct.validate
  PyObject* validate_struct = nullptr;  // (object): by whatever validates it
} told;

PyObject *read_method, *write_method;  // of TStruct

PyObject* struct_write(PyObject* self, PyObject* protocol) {
  return guarded_for_apache<PyObject*>(nullptr, [&]() -> PyObject* {
    const std::optional<wire::Protocol> kind = native_writer(protocol);
    if (!kind) return PyObject_CallFunctionObjArgs(told.write_plainly, self, protocol, nullptr);
    validate(self);
    const Ref transport = transport_in(protocol);
    Scratch out;
    write_struct(*out, self, options(*kind));
    transport::write_to(transport.get(), (*out).bytes());
    return Ref::share(Py_None).release();
  });
}

PyObject* struct_read(PyObject* self, PyObject* protocol) {
  return guarded_for_apache<PyObject*>(nullptr, [&]() -> PyObject* {
    const std::optional<wire::Protocol> kind = native_reader(protocol);
    if (!kind) return PyObject_CallFunctionObjArgs(told.read_plainly, self, protocol, nullptr);
    const CodecOptions options = options_of(protocol, *kind);
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
    const std::optional<wire::Protocol> kind = native_reader(protocol);
    if (!kind) return Ref::share(Py_NotImplemented).release();
    const Ref spec = checked(PyObject_GetAttr(arguments[0], names().thrift_spec));
    const CodecOptions options = options_of(protocol, *kind);
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

PyMethodDef functions[] = {
    {"apache_struct_made", erased(struct_made), METH_FASTCALL,
     "apache_struct_made(cls, protocol, /)\n--\n\nReads a new struct; NotImplemented for a protocol that is "
     "not "
     "ours."},
    {"apache_lacks_spec", lacks_spec, METH_O,
     "apache_lacks_spec(cls, /)\n--\n\nWhether a class has fields, at any depth, that its thrift_spec leaves "
     "out."},
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
void add_methods_to(PyObject* module) {
  const Ref methods = checked(PyDict_New());
  for (PyMethodDef* each = struct_methods; each->ml_name != nullptr; ++each) {
    const Ref method = checked(PyDescr_NewMethod(payload::base(), each));
    checked_status(PyDict_SetItemString(methods.get(), each->ml_name, method.get()));
    (each->ml_meth == struct_read ? read_method : write_method) = Ref::share(method.get()).release();
  }
  checked_status(PyObject_SetAttrString(module, "apache_struct_methods", methods.get()));
}

}  // namespace

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

void set_struct_functions(PyObject* read_plainly, PyObject* write_plainly, PyObject* validate,
                          PyObject* validate_struct) {
  keep(told.read_plainly, read_plainly);
  keep(told.write_plainly, write_plainly);
  keep(told.validate, validate);
  keep(told.validate_struct, validate_struct);
}

int add_structs_to(PyObject* module) {
  checked_status(PyModule_AddFunctions(module, functions));
  add_methods_to(module);
  return 0;
}

}  // namespace fastthrift::python::apache
