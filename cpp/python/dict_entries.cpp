#include "python/dict_entries.hpp"

#include "python/module.hpp"

#include <array>
#include <bit>

namespace fastthrift::python {
namespace {

#ifdef FASTTHRIFT_SEES_DICT_ENTRIES
// The table that _PyDict_NewPresized makes is a general one, with a hash in each entry. A dict of strs that
// Python makes has none: less memory, and found faster. A copy of a table that says so is of that size.
Ref roomy_dict_of_texts(Py_ssize_t room) {
  Ref general = checked(_PyDict_NewPresized(room));
  DictTable* const table = DictTable::of(general.get());
  if (table->kind != DictTable::general || table->used != 0 || table->references != 1) return general;
  auto* const inside = reinterpret_cast<PyDictObject*>(general.get());
  table->kind = DictTable::texts;
  inside->ma_used = 1;  // of an empty one no table would be copied
  PyObject* const copy = PyDict_Copy(general.get());
  inside->ma_used = 0;
  table->kind = DictTable::general;
  Ref texts = checked(copy);
  reinterpret_cast<PyDictObject*>(copy)->ma_used = 0;
  return texts;
}

// The keys of the trials: several are looked for in the same place, some ints have the same hash.
constexpr std::array<std::int64_t, 24> trials = {-1,
                                                 -2,
                                                 0,
                                                 1,
                                                 16,
                                                 64,
                                                 1024,
                                                 -1024,
                                                 5,
                                                 261,
                                                 517,
                                                 1 << 20,
                                                 (1 << 20) + 5,
                                                 (std::int64_t{1} << 61) - 1,
                                                 std::int64_t{1} << 61,
                                                 -(std::int64_t{1} << 61),
                                                 INT64_MAX,
                                                 INT64_MIN,
                                                 std::int64_t{1} << 32,
                                                 7,
                                                 8,
                                                 9,
                                                 10,
                                                 11};
using Keys = std::array<Ref, trials.size()>;
constexpr auto all = static_cast<Py_ssize_t>(trials.size());

Keys trial_keys(bool are_texts) {
  Keys keys;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const Ref number = checked(PyLong_FromLongLong(trials[i]));
    keys[i] = are_texts ? checked(PyObject_Str(number.get())) : number;
  }
  return keys;
}
Ref trial_value(std::size_t i) { return checked(PyLong_FromSize_t(i * 1000)); }

// As Python makes it.
Ref trial_dict(const Keys& keys) {
  Ref dict = checked(PyDict_New());
  for (std::size_t i = 0; i < keys.size(); ++i)
    checked_status(PyDict_SetItem(dict.get(), keys[i].get(), trial_value(i).get()));
  return dict;
}

// Where a key is found in the table, walking through it as dict does; -1: nowhere.
template <class Index>
Py_ssize_t found_in(DictTable* table, PyObject* key, Py_hash_t hash) {
  const auto* indices = reinterpret_cast<const Index*>(table->indices());
  const std::size_t mask = (std::size_t{1} << table->log2_size) - 1;
  auto perturb = static_cast<std::size_t>(hash);
  std::size_t at = perturb & mask;
  for (std::size_t n = 0; n <= 64 + mask; ++n) {
    const auto index = static_cast<Py_ssize_t>(indices[at]);
    if (index < -2 || index >= table->used || index == -1) return -1;
    if (index >= 0 && table->first_key()[static_cast<std::size_t>(index) * table->step()] == key)
      return index;
    perturb >>= 5;
    at = (at * 5 + perturb + 1) & mask;
  }
  return -1;
}

// Whether a dict to which all were added, and of which some were deleted, is as the header says.
bool is_as_said(PyObject* dict, DictTable::Kind kind) {
  DictTable* const table = DictTable::of(dict);
  if (DictTable::is_split(dict) || table->references != 1 || table->kind != kind || table->log2_size < 3 ||
      table->log2_size > 12 || table->log2_index_bytes != table->log2_size + table->log2_index_size() ||
      table->used != all || table->used + table->usable != table->most()) {
    return false;
  }
  PyObject *key = nullptr, *value = nullptr, *own_key = nullptr, *own_value = nullptr;
  DictPairs pairs(dict, 0);
  for (Py_ssize_t position = 0; PyDict_Next(dict, &position, &key, &value) != 0;) {
    if (!pairs.next(own_key, own_value) || own_key != key || own_value != value ||
        pairs.position() != position) {
      return false;
    }
    const Py_hash_t hash = PyObject_Hash(key);
    std::int64_t number = 0;
    if (kind == DictTable::general) {
      const PyObject* const kept = table->entries()[static_cast<std::size_t>(position - 1) * table->step()];
      if (reinterpret_cast<Py_hash_t>(kept) != hash || !small_integer(key, number) || hash_of(number) != hash)
        return false;
    } else if (reinterpret_cast<PyASCIIObject*>(key)->hash != hash) {
      return false;
    }
    const Py_ssize_t found = table->log2_index_size() == 0 ? found_in<std::int8_t>(table, key, hash)
                                                           : found_in<std::int16_t>(table, key, hash);
    if (found != position - 1) return false;
  }
  return !pairs.next(own_key, own_value);
}

bool are_alike(PyObject* one, PyObject* other) {
  Py_ssize_t position = 0, other_position = 0;
  PyObject *key = nullptr, *value = nullptr, *other_key = nullptr, *other_value = nullptr;
  while (PyDict_Next(one, &position, &key, &value) != 0) {
    if (PyDict_Next(other, &other_position, &other_key, &other_value) == 0 ||
        PyObject_RichCompareBool(key, other_key, Py_EQ) != 1) {
      return false;
    }
  }
  return PyDict_GET_SIZE(one) == PyDict_GET_SIZE(other) && PyObject_RichCompareBool(one, other, Py_EQ) == 1 &&
         PyObject_RichCompareBool(other, one, Py_EQ) == 1;
}

// Whether Python takes a dict to which pairs were added in its memory for one of its own, and goes on with
// it.
template <bool are_texts>
bool places_as_python(const Keys& keys, std::uint32_t room) {
  const Ref expected = trial_dict(keys), dict = new_dict(room, room, are_texts);
  {
    NewPairs<are_texts> pairs(dict.get());
    const auto put = [&](std::size_t i, std::size_t value) {
      const Ref own = trial_value(value);
      pairs.put(Ref(keys[i]).release(), trials[i], Ref(own).release());
    };
    for (std::size_t i = 0; i < keys.size(); ++i) put(i, i % 2 == 0 ? i : 0);
    for (std::size_t i = 1; i < keys.size(); i += 2) put(i, i);  // which are there already
  }
  if (!is_as_said(dict.get(), are_texts ? DictTable::texts : DictTable::general) ||
      !are_alike(dict.get(), expected.get())) {
    return false;
  }
  for (PyObject* each : {dict.get(), expected.get()}) {
    for (std::size_t i = 0; i < keys.size(); i += 3) checked_status(PyDict_DelItem(each, keys[i].get()));
    for (std::size_t i = 0; i < keys.size(); i += 6) {
      checked_status(PyDict_SetItem(each, keys[i].get(), Py_None));
    }
    checked_status(PyDict_SetItem(each, Py_None, Py_None));
  }
  return are_alike(dict.get(), expected.get());
}

template <bool are_texts>
bool are_as_said() {
  const Keys keys = trial_keys(are_texts);
  const Ref dict = trial_dict(keys);
  for (std::size_t i = 0; i < keys.size(); i += 4) checked_status(PyDict_DelItem(dict.get(), keys[i].get()));
  return is_as_said(dict.get(), are_texts ? DictTable::texts : DictTable::general) &&
         places_as_python<are_texts>(keys, 0) && places_as_python<are_texts>(keys, keys.size()) &&
         places_as_python<are_texts>(keys, 100);
}

bool see_dict_entries() {
  sees_dict_entries = true;
  try {
    sees_dict_entries = are_as_said<false>() && are_as_said<true>();
  } catch (const PythonError&) {
    sees_dict_entries = false;
  }
  PyErr_Clear();
  return sees_dict_entries;
}
#else
bool see_dict_entries() { return false; }
#endif

PyObject* see(PyObject*, PyObject* on) {
  const int is_on = PyObject_IsTrue(on);
  if (is_on < 0) return nullptr;
  if (is_on == 0) sees_dict_entries = false;
  return PyBool_FromLong(is_on != 0 && see_dict_entries());
}

PyMethodDef functions[] = {
    {"_see_dict_entries", see, METH_O,
     "_see_dict_entries(on)\n\nWhether maps are read and written in the memory of dicts; False where Python "
     "has to be asked. For tests."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

Ref new_dict(std::uint32_t size, std::size_t sure, bool has_text_keys) {
#if PY_VERSION_HEX < 0x030D0000 && !defined(PYPY_VERSION) || defined(FASTTHRIFT_SEES_DICT_ENTRIES)
  constexpr std::size_t ahead = 1024;
  const std::size_t needed = std::min<std::size_t>(size, std::max(ahead, sure));
  if (needed > 5) {
    // Where these just fit Python's estimate is a table of twice the size.
    const bool is_full = std::has_single_bit((needed * 3 + 1) / 2);
    const auto room = static_cast<Py_ssize_t>(is_full ? needed - 1 : needed);
#ifdef FASTTHRIFT_SEES_DICT_ENTRIES
    if (has_text_keys && sees_dict_entries) return roomy_dict_of_texts(room);
#endif
    return checked(_PyDict_NewPresized(room));
  }
#else
  (void)size, (void)sure;
#endif
  (void)has_text_keys;
  return checked(PyDict_New());
}

namespace dict_entries {

int add_to(PyObject* module) {
  see_dict_entries();
  return PyModule_AddFunctions(module, functions);
}

}  // namespace dict_entries
}  // namespace fastthrift::python
