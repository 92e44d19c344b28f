#pragma once

#include "python/errors.hpp"
#include "python/layout.hpp"
#include "python/ref.hpp"

#include <cstddef>

// The object model: TPayloadMeta makes ordinary heap classes with one slot per field of `thrift_spec` and a
// lazy dict for everything else; TPayload gives them what users see of thriftpy2's classes.
namespace fastthrift::python::payload {

// Registers TPayloadMeta, TPayload and the mapping type behind `__dict__` in the module. Returns 0, or -1
// with an error.
int add_to(PyObject* module);

PyTypeObject* metaclass();  // TPayloadMeta, borrowed
PyTypeObject* base();       // TPayload, borrowed

// True for classes made by TPayloadMeta (TException's subclasses too).
extern PyTypeObject metaclass_object;
inline bool is_payload_type(PyTypeObject* type) {
  return PyObject_TypeCheck(reinterpret_cast<PyObject*>(type), &metaclass_object);
}

// The class's layout, compiled anew if its spec or the class changed. One pointer check and one comparison
// when nothing did. Borrowed: valid until the next change; throws PythonError.
const Layout& layout_of(PyTypeObject* type);

// The layout of any object with a `thrift_spec` dict (a plain class, a property): compiled for this call.
// `keep` owns it where it is not the class's own.
const Layout& layout_of_object(PyObject* object, std::unique_ptr<Layout>& keep);

// The layout of a class that is not ours by a spec in Apache's form, kept at the class as long as both stay;
// `keep` owns it where the class cannot. Payload classes have their own.
const Layout& layout_of_pair(PyTypeObject* type, PyObject* thrift_spec, std::unique_ptr<Layout>& keep);
// Whether it is Apache's `[class, thrift_spec]`. Its compiler wrote a tuple until 0.10, and such code is
// still in use: PyHive's.
bool is_class_and_spec(PyObject* args);
// The spec that stands beside the class in it; the class's own where it is not filled in.
Ref spec_in(PyObject* pair);
// What maps that are declared immutable come as: TFrozenDict, borrowed, or null.
PyObject* frozen_dict();
void set_frozen_dict(PyObject* type);
// An attribute of an instance whose class may refuse to have its attributes set.
int assign(PyObject* self, PyObject* name, PyObject* value);

// Whether a class that stands in the spec has fields but none in its own spec, as Apache's compiler writes it
// for ids below 1: then only the class itself can read and write.
bool lacks_spec(PyTypeObject* type, PyObject* thrift_spec);

// A new instance as `type()` makes it: defaults filled in and copied. Goes through a Python `__init__` or
// `__new__` where somebody has defined one.
Ref make(PyTypeObject* type);

// The slot at `offset`; null when the attribute is missing.
inline PyObject*& slot(PyObject* object, Py_ssize_t offset) {
  return *reinterpret_cast<PyObject**>(reinterpret_cast<char*>(object) + offset);
}

// Stores into a slot, taking over `value`, and starts to track the object for the collector if `value` may
// close a cycle.
inline void store(PyObject* object, Py_ssize_t offset, Ref value) {
  if (PyType_IS_GC(Py_TYPE(value.get())) && !PyObject_GC_IsTracked(object)) PyObject_GC_Track(object);
  PyObject* before = std::exchange(slot(object, offset), value.release());
  Py_XDECREF(before);
}

// A class as the IDL's builder makes it: `TPayloadMeta(name, (base,), namespace)` without the detour through
// Python. `thrift_spec` is a dict, `default_spec` a list of (name, default) as thriftpy2's.
Ref make_class(PyObject* name, PyObject* module_name, PyTypeObject* base, PyObject* thrift_spec,
               PyObject* default_spec, PyObject* extra_attributes);

}  // namespace fastthrift::python::payload
