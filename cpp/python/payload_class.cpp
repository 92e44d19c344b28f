#include "python/payload_class.hpp"

#include "python/payload_slots.hpp"
#include "python/payload_type.hpp"

#include <algorithm>
#include <cstddef>
#include <structmember.h>
#include <vector>

// Two thirds of type() are a search in the whole MRO for each of some ninety special names, to fill the
// class's C slots. None of them can be in the namespace of an IDL's struct but `__init__`; all others are
// TPayload's, and PyType_Ready takes those over without a search, as for classes made by PyType_FromSpec.
// That function takes no metaclass before 3.12, and none with a `__new__` since.
namespace fastthrift::python::payload {
namespace {

// What type() puts into the C slots of a class with `__init__`. Static in CPython, so taken from a class.
struct Learned {
  initproc init = nullptr;
  inquiry clear = nullptr;
  iternextfunc iternext = nullptr;  // that of no iterator
} learned;

// Whether type() would find nothing more to do than is done here.
bool is_untouched(PyTypeObject* base) {
  static PyObject* const name = PyUnicode_InternFromString("__init_subclass__");
  return is_set_plainly(base) && _PyType_Lookup(base, name) == _PyType_Lookup(&PyBaseObject_Type, name);
}

// In the order of type(): two classes with the same names have the same layout, which `__class__` of an
// instance may be changed to.
std::vector<PyObject*> sorted(const std::vector<Ref>& slots) {
  std::vector<PyObject*> found;
  found.reserve(slots.size());
  for (const Ref& each : slots) found.push_back(each.get());
  std::sort(found.begin(), found.end(), [](PyObject* a, PyObject* b) { return PyUnicode_Compare(a, b) < 0; });
  return found;
}

// PyDescr_NewMember without making the name anew.
Ref member_descriptor(PyTypeObject* type, PyObject* name, PyMemberDef* member) {
  Ref made = checked(PyType_GenericAlloc(&PyMemberDescr_Type, 0));
  auto* descriptor = reinterpret_cast<PyMemberDescrObject*>(made.get());
  Py_INCREF(type);
  descriptor->d_common.d_type = type;
  Py_INCREF(name);
  descriptor->d_common.d_name = name;
  descriptor->d_common.d_qualname = nullptr;
  descriptor->d_member = member;
  return made;
}

// Behind the class itself, where PyType_GenericAlloc has made place for them and an empty one.
PyMemberDef* members_of(PyHeapTypeObject* heap) {
  const Py_ssize_t size = Py_TYPE(reinterpret_cast<PyObject*>(heap))->tp_basicsize;
  return reinterpret_cast<PyMemberDef*>(reinterpret_cast<char*>(heap) + size);
}

void add_members(PyHeapTypeObject* heap, PyObject* ns, const std::vector<PyObject*>& slots) {
  PyTypeObject* type = &heap->ht_type;
  PyMemberDef* member = members_of(heap);
  Ref all = checked(PyTuple_New(static_cast<Py_ssize_t>(slots.size())));
  for (std::size_t i = 0; i < slots.size(); ++i, ++member) {
    Py_INCREF(slots[i]);
    PyTuple_SET_ITEM(all.get(), static_cast<Py_ssize_t>(i), slots[i]);
    member->name = PyUnicode_AsUTF8(slots[i]);  // lives as long as the string
    if (member->name == nullptr) throw PythonError();
    member->type = T_OBJECT_EX;
    member->offset = type->tp_basicsize;
    type->tp_basicsize += static_cast<Py_ssize_t>(sizeof(PyObject*));
    checked_status(PyDict_SetItem(ns, slots[i], member_descriptor(type, slots[i], member).get()));
  }
  heap->ht_slots = all.release();
}

void learn(PyTypeObject* type, const std::vector<Ref>& chosen, const std::vector<PyObject*>& order) {
  ClassData& data = *reinterpret_cast<PayloadType*>(type)->data;
  data.is_made = data.is_struct = true;
  data.new_slots = chosen;
  data.slots.reserve(chosen.size());
  for (const Ref& name : chosen) {
    const auto at = std::find(order.begin(), order.end(), name.get()) - order.begin();
    data.slots.push_back({name, first_slot + at * static_cast<Py_ssize_t>(sizeof(PyObject*))});
  }
}

}  // namespace

void learn_from(PyTypeObject* made) {
  if (made->tp_base == base() && base()->tp_iternext == nullptr) {
    learned = {made->tp_init, made->tp_clear, made->tp_iternext};
  }
}

Ref make_struct_class(PyObject* name, PyObject* ns, PyObject* initializer) {
#if PY_VERSION_HEX >= 0x030F0000 || defined(PYPY_VERSION) || defined(Py_GIL_DISABLED)
  return Ref();
#endif
  PyTypeObject* parent = base();
  if (learned.init == nullptr || !is_untouched(parent)) return Ref();
  const Ref bases = checked(PyTuple_Pack(1, reinterpret_cast<PyObject*>(parent)));
  const std::vector<Ref> chosen = slot_names(nullptr, initializer, bases.get(), ns);
  const std::vector<PyObject*> order = sorted(chosen);

  PyTypeObject* meta = metaclass();
  const Ref made = checked(meta->tp_alloc(meta, static_cast<Py_ssize_t>(order.size())));
  auto* heap = reinterpret_cast<PyHeapTypeObject*>(made.get());
  PyTypeObject* type = &heap->ht_type;
  // The collector and the deallocator may see it from here on.
  type->tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HEAPTYPE | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC;
  type->tp_dict = Ref::share(ns).release();
  type->tp_bases = Ref(bases).release();
  Py_INCREF(parent);
  type->tp_base = parent;
  heap->ht_name = Ref::share(name).release();
  heap->ht_qualname = Ref::share(name).release();
  type->tp_name = PyUnicode_AsUTF8(name);
  if (type->tp_name == nullptr) throw PythonError();

  type->tp_as_async = &heap->as_async;
  type->tp_as_number = &heap->as_number;
  type->tp_as_sequence = &heap->as_sequence;
  type->tp_as_mapping = &heap->as_mapping;
  type->tp_as_buffer = &heap->as_buffer;
  type->tp_basicsize = parent->tp_basicsize;
  type->tp_alloc = PyType_GenericAlloc;
  type->tp_free = PyObject_GC_Del;
  type->tp_traverse = traverse_instance;
  type->tp_clear = learned.clear;
  type->tp_dealloc = deallocate_instance;
  type->tp_init = learned.init;
  if (!order.empty()) add_members(heap, ns, order);
  learn(type, chosen, order);
  checked_status(PyType_Ready(type));
  if (type->tp_iternext == nullptr) type->tp_iternext = learned.iternext;
  type->tp_members = members_of(heap);
  type->tp_vectorcall = construct;
  use_slot(type, false);
  return made;
}

}  // namespace fastthrift::python::payload
