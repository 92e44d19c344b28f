#include "python/payload_class.hpp"

#include "python/payload_body.hpp"
#include "python/payload_slots.hpp"
#include "python/payload_type.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <structmember.h>
#include <utility>
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

struct Names {
  PyObject *module = PyUnicode_InternFromString("__module__"), *doc = PyUnicode_InternFromString("__doc__"),
           *init = PyUnicode_InternFromString("__init__"),
           *thrift_spec = PyUnicode_InternFromString("thrift_spec"),
           *default_spec = PyUnicode_InternFromString("default_spec");
};
const Names& names() {
  static const Names interned;
  return interned;
}

// Whether type() would find nothing more to do than is done here.
bool is_untouched(PyTypeObject* base) {
  static PyObject* const name = PyUnicode_InternFromString("__init_subclass__");
  static PyObject* const original = Ref::share(_PyType_Lookup(base, name)).release();
  return is_set_plainly(base) && _PyType_Lookup(base, name) == original;
}

bool can_make() {
#if PY_VERSION_HEX >= 0x030F0000 || defined(PYPY_VERSION) || defined(Py_GIL_DISABLED)
  return false;
#endif
  return learned.init != nullptr && is_untouched(base());
}

// The first instance of an outline, whoever makes it.
PyObject* allocate_first(PyTypeObject* type, Py_ssize_t items) {
  return guarded<PyObject*>(nullptr, [&] {
    data_of(type);
    return PyType_GenericAlloc(type, items);
  });
}

// A class of somebody's metaclass that has gone past TPayloadMeta was made before its base had an `__init__`.
void update_subclasses(PyTypeObject* type, PyObject* initializer) {
  checked_status(PyType_Type.tp_setattro(reinterpret_cast<PyObject*>(type), names().init, initializer));
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

// The members and what is to be put into the namespace for them, which nobody sees yet.
void add_members(PyHeapTypeObject* heap, PyObject* into, const std::vector<PyObject*>& slots) {
  PyTypeObject* type = &heap->ht_type;
  PyMemberDef* member = members_of(heap);
  Py_ssize_t offset = type->tp_base->tp_basicsize;
  for (PyObject* name : slots) {
    member->name = PyUnicode_AsUTF8(name);  // lives as long as the string
    if (member->name == nullptr) throw PythonError();
    member->type = T_OBJECT_EX;
    member->offset = offset;
    offset += static_cast<Py_ssize_t>(sizeof(PyObject*));
    checked_status(PyDict_SetItem(into, name, member_descriptor(type, name, member).get()));
    ++member;
  }
}

Ref tuple_of(const std::vector<PyObject*>& names) {
  Ref made = checked(PyTuple_New(static_cast<Py_ssize_t>(names.size())));
  for (std::size_t i = 0; i < names.size(); ++i) {
    Py_INCREF(names[i]);
    PyTuple_SET_ITEM(made.get(), static_cast<Py_ssize_t>(i), names[i]);
  }
  return made;
}

void learn(ClassData& data, const std::vector<Ref>& chosen, const std::vector<PyObject*>& order) {
  data.is_made = data.is_struct = true;
  data.new_slots = chosen;
  data.slots.reserve(chosen.size());
  for (const Ref& name : chosen) {
    const auto at = std::find(order.begin(), order.end(), name.get()) - order.begin();
    data.slots.push_back({name, first_slot + at * static_cast<Py_ssize_t>(sizeof(PyObject*))});
  }
}

// A class whose namespace is `ns` and whose data comes with the body.
Ref make_class_object(PyObject* name, PyObject* ns, std::size_t slots, PyObject* bound_schema,
                      std::uint32_t index) {
  PyTypeObject* parent = base();
  const Ref bases = checked(PyTuple_Pack(1, reinterpret_cast<PyObject*>(parent)));
  const Ref made = checked(PyType_GenericAlloc(metaclass(), static_cast<Py_ssize_t>(slots)));
  auto* heap = reinterpret_cast<PyHeapTypeObject*>(made.get());
  PyTypeObject* type = &heap->ht_type;
  reinterpret_cast<PayloadType*>(heap)->bound_schema = Ref::share(bound_schema).release();
  reinterpret_cast<PayloadType*>(heap)->index = index;
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
  type->tp_basicsize = parent->tp_basicsize + static_cast<Py_ssize_t>(slots * sizeof(PyObject*));
  type->tp_alloc = allocate_first;
  type->tp_free = PyObject_GC_Del;
  type->tp_traverse = traverse_instance;
  type->tp_clear = learned.clear;
  type->tp_dealloc = deallocate_instance;
  checked_status(PyType_Ready(type));  // which would wrap a tp_init for a namespace without `__init__`
  type->tp_init = learned.init;
  if (type->tp_iternext == nullptr) type->tp_iternext = learned.iternext;
  type->tp_vectorcall = construct;
  use_slot(type, false);
  return made;
}

// Nothing in here can run Python code, so that nobody meets a class with half of its body.
void give_body(PyTypeObject* type, Ref ns, std::unique_ptr<ClassData> data, Ref slots) {
  auto* heap = reinterpret_cast<PyHeapTypeObject*>(type);
  auto* self = reinterpret_cast<PayloadType*>(type);
  Ref ns_before = Ref::steal(std::exchange(type->tp_dict, ns.release()));
  Ref slots_before = Ref::steal(std::exchange(heap->ht_slots, slots.release()));
  type->tp_members = members_of(heap);
  type->tp_alloc = PyType_GenericAlloc;
  self->data = data.release();
  PyType_Modified(type);
  self->index = 0;
  Ref schema_before = Ref::steal(std::exchange(self->bound_schema, nullptr));
}

// `ns` is what a class statement would give to type(), without the slots.
void finish_body(PyTypeObject* type, PyObject* ns, const std::vector<Ref>& chosen,
                 const std::vector<PyObject*>& order) {
  auto* self = reinterpret_cast<PayloadType*>(type);
  auto data = std::make_unique<ClassData>();
  learn(*data, chosen, order);
  Ref slots = order.empty() ? Ref() : tuple_of(order);
  const Ref whole = Ref::share(ns);
  PyObject* const schema = self->bound_schema;
  add_members(reinterpret_cast<PyHeapTypeObject*>(type), whole.get(), order);
  if (PyDict_SetDefault(whole.get(), names().doc, Py_None) == nullptr) throw PythonError();
  if (self->bound_schema != schema) return;  // another thread was faster
  // What somebody has set before the body came stays.
  if (schema != nullptr) checked_status(PyDict_Update(whole.get(), type->tp_dict));
  give_body(type, whole, std::move(data), std::move(slots));
}

}  // namespace

void learn_from(PyTypeObject* made) {
  if (made->tp_base == base() && base()->tp_iternext == nullptr) {
    learned = {made->tp_init, made->tp_clear, made->tp_iternext};
  }
}

Ref make_struct_class(PyObject* name, PyObject* ns, PyObject* initializer) {
  if (!can_make()) return Ref();
  const Ref bases = checked(PyTuple_Pack(1, reinterpret_cast<PyObject*>(base())));
  const std::vector<Ref> chosen = slot_names(nullptr, initializer, bases.get(), ns);
  const std::vector<PyObject*> order = sorted(chosen);
  Ref made = make_class_object(name, checked(PyDict_New()).get(), order.size(), nullptr, 0);
  auto* type = reinterpret_cast<PyTypeObject*>(made.get());
  finish_body(type, ns, chosen, order);
  return made;
}

Ref make_outline(PyObject* name, PyObject* module_name, PyObject* doc, std::size_t slots,
                 PyObject* bound_schema, std::uint32_t index) {
  if (!can_make()) return Ref();
  const Ref ns = checked(PyDict_New());
  checked_status(PyDict_SetItem(ns.get(), names().module, module_name));
  if (doc != nullptr) checked_status(PyDict_SetItem(ns.get(), names().doc, doc));
  return make_class_object(name, ns.get(), slots, bound_schema, index);
}

void complete(PyTypeObject* type) {
  auto* heap = reinterpret_cast<PyHeapTypeObject*>(type);
  auto* self = reinterpret_cast<PayloadType*>(type);
  const Ref keep = Ref::share(self->bound_schema);
  const Body body = bodies_in(keep.get()).body_of(self->index);
  const Ref ns = checked(PyDict_Copy(body.attributes.get()));
  checked_status(PyDict_SetItem(ns.get(), names().module, bodies_in(keep.get()).module_name()));
  checked_status(PyDict_SetItem(ns.get(), names().thrift_spec, body.thrift_spec.get()));
  checked_status(PyDict_SetItem(ns.get(), names().default_spec, body.default_spec.get()));
  const Ref initializer = make_initializer(heap->ht_name, body.default_spec.get());
  checked_status(PyDict_SetItem(ns.get(), names().init, initializer.get()));
  // Making all this may let another thread run.
  if (self->bound_schema == nullptr) return;
  finish_body(type, ns.get(), body.slots, sorted(body.slots));
  if (type->tp_subclasses != nullptr) update_subclasses(type, initializer.get());
}

}  // namespace fastthrift::python::payload
