#include "python/payload_class.hpp"
#include "python/payload_type.hpp"

#include <structmember.h>
#include <utility>
#include <vector>

// What is known of a payload class: its slots when it is made, everything that users may change at first use.
namespace fastthrift::python::payload {
namespace {

struct Names {
  PyObject *init = PyUnicode_InternFromString("__init__"), *new_ = PyUnicode_InternFromString("__new__"),
           *setattr = PyUnicode_InternFromString("__setattr__"),
           *delattr = PyUnicode_InternFromString("__delattr__"), *read = PyUnicode_InternFromString("read"),
           *write = PyUnicode_InternFromString("write");
};
const Names& names() {
  static const Names interned;
  return interned;
}

PyObject* frozen_setattr = nullptr;  // of immutable classes

Py_ssize_t offset_of(PyTypeObject* type, PyObject* name) {
  PyObject* found = _PyType_Lookup(type, name);
  if (found == nullptr || !Py_IS_TYPE(found, &PyMemberDescr_Type)) return 0;
  return reinterpret_cast<PyMemberDescrObject*>(found)->d_member->offset;
}

bool has_struct_layout(PyTypeObject* type) {
  for (; type != nullptr; type = type->tp_base) {
    if (type == base()) return true;
  }
  return false;
}

}  // namespace

// What a class that is complete but for its last touches has for slots; an outline gets its body first.
ClassData& learn_slots(PyTypeObject* type) {
  auto* self = reinterpret_cast<PayloadType*>(type);
  if (self->bound_schema != nullptr) {
    complete(type);
    return *self->data;
  }
  if (self->data == nullptr) self->data = new ClassData;  // made by type.__new__ of a user's metaclass
  ClassData& data = *self->data;
  if (type->tp_mro == nullptr) return data;  // not even that
  for (Py_ssize_t i = 1; i < PyTuple_GET_SIZE(type->tp_mro); ++i) {
    auto* each = reinterpret_cast<PyTypeObject*>(PyTuple_GET_ITEM(type->tp_mro, i));
    if (is_payload_type(each)) data_of(each);
  }
  data.is_made = true;
  data.version = 0;
  data.is_struct = has_struct_layout(type);
  if (!data.is_struct) return data;
  if (is_payload_type(type->tp_base)) data.slots = data_of(type->tp_base).slots;
  for (const Ref& name : data.new_slots) {
    if (Py_ssize_t offset = offset_of(type, name.get())) data.slots.push_back({name, offset});
  }
  const auto fields = static_cast<Py_ssize_t>(data.slots.size());
  data.has_user_slots =
      type->tp_basicsize != first_slot + fields * static_cast<Py_ssize_t>(sizeof(PyObject*));
  type->tp_traverse = traverse_instance;
  type->tp_dealloc = deallocate_instance;
  return data;
}

bool touch(PyTypeObject* type) {
  return guarded<bool>(false, [type] {
    data_of(type);
    return true;
  });
}

bool is_set_plainly(PyTypeObject* type) {
  return _PyType_Lookup(type, names().setattr) == default_setattr() &&
         _PyType_Lookup(type, names().delattr) == _PyType_Lookup(base(), names().delattr);
}

void set_frozen_setattr(PyObject* function) {
  Ref before = Ref::steal(std::exchange(frozen_setattr, Ref::share(function).release()));
}

void compile(PyTypeObject* type, ClassData& data) {
  // Looking something up gives the type a version tag if there are any left; without one it is compiled each
  // time.
  PyObject* initializer = _PyType_Lookup(type, names().init);
  PyObject* maker = _PyType_Lookup(type, names().new_);
  const unsigned int version = version_of(type);
  const bool is_ours = initializer != nullptr && is_initializer(initializer);
  data.constructs = data.is_struct && is_ours && !PyType_HasFeature(type, Py_TPFLAGS_IS_ABSTRACT) &&
                    maker == _PyType_Lookup(&PyBaseObject_Type, names().new_);
  PyObject* setter = _PyType_Lookup(type, names().setattr);
  data.is_frozen = setter != nullptr && setter == frozen_setattr;
  data.is_plain = type->tp_getattro == PyObject_GenericGetAttr && data.is_struct &&
                  (setter == default_setattr() || data.is_frozen);

  data.copies_plainly = data.is_struct && is_copied_plainly(type);
  data.reads_plainly = _PyType_Lookup(type, names().read) == _PyType_Lookup(base(), names().read);
  data.writes_plainly = _PyType_Lookup(type, names().write) == _PyType_Lookup(base(), names().write);

  Ref before = std::exchange(data.initializer, Ref());
  if (is_ours) data.initializer = Ref::share(initializer);
  for (Py_ssize_t i = 0; !data.initializer && i < PyTuple_GET_SIZE(type->tp_mro); ++i) {
    auto* each = reinterpret_cast<PyTypeObject*>(PyTuple_GET_ITEM(type->tp_mro, i));
    PyObject* own = each->tp_dict == nullptr ? nullptr : PyDict_GetItemWithError(each->tp_dict, names().init);
    if (own != nullptr && is_initializer(own)) data.initializer = Ref::share(own);
  }

  std::vector<Member> members;
  std::vector<bool> is_placed(data.slots.size(), false);
  auto add = [&](const Ref& name, Py_ssize_t offset) {
    PyObject* found = _PyType_Lookup(type, name.get());
    const bool is_direct = offset != 0 && offset_of(type, name.get()) == offset;
    // A property before the slot leaves the slot to `__dict__`; a plain class attribute leaves the name to
    // the dict, where the instance's value wins as it does with thriftpy2.
    if (offset != 0 && !is_direct && (found == nullptr || Py_TYPE(found)->tp_descr_set == nullptr))
      offset = 0;
    members.push_back({name, checked(PyUnicode_FromFormat(", %U=", name.get())), offset, is_direct});
  };
  auto slot_at = [&](PyObject* name, std::size_t expected) {
    if (expected < data.slots.size() && data.slots[expected].name.get() == name) return expected;
    for (std::size_t i = 0; i < data.slots.size(); ++i) {
      if (data.slots[i].name.get() == name) return i;
    }
    return data.slots.size();
  };
  data.fills_slots = data.constructs && data.is_plain;
  if (data.initializer) {
    for (const Ref& name : names_of(data.initializer.get())) {
      const std::size_t at = slot_at(name.get(), members.size());
      const bool is_slot = at < data.slots.size();
      if (is_slot) is_placed[at] = true;
      add(name, is_slot ? data.slots[at].offset : 0);
      if (!members.back().is_direct) data.fills_slots = false;
    }
  }
  for (std::size_t i = 0; i < data.slots.size(); ++i) {
    if (!is_placed[i]) add(data.slots[i].name, data.slots[i].offset);
  }
  data.members = std::move(members);
  data.version = version;
  ++data.generation;
}

}  // namespace fastthrift::python::payload
