#include "python/lazy_class.hpp"
#include "python/layout_compiler.hpp"
#include "python/parked.hpp"
#include "python/payload_type.hpp"

#include <utility>

// The fields and extras of an instance by name, past all descriptors; and the layouts of classes.
namespace fastthrift::python::payload {
namespace {

const Member* member_named(ClassData& data, PyObject* name) {
  for (const Member& member : data.members) {
    if (member.name.get() == name) return &member;
  }
  for (const Member& member : data.members) {
    if (PyUnicode_Check(name) && PyUnicode_Compare(member.name.get(), name) == 0) return &member;
  }
  return nullptr;
}

}  // namespace

PyObject* get(PyObject* self, PyObject* name) {
  if (!PyUnicode_Check(name) && PyObject_Hash(name) == -1) throw PythonError();
  if (const Member* member = member_named(current(Py_TYPE(self)), name);
      member != nullptr && member->offset != 0) {
    return slot(self, member->offset);
  }
  PyObject* dict = dict_of(self);
  PyObject* value = dict == nullptr ? nullptr : PyDict_GetItemWithError(dict, name);
  if (value == nullptr && PyErr_Occurred()) throw PythonError();
  return value;
}

int set(PyObject* self, PyObject* name, PyObject* value) {
  if (value != nullptr && may_form_cycle(value) && data_of(Py_TYPE(self)).is_struct) track(self);
  if (const Member* member = member_named(current(Py_TYPE(self)), name);
      member != nullptr && member->offset != 0) {
    Ref before = Ref::steal(std::exchange(slot(self, member->offset), Ref::share(value).release()));
    if (value == nullptr && !before) {
      PyErr_SetObject(PyExc_KeyError, name);
      return -1;
    }
    return 0;
  }
  PyObject** place = dict_place(self);
  if (place == nullptr || (*place == nullptr && value == nullptr)) {
    PyErr_SetObject(PyExc_KeyError, name);
    return -1;
  }
  if (*place == nullptr && (*place = PyDict_New()) == nullptr) return -1;
  Ref dict = Ref::share(*place);
  return value == nullptr ? PyDict_DelItem(dict.get(), name) : PyDict_SetItem(dict.get(), name, value);
}

int assign(PyObject* self, PyObject* name, PyObject* value) {
  PyTypeObject* type = Py_TYPE(self);
  if (is_payload_type(type) && current(type).is_frozen) return set(self, name, value);
  return parked([&] { return PyObject_SetAttr(self, name, value); });
}

Ref value_of(PyObject* self, const Member& member) {
  if (member.offset != 0) return Ref::share(slot(self, member.offset));
  PyObject* dict = dict_of(self);
  if (dict == nullptr) return Ref();
  const Ref name = member.name;  // a key of the dict may have an `__eq__` that changes the class
  PyObject* value = PyDict_GetItemWithError(dict, name.get());
  if (value == nullptr && PyErr_Occurred()) throw PythonError();
  return Ref::share(value);
}

void fill_dict(PyObject* result, PyObject* self) {
  ClassData& data = current(Py_TYPE(self));
  if (data.is_struct) {
    for (std::size_t i = 0; i < data.members.size(); ++i) {
      const Ref value = value_of(self, data.members[i]);
      const Ref name = data.members[i].name;
      if (value) checked_status(PyDict_SetItem(result, name.get(), value.get()));
    }
  }
  PyObject* dict = dict_of(self);
  // A member in the dict keeps the place that it got above.
  if (dict != nullptr) checked_status(PyDict_Merge(result, dict, 0));
}

Ref plain_dict(PyObject* self) {
  Ref result = checked(PyDict_New());
  fill_dict(result.get(), self);
  return result;
}

int replace_all(PyObject* self, PyObject* mapping) {
  Ref items = checked(PyDict_Copy(mapping));
  ClassData& data = current(Py_TYPE(self));
  for (std::size_t i = 0; i < data.members.size(); ++i) {
    if (data.members[i].offset == 0) continue;
    Ref before = Ref::steal(std::exchange(slot(self, data.members[i].offset), nullptr));
  }
  if (PyObject** place = dict_place(self)) Ref before = Ref::steal(std::exchange(*place, nullptr));
  Py_ssize_t position = 0;
  PyObject *name, *value;
  while (PyDict_Next(items.get(), &position, &name, &value)) checked_status(set(self, name, value));
  return 0;
}

// Extras: what the lazy dict has beyond the members.
Ref extras_of(PyObject* self, ClassData& data) {
  PyObject* dict = dict_of(self);
  if (dict == nullptr || PyDict_GET_SIZE(dict) == 0) return Ref();
  Ref items = checked(PyDict_Copy(dict));
  for (std::size_t i = 0; i < data.members.size(); ++i) {
    const Ref name = data.members[i].name;
    const int has = PyDict_Contains(items.get(), name.get());
    checked_status(has);
    if (has) checked_status(PyDict_DelItem(items.get(), name.get()));
  }
  return items;
}

namespace {

#if PY_VERSION_HEX >= 0x030C0000
int watcher = -1;

int spec_changed(PyDict_WatchEvent, PyObject*, PyObject*, PyObject*) {
  ++watched_spec_changes;
  return 0;
}

void watch(PyObject* spec) {
  if (watcher < 0) checked_status(watcher = PyDict_AddWatcher(spec_changed));
  checked_status(PyDict_Watch(watcher, spec));
}
#else
void watch(PyObject*) {}
#endif

}  // namespace

#if PY_VERSION_HEX >= 0x030C0000
std::uint64_t watched_spec_changes = 0;
#endif

const Layout& layout_of(PyTypeObject* type) {
  if (const Layout* layout = current_layout(type)) [[likely]]
    return *layout;
  ClassData& data = data_of(type);
  Ref spec = checked(PyObject_GetAttrString(reinterpret_cast<PyObject*>(type), "thrift_spec"));
  if (PyDict_Check(spec.get())) watch(spec.get());
  current(type);
  const unsigned int version = version_of(type);
  const std::uint64_t* version_now =
      PyDict_Check(spec.get()) ? version_in(spec.get()) : &ClassData::unchanging;
  const std::uint64_t spec_was = *version_now;
  std::unique_ptr<Layout> made = Layout::compile(type, spec.get());
  LayoutUse::retire(std::exchange(data.layout, std::move(made)));
  Ref before = std::exchange(data.spec, std::move(spec));
  data.layout_version = version;
  data.spec_version = spec_was;
  data.spec_version_now = version_now;
  return *data.layout;
}

const Layout& layout_of_object(PyObject* object, std::unique_ptr<Layout>& keep) {
  if (is_payload_type(Py_TYPE(object))) return layout_of(Py_TYPE(object));
  Ref spec = checked(PyObject_GetAttrString(object, "thrift_spec"));
  if (PyTuple_Check(spec.get())) return layout_of_pair(Py_TYPE(object), spec.get(), keep);
  keep = Layout::compile(Py_TYPE(object), spec.get());
  return *keep;
}

int add_to(PyObject* module) {
  for (auto add : {add_keywords_to, add_spec_layout_to, add_initializer_to, add_dict_view_to,
                   add_metaclass_to, add_lazy_class_to}) {
    if (add(module) < 0) return -1;
  }
  return 0;
}

}  // namespace fastthrift::python::payload
