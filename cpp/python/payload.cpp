#include "python/payload_type.hpp"

#include "python/module.hpp"
#include "python/recursion.hpp"

#include <algorithm>
#include <utility>

// What a payload object is by value: its fields by name, its equality, its hash, its text. And the layouts of
// classes.
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

// --- hash ---

std::size_t mixed(
    std::size_t hash) {  // as frozenset mixes: what is combined without an order must not cancel out
  return ((hash ^ 89869747UL) ^ (hash << 16)) * 3644798167UL;
}

std::size_t frozen_hash(PyObject* value);

// A dict by its items in any order.
std::size_t dict_hash(PyObject* dict) {
  std::size_t combined = 1927868237UL;
  Ref items = checked(PyDict_Items(dict));  // hashing can run Python, which can change the dict
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(items.get()); ++i) {
    PyObject* pair = PyList_GET_ITEM(items.get(), i);
    combined ^= mixed(frozen_hash(PyTuple_GET_ITEM(pair, 0)) * 31 + frozen_hash(PyTuple_GET_ITEM(pair, 1)));
  }
  return combined;
}

// Lists, sets and dicts by value, so that structs that are equal have equal hashes. Everything else hashes
// itself.
std::size_t frozen_hash(PyObject* value) {
  if (PyUnicode_CheckExact(value) || PyLong_CheckExact(value) || value == Py_None) {
    return static_cast<std::size_t>(PyObject_Hash(value));
  }
  Recursion guard(" in the hash of a struct");
  if (PyList_Check(value) || PyTuple_Check(value)) {
    std::size_t combined = 0x345678UL;
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(value); ++i) {
      Ref item = Ref::share(PySequence_Fast_GET_ITEM(value, i));
      combined = combined * 1000003UL + mixed(frozen_hash(item.get()));
    }
    return combined;
  }
  if (PyDict_Check(value)) return dict_hash(value);
  if (PyAnySet_Check(value)) {
    std::size_t combined = 590923713UL;
    Ref items = checked(PySequence_List(value));
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(items.get()); ++i) {
      combined ^= mixed(frozen_hash(PyList_GET_ITEM(items.get(), i)));
    }
    return combined;
  }
  const Py_hash_t hash = PyObject_Hash(value);
  if (hash == -1) throw PythonError();
  return static_cast<std::size_t>(hash);
}

// --- text ---

// A string that grows; 3.14 has a public writer and keeps the older one only for a while.
class Writer {
 public:
#if PY_VERSION_HEX >= 0x030E0000
  Writer() : writer_(PyUnicodeWriter_Create(0)) {
    if (writer_ == nullptr) throw PythonError();
  }
  ~Writer() { PyUnicodeWriter_Discard(writer_); }
  void add(PyObject* text) { checked_status(PyUnicodeWriter_WriteStr(writer_, text)); }
  void add(char character) {
    checked_status(PyUnicodeWriter_WriteChar(writer_, static_cast<Py_UCS4>(character)));
  }
  PyObject* text() { return PyUnicodeWriter_Finish(std::exchange(writer_, nullptr)); }
#else
  Writer() {
    _PyUnicodeWriter_Init(&writer_);
    writer_.overallocate = 1;
    writer_.min_length = 64;
  }
  ~Writer() { _PyUnicodeWriter_Dealloc(&writer_); }
  void add(PyObject* text) { checked_status(_PyUnicodeWriter_WriteStr(&writer_, text)); }
  void add(char character) {
    checked_status(_PyUnicodeWriter_WriteChar(&writer_, static_cast<Py_UCS4>(character)));
  }
  PyObject* text() {
    PyObject* text = _PyUnicodeWriter_Finish(&writer_);
    _PyUnicodeWriter_Init(&writer_);
    return text;
  }
#endif
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

 private:
#if PY_VERSION_HEX >= 0x030E0000
  PyUnicodeWriter* writer_;
#else
  _PyUnicodeWriter writer_;
#endif
};

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

PyObject* text_of(PyObject* self) {
  ClassData& data = current(Py_TYPE(self));
  Writer writer;
  writer.add(name_of(Py_TYPE(self)));
  writer.add('(');
  bool is_first = true;
  auto add_field = [&](const Ref& prefix, PyObject* value) {
    Ref text = checked(PyObject_Repr(value));
    if (is_first) {
      writer.add(checked(PyUnicode_Substring(prefix.get(), 2, PY_SSIZE_T_MAX)).get());
    } else {
      writer.add(prefix.get());
    }
    is_first = false;
    writer.add(text.get());
  };
  if (data.is_struct) {
    for (std::size_t i = 0; i < data.members.size(); ++i) {
      const Ref value = value_of(self, data.members[i]);
      const Ref prefix = data.members[i].prefix;
      if (value) add_field(prefix, value.get());
    }
  }
  Ref extras = data.is_struct ? extras_of(self, data) : plain_dict(self);
  if (extras) {
    Ref items = checked(PyDict_Items(extras.get()));
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(items.get()); ++i) {
      PyObject* pair = PyList_GET_ITEM(items.get(), i);
      add_field(checked(PyUnicode_FromFormat(", %S=", PyTuple_GET_ITEM(pair, 0))), PyTuple_GET_ITEM(pair, 1));
    }
  }
  writer.add(')');
  return writer.text();
}

// --- equality ---

bool have_equal_values(PyObject* self, PyObject* other) {
  Recursion guard(" in comparing structs");
  if (Py_TYPE(self) == Py_TYPE(other) && data_of(Py_TYPE(self)).is_struct) {
    ClassData& data = current(Py_TYPE(self));
    for (std::size_t i = 0; i < data.members.size(); ++i) {
      const Py_ssize_t offset = data.members[i].offset;
      if (offset != 0 && slot(self, offset) == slot(other, offset)) continue;
      const Ref left = value_of(self, data.members[i]);
      const Ref right = value_of(other, data.members[i]);
      if (left.get() == right.get()) continue;
      if (!left || !right) return false;
      const int same = PyObject_RichCompareBool(left.get(), right.get(), Py_EQ);
      checked_status(same);
      if (same == 0) return false;
    }
    if (dict_of(self) == nullptr && dict_of(other) == nullptr) return true;
    Ref left = extras_of(self, data);
    Ref right = extras_of(other, data);
    const Py_ssize_t size = left ? PyDict_GET_SIZE(left.get()) : 0;
    if (size != (right ? PyDict_GET_SIZE(right.get()) : 0)) return false;
    if (size == 0) return true;
    const int same = PyObject_RichCompareBool(left.get(), right.get(), Py_EQ);
    checked_status(same);
    return same != 0;
  }
  Ref left = plain_dict(self);
  Ref right = plain_dict(other);
  const int same = PyObject_RichCompareBool(left.get(), right.get(), Py_EQ);
  checked_status(same);
  return same != 0;
}

// thriftpy2's `__ne__` asks `__eq__`, whoever has overridden it.
PyObject* differs(PyObject* self, PyObject* other) {
  static PyObject* name = PyUnicode_InternFromString("__eq__");
  Ref equal = checked(PyObject_CallMethodObjArgs(self, name, other, nullptr));
  if (equal.get() == Py_NotImplemented) return equal.release();
  const int truth = PyObject_IsTrue(equal.get());
  checked_status(truth);
  return PyBool_FromLong(!truth);
}

}  // namespace

Py_hash_t hash(PyObject* self) {
  return guarded<Py_hash_t>(-1, [&]() -> Py_hash_t {
    Recursion guard(" in the hash of a struct");
    ClassData& data = current(Py_TYPE(self));
    std::size_t combined =
        static_cast<std::size_t>(PyObject_Hash(reinterpret_cast<PyObject*>(Py_TYPE(self))));
    if (data.is_struct) {
      for (std::size_t i = 0; i < data.members.size(); ++i) {
        const Ref value = value_of(self, data.members[i]);
        if (value) combined = combined * 1000003UL + mixed(frozen_hash(value.get()) + i);
      }
      Ref extras = extras_of(self, data);
      if (extras && PyDict_GET_SIZE(extras.get()) > 0) combined ^= dict_hash(extras.get());
    } else {
      combined ^= dict_hash(plain_dict(self).get());
    }
    const auto result = static_cast<Py_hash_t>(combined);
    return result == -1 ? -2 : result;
  });
}

PyObject* repr(PyObject* self) {
  const int entered = Py_ReprEnter(self);
  if (entered < 0) return nullptr;
  if (entered > 0) {
    return PyUnicode_FromFormat("%U(...)", name_of(Py_TYPE(self)));
  }
  PyObject* result = guarded<PyObject*>(nullptr, [&] {
    Recursion guard(" in the repr of a struct");
    return text_of(self);
  });
  Py_ReprLeave(self);
  return result;
}

PyObject* compare(PyObject* self, PyObject* other, int operation) {
  if (operation != Py_EQ && operation != Py_NE) Py_RETURN_NOTIMPLEMENTED;
  return guarded<PyObject*>(nullptr, [&]() -> PyObject* {
    if (operation == Py_NE && Py_TYPE(self)->tp_richcompare != compare) return differs(self, other);
    const bool same = PyObject_TypeCheck(other, Py_TYPE(self)) && have_equal_values(self, other);
    return PyBool_FromLong(same == (operation == Py_EQ));
  });
}

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
  return PyObject_SetAttr(self, name, value);
}

Ref value_of(PyObject* self, const Member& member) {
  if (member.offset != 0) return Ref::share(slot(self, member.offset));
  PyObject* dict = dict_of(self);
  if (dict == nullptr) return Ref();
  PyObject* value = PyDict_GetItemWithError(dict, member.name.get());
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

// --- layouts ---

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
  for (auto add : {add_spec_layout_to, add_initializer_to, add_dict_view_to, add_metaclass_to}) {
    if (add(module) < 0) return -1;
  }
  return 0;
}

}  // namespace fastthrift::python::payload
