#include "python/nones.hpp"
#include "python/payload_type.hpp"

#include <algorithm>
#include <utility>

// How an instance of a payload class is allocated, traversed and freed.
namespace fastthrift::python::payload {
namespace {

int visit_dict(PyObject* self, visitproc visit, void* arg) {
#if PY_VERSION_HEX >= 0x030D0000
  return PyObject_VisitManagedDict(self, visit, arg);
#elif PY_VERSION_HEX >= 0x030C0000
  return _PyObject_VisitManagedDict(self, visit, arg);
#else
  Py_VISIT(reinterpret_cast<Instance*>(self)->dict);
  return 0;
#endif
}

}  // namespace

int traverse_instance(PyObject* self, visitproc visit, void* arg) {
  PyTypeObject* type = Py_TYPE(self);
  Py_VISIT(reinterpret_cast<PyObject*>(type));
  auto** at = reinterpret_cast<PyObject**>(reinterpret_cast<char*>(self) + first_slot);
  auto** end = reinterpret_cast<PyObject**>(reinterpret_cast<char*>(self) + type->tp_basicsize);
  for (; at != end; ++at) Py_VISIT(*at);
  return visit_dict(self, visit, arg);
}

int traverse_base(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(reinterpret_cast<PyObject*>(Py_TYPE(self)));
  return visit_dict(self, visit, arg);
}

int clear_base(PyObject* self) {
#if PY_VERSION_HEX >= 0x030D0000
  PyObject_ClearManagedDict(self);
#elif PY_VERSION_HEX >= 0x030C0000
  _PyObject_ClearManagedDict(self);
#else
  Py_CLEAR(reinterpret_cast<Instance*>(self)->dict);
#endif
  return 0;
}

namespace {

// Empty instances that wait to be used again, of one class and of all. None where a tool watches memory, or
// threads run at once; none with a finalizer, which would run once for all who have the place.
#if defined(__SANITIZE_ADDRESS__) || defined(Py_GIL_DISABLED) || defined(PYPY_VERSION)
constexpr unsigned most_spares = 0;
#else
constexpr unsigned most_spares = 512;
#endif
constexpr unsigned most_spares_of_all = 8192;

bool keep_spare(PyObject* self, PyTypeObject* type) {
  ClassData* data = reinterpret_cast<PayloadType*>(type)->data;
#if PY_VERSION_HEX >= 0x030D0000
  // Where a class has no slots the attributes stand behind the object: only a new object has that place
  // empty.
  if (PyType_HasFeature(type, Py_TPFLAGS_INLINE_VALUES)) return false;
#endif
  if (data == nullptr || data->spares >= most_spares || ClassData::spares_of_all >= most_spares_of_all ||
      type->tp_finalize != nullptr || type->tp_free != PyObject_GC_Del || !data->is_struct) {
    return false;
  }
  data->add_spare(self);
  return true;
}

void free_instance(PyObject* self, PyTypeObject* type) {
#if PY_VERSION_HEX >= 0x030C0000
  PyObject_ClearWeakRefs(self);
#else
  if (reinterpret_cast<Instance*>(self)->weak_references != nullptr) PyObject_ClearWeakRefs(self);
#endif
  auto** at = reinterpret_cast<PyObject**>(reinterpret_cast<char*>(self) + first_slot);
  auto** end = reinterpret_cast<PyObject**>(reinterpret_cast<char*>(self) + type->tp_basicsize);
  Nones nones;
  for (; at != end; ++at) {
    PyObject* value = std::exchange(*at, nullptr);
    if (value == Py_None) {
      nones.drop();
    } else {
      Py_XDECREF(value);
    }
  }
  nones.settle();
#if PY_VERSION_HEX >= 0x030C0000
  clear_base(self);
#else
  if (reinterpret_cast<Instance*>(self)->dict != nullptr) clear_base(self);
#endif
  if (!keep_spare(self, type)) type->tp_free(self);
  Py_DECREF(type);
}

}  // namespace

unsigned int ClassData::spares_of_all = 0;

void free_spares(PyTypeObject* type, ClassData& data) {
  while (PyObject* self = data.take_spare()) {
    self->ob_type = type;
    PyObject_GC_Del(self);
  }
}

void deallocate_instance(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  if (type->tp_finalize != nullptr && PyObject_CallFinalizerFromDealloc(self) < 0) return;
  // One that is not tracked holds nothing that could free a long chain, except when the trashcan has come
  // back with it.
  if (!PyObject_GC_IsTracked(self)) return free_instance(self, type);
  PyObject_GC_UnTrack(self);
#if PY_VERSION_HEX >= 0x030D0000 && PY_VERSION_HEX < 0x030E0000 && !defined(PYPY_VERSION)
  // Its trashcan lets 10,000 objects be freed inside each other: more than the stack of a small thread takes.
  constexpr int most_nested = 50;
  static thread_local int nested = 0;
  PyThreadState* thread = PyThreadState_GetUnchecked();
  if (nested >= most_nested && type->tp_dealloc == deallocate_instance)
    return _PyTrash_thread_deposit_object(thread, self);
  ++nested;
  free_instance(self, type);
  --nested;
  if (nested == 0 && thread->delete_later != nullptr) _PyTrash_thread_destroy_chain(thread);
#else
  Py_TRASHCAN_BEGIN(self, deallocate_instance) free_instance(self, type);
  Py_TRASHCAN_END
#endif
}

PyObject* allocate_anew(PyTypeObject* type) {
#if PY_VERSION_HEX >= 0x030D0000
  if (PyType_HasFeature(type, Py_TPFLAGS_INLINE_VALUES)) {  // which only this one prepares
    PyObject* self = PyType_GenericAlloc(type, 0);
    if (self != nullptr) PyObject_GC_UnTrack(self);
    return self;
  }
#endif
  PyObject* self = PyObject_GC_New(PyObject, type);
  if (self == nullptr) return nullptr;
  std::fill_n(reinterpret_cast<char*>(self) + sizeof(PyObject),
              static_cast<std::size_t>(type->tp_basicsize) - sizeof(PyObject), '\0');
  return self;
}

}  // namespace fastthrift::python::payload
