#include "python/payload_type.hpp"

#include <cstddef>
#include <utility>

// TPayloadMeta: the memory of payload classes, and how attributes of classes are read and set.
namespace fastthrift::python::payload {

PyTypeObject metaclass_object = {PyVarObject_HEAD_INIT(nullptr, 0)};

namespace {

PyTypeObject& meta_type = metaclass_object;
PyTypeObject* base_type = nullptr;

PyTypeObject* as_type(PyObject* object) { return reinterpret_cast<PyTypeObject*>(object); }

int meta_traverse(PyObject* self, visitproc visit, void* arg) {
  if (const ClassData* data = reinterpret_cast<PayloadType*>(self)->data) {
    Py_VISIT(data->initializer.get());
    Py_VISIT(data->spec.get());
    if (data->layout) {
      if (int status = data->layout->traverse(visit, arg)) return status;
    }
  }
  Py_VISIT(reinterpret_cast<PayloadType*>(self)->bound_schema);
  return PyType_Type.tp_traverse(self, visit, arg);
}

int meta_clear(PyObject* self) {
  if (ClassData* data = reinterpret_cast<PayloadType*>(self)->data) {
    data->version = data->layout_version = 0;
    data->spec_version_now = &ClassData::unchanging;
    Ref initializer = std::exchange(data->initializer, Ref());
    Ref spec = std::exchange(data->spec, Ref());
    LayoutUse::retire(std::exchange(data->layout, nullptr));
  }
  Ref bound_schema = Ref::steal(std::exchange(reinterpret_cast<PayloadType*>(self)->bound_schema, nullptr));
  return PyType_Type.tp_clear(self);
}

void meta_dealloc(PyObject* self) {
  ClassData* data = std::exchange(reinterpret_cast<PayloadType*>(self)->data, nullptr);
  Ref bound_schema = Ref::steal(std::exchange(reinterpret_cast<PayloadType*>(self)->bound_schema, nullptr));
  if (data != nullptr) free_spares(reinterpret_cast<PyTypeObject*>(self), *data);
  PyType_Type.tp_dealloc(self);
  if (data == nullptr) return;
  LayoutUse::retire(std::move(data->layout));
  delete data;
}

// Every way from Python to an attribute of a class, `__dict__` among them.
PyObject* meta_getattr(PyObject* self, PyObject* name) {
  return touch(as_type(self)) ? PyType_Type.tp_getattro(self, name) : nullptr;
}

// TPayloadMeta.__setattr__ and __delattr__: what is to be deleted has to be there.
PyObject* set_class_attribute(PyObject* self, PyObject* arguments) {
  PyObject *name, *value;
  if (!PyArg_ParseTuple(arguments, "UO:__setattr__", &name, &value) || !touch(as_type(self))) return nullptr;
  for (Py_ssize_t i = 0; PyTuple_Check(value) && i < PyTuple_GET_SIZE(value); ++i) {  // `__bases__`
    PyObject* each = PyTuple_GET_ITEM(value, i);
    if (PyObject_TypeCheck(each, &meta_type) && !touch(as_type(each))) return nullptr;
  }
  if (PyType_Type.tp_setattro(self, name, value) < 0) return nullptr;
  Py_RETURN_NONE;
}
PyObject* delete_class_attribute(PyObject* self, PyObject* name) {
  if (!touch(as_type(self)) || PyType_Type.tp_setattro(self, name, nullptr) < 0) return nullptr;
  Py_RETURN_NONE;
}

PyMethodDef setters[] = {{"__setattr__", set_class_attribute, METH_VARARGS, nullptr},
                         {"__delattr__", delete_class_attribute, METH_O, nullptr}};

// Gives TPayloadMeta its methods as a class statement would. With a tp_new of its own, type.__new__ would
// refuse metaclasses that come to it by another way, as in `class Meta(TPayloadMeta, ABCMeta)`; with a
// tp_setattro of its own, type.__setattr__ would refuse its classes.
int add_methods() {
  PyObject* maker = make_class_maker();
  if (maker == nullptr || PyDict_SetItemString(meta_type.tp_dict, "__new__", maker) < 0) return -1;
  for (PyMethodDef& each : setters) {
    const Ref method = Ref::steal(PyDescr_NewMethod(&meta_type, &each));
    if (!method || PyDict_SetItemString(meta_type.tp_dict, each.ml_name, method.get()) < 0) return -1;
  }
  PyObject* type = reinterpret_cast<PyObject*>(&PyType_Type);
  Ref model =
      Ref::steal(PyObject_CallFunction(type, "s(){sOsO}", "model", "__new__", maker, "__setattr__", maker));
  if (!model) return -1;
  meta_type.tp_new = as_type(model.get())->tp_new;            // looks `__new__` up
  meta_type.tp_setattro = as_type(model.get())->tp_setattro;  // and this likewise
  PyType_Modified(&meta_type);
  return 0;
}

}  // namespace

PyTypeObject* metaclass() { return &meta_type; }
PyTypeObject* base() { return base_type; }

int add_metaclass_to(PyObject* module) {
  meta_type.tp_name = "fastthrift.thrift.TPayloadMeta";
  meta_type.tp_basicsize = sizeof(PayloadType);
  meta_type.tp_itemsize = PyType_Type.tp_itemsize;
  meta_type.tp_base = &PyType_Type;
  meta_type.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC |
                       Py_TPFLAGS_TYPE_SUBCLASS | Py_TPFLAGS_HAVE_VECTORCALL;
  meta_type.tp_vectorcall_offset = offsetof(PyTypeObject, tp_vectorcall);
  meta_type.tp_call = PyType_Type.tp_call;
  meta_type.tp_alloc = allocate_class;
  meta_type.tp_getattro = meta_getattr;
  meta_type.tp_traverse = meta_traverse;
  meta_type.tp_clear = meta_clear;
  meta_type.tp_dealloc = meta_dealloc;
  if (PyType_Ready(&meta_type) < 0 || add_methods() < 0) return -1;
  base_type = make_base();
  if (base_type == nullptr) return -1;
  if (PyObject_SetAttrString(module, "TPayloadMeta", reinterpret_cast<PyObject*>(&meta_type)) < 0) return -1;
  return PyObject_SetAttrString(module, "TPayload", reinterpret_cast<PyObject*>(base_type));
}

}  // namespace fastthrift::python::payload
