#include "python/payload_type.hpp"

#include "python/module.hpp"
#include "python/recursion.hpp"

#include <algorithm>
#include <utility>

// What a payload object is by value: its equality and its hash.
namespace fastthrift::python::payload {
namespace {

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

bool have_equal_values(PyObject* self, PyObject* other) {
  Recursion guard(" in comparing structs");
  if (Py_TYPE(self) == Py_TYPE(other) && data_of(Py_TYPE(self)).is_struct) {
    ClassData& data = current(Py_TYPE(self));
    std::size_t i = 0;
    // Up to the first field that is not the same object no Python code runs.
    for (const Member& member : data.members) {
      if (member.offset == 0 || slot(self, member.offset) != slot(other, member.offset)) break;
      ++i;
    }
    for (; i < data.members.size(); ++i) {
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

PyObject* compare(PyObject* self, PyObject* other, int operation) {
  if (operation != Py_EQ && operation != Py_NE) Py_RETURN_NOTIMPLEMENTED;
  return guarded<PyObject*>(nullptr, [&]() -> PyObject* {
    if (operation == Py_NE && Py_TYPE(self)->tp_richcompare != compare) return differs(self, other);
    const bool same = PyObject_TypeCheck(other, Py_TYPE(self)) && have_equal_values(self, other);
    return PyBool_FromLong(same == (operation == Py_EQ));
  });
}

}  // namespace fastthrift::python::payload
