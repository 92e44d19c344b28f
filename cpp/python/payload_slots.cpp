#include "python/payload_slots.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "python/payload_type.hpp"

namespace fastthrift::python::payload {
namespace {

struct Names {
  PyObject *dict = PyUnicode_InternFromString("__dict__"), *slots = PyUnicode_InternFromString("__slots__");
  std::array<PyObject*, 5> reserved = {
      PyUnicode_InternFromString("thrift_spec"), PyUnicode_InternFromString("default_spec"),
      PyUnicode_InternFromString("_tspec"), PyUnicode_InternFromString("_ttype"),
      PyUnicode_InternFromString("oneway")};
};
const Names& names() {
  static const Names interned;
  return interned;
}

bool is_reserved(PyObject* interned) {
  const auto& all = names().reserved;
  return std::find(all.begin(), all.end(), interned) != all.end();
}

bool is_identifier(std::string_view name) {
  const auto is_letter = [](unsigned char c) {
    return static_cast<unsigned>((c | 0x20) - 'a') < 26 || c == '_';
  };
  return !name.empty() && is_letter(name.front()) &&
         std::all_of(name.begin() + 1, name.end(),
                     [&](unsigned char c) { return is_letter(c) || static_cast<unsigned>(c - '0') < 10; });
}

// PyUnicode_IsIdentifier, which asks Unicode's tables for each letter.
bool is_identifier(PyObject* name) {
  if (!PyUnicode_IS_COMPACT_ASCII(name)) return PyUnicode_IsIdentifier(name) != 0;
  return is_identifier(std::string_view(reinterpret_cast<const char*>(PyUnicode_1BYTE_DATA(name)),
                                        static_cast<std::size_t>(PyUnicode_GET_LENGTH(name))));
}

// A name that attribute access could not tell from something else stays in the instance's dict, where it
// behaves as thriftpy2's fields do.
bool can_be_slot(PyObject* name, PyObject* bases, PyObject* ns) {
  if (!PyUnicode_CheckExact(name) || !is_identifier(name)) return false;
  if (PyUnicode_GET_LENGTH(name) >= 2 && PyUnicode_READ_CHAR(name, 0) == '_' &&
      PyUnicode_READ_CHAR(name, 1) == '_') {
    return false;
  }
  if (is_reserved(name) || PyDict_GetItemWithError(ns, name) != nullptr) return false;
  if (PyObject* own = PyDict_GetItemWithError(ns, names().slots)) {
    const int has_it =
        PyUnicode_Check(own) ? PyUnicode_Compare(own, name) == 0 : PySequence_Contains(own, name);
    if (has_it != 0) return false;
  }
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(bases); ++i) {
    PyObject* base = PyTuple_GET_ITEM(bases, i);
    if (_PyType_Lookup(reinterpret_cast<PyTypeObject*>(base), name) != nullptr) return false;
  }
  return true;
}

// The field names of a class body, those of default_spec first: that is the order in which __init__ sets
// them.
std::vector<Ref> field_names(PyObject* thrift_spec, PyObject* initializer) {
  std::vector<Ref> found;
  if (initializer != nullptr) {
    for (const Ref& name : names_of(initializer)) found.push_back(name);
  }
  if (thrift_spec == nullptr || !PyDict_Check(thrift_spec)) return found;
  Py_ssize_t position = 0;
  PyObject *key, *value;
  while (PyDict_Next(thrift_spec, &position, &key, &value)) {
    if (!PyTuple_Check(value) || PyTuple_GET_SIZE(value) < 2) continue;
    PyObject* name = PyTuple_GET_ITEM(value, 1);
    if (!PyUnicode_CheckExact(name)) continue;
    Py_INCREF(name);
    PyUnicode_InternInPlace(&name);
    found.push_back(Ref::steal(name));
  }
  return found;
}

}  // namespace

bool bases_take_slots(PyObject* bases) {
  bool has_struct = false;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(bases); ++i) {
    PyObject* each = PyTuple_GET_ITEM(bases, i);
    if (!PyType_Check(each)) return false;
    auto* type = reinterpret_cast<PyTypeObject*>(each);
    if (is_payload_type(type)) {
      if (!data_of(type).is_struct) return false;
      has_struct = true;
      continue;
    }
    for (; type != nullptr && type != &PyBaseObject_Type; type = type->tp_base) {
      if (!PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE)) return false;
    }
  }
  return has_struct;
}

std::vector<Ref> slot_names(PyObject* thrift_spec, PyObject* initializer, PyObject* bases, PyObject* ns) {
  // An initializer has no name twice.
  const Ref seen = thrift_spec == nullptr ? Ref() : checked(PySet_New(nullptr));
  std::vector<Ref> chosen;
  for (Ref& name : field_names(thrift_spec, initializer)) {
    if (!can_be_slot(name.get(), bases, ns)) {
      if (PyErr_Occurred()) throw PythonError();
      continue;
    }
    const Py_ssize_t before = seen ? PySet_GET_SIZE(seen.get()) : 0;
    if (seen) checked_status(PySet_Add(seen.get(), name.get()));
    if (!seen || PySet_GET_SIZE(seen.get()) != before) chosen.push_back(std::move(name));
  }
  return chosen;
}

SlotRule::SlotRule() {
  for (PyObject* name : names().reserved) taken_.emplace_back(PyUnicode_AsUTF8(name));
  // Of object's own attributes none is such a name.
  Py_ssize_t position = 0;
  PyObject *key, *value;
  while (PyDict_Next(base()->tp_dict, &position, &key, &value)) {
    const char* text = PyUnicode_Check(key) ? PyUnicode_AsUTF8(key) : "";
    if (text == nullptr) throw PythonError();
    if (is_name(text)) taken_.emplace_back(text);
  }
}

bool SlotRule::is_name(std::string_view name) { return is_identifier(name) && name.substr(0, 2) != "__"; }

bool SlotRule::is_slot(std::string_view name) const {
  return is_name(name) && std::find(taken_.begin(), taken_.end(), name) == taken_.end();
}

Ref add_slots(PyObject* ns, const std::vector<Ref>& chosen, bool takes_slots) {
  PyObject* own = PyDict_GetItemWithError(ns, names().slots);
  if (own == nullptr && PyErr_Occurred()) throw PythonError();
  Ref kept = Ref::share(own);
  if (!takes_slots) return kept;
  Ref all = checked(PyList_New(0));
  if (own != nullptr) {
    if (PyUnicode_Check(own))
      checked_status(PyList_Append(all.get(), own));
    else
      checked(PyObject_CallMethod(all.get(), "extend", "(O)", own));
  }
  for (const Ref& name : chosen) checked_status(PyList_Append(all.get(), name.get()));
  Ref tuple = checked(PyList_AsTuple(all.get()));
  checked_status(PyDict_SetItem(ns, names().slots, tuple.get()));
  return kept;
}

void tidy_namespace(PyTypeObject* type, const Ref& own, bool takes_slots) {
  // An ordinary class before the struct among the bases has a `__dict__` that knows nothing of slots.
  PyObject* view = _PyType_Lookup(base(), names().dict);
  const bool hides_view = data_of(type).is_struct && _PyType_Lookup(type, names().dict) != view;
  if (!takes_slots && !hides_view) return;
#if PY_VERSION_HEX >= 0x030C0000
  Ref ns = Ref::steal(PyType_GetDict(type));
#else
  Ref ns = Ref::share(type->tp_dict);
#endif
  if (hides_view) checked_status(PyDict_SetItem(ns.get(), names().dict, view));
  if (takes_slots) {
    checked_status(own ? PyDict_SetItem(ns.get(), names().slots, own.get())
                       : PyDict_DelItem(ns.get(), names().slots));
  }
  PyType_Modified(type);
}

}  // namespace fastthrift::python::payload
