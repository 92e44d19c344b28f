#pragma once

#include "python/errors.hpp"
#include "python/new_object.hpp"
#include "python/number.hpp"
#include "python/ref.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/hints.hpp"

// The entries of a dict as CPython 3.11 to 3.13 lay them out: a table of indices, and behind it key and value
// of each pair in the order of insertion. Large maps are written by going through them, and read by placing
// them, which takes a third of the instructions of one call of the API for each pair. The layout is CPython's
// own affair: when the module is loaded, a few dicts that Python has made are compared to what is said here
// (dict_entries.cpp), and where they differ, as in versions and builds that are not known here, Python is
// asked for each pair.
namespace fastthrift::python {

#if defined(FASTTHRIFT_WRITES_OBJECTS) && PY_VERSION_HEX >= 0x030B0000
#define FASTTHRIFT_SEES_DICT_ENTRIES
#endif

// Whether they are as said here.
inline bool sees_dict_entries = false;

// An empty dict with room for as many items, up to a point: of those beyond `sure` most may never come.
Ref new_dict(std::uint32_t size, std::size_t sure, bool has_text_keys);

#ifdef FASTTHRIFT_SEES_DICT_ENTRIES
// What ma_keys points to. The indices follow, of 1, 2, 4 or 8 bytes each, as many as a power of two; then the
// entries. Until the dict grows, the first `used` of them have been taken; a deleted one has no value.
struct DictTable {
  enum Kind : std::uint8_t { general, texts };

  Py_ssize_t references;
  std::uint8_t log2_size;
  std::uint8_t log2_index_bytes;
  std::uint8_t kind;
  std::uint32_t version;
  Py_ssize_t usable;  // entries that are still free
  Py_ssize_t used;

  static DictTable* of(PyObject* dict) {
    return reinterpret_cast<DictTable*>(reinterpret_cast<PyDictObject*>(dict)->ma_keys);
  }
  // A table whose values lie elsewhere: the `__dict__` of an instance.
  static bool is_split(PyObject* dict) { return reinterpret_cast<PyDictObject*>(dict)->ma_values != nullptr; }

  std::uint8_t* indices() { return reinterpret_cast<std::uint8_t*>(this + 1); }
  // Of entries: the hash (only in a general table), the key, the value.
  PyObject** entries() {
    return reinterpret_cast<PyObject**>(indices() + (std::size_t{1} << log2_index_bytes));
  }
  std::size_t step() const { return kind == general ? 3 : 2; }
  PyObject** first_key() { return entries() + (kind == general ? 1 : 0); }
  unsigned log2_index_size() const { return log2_size < 8 ? 0 : log2_size < 16 ? 1 : log2_size < 32 ? 2 : 3; }
  Py_ssize_t most() const { return static_cast<Py_ssize_t>((std::size_t{2} << log2_size) / 3); }
};
#endif

// The pairs of an exact dict behind a position of PyDict_Next. No Python code may run in between: what does
// ends these, and others begin at `position`.
class DictPairs {
 public:
  DictPairs(PyObject* dict, Py_ssize_t position) : dict_(dict), position_(position) {
#ifdef FASTTHRIFT_SEES_DICT_ENTRIES
    if (!sees_dict_entries || DictTable::is_split(dict)) return;
    DictTable* const table = DictTable::of(dict);
    step_ = table->step();
    first_ = table->first_key();
    at_ = first_ + static_cast<std::size_t>(std::min(position, table->used)) * step_;
    end_ = first_ + static_cast<std::size_t>(table->used) * step_;
#endif
  }

  FASTTHRIFT_INLINE bool next(PyObject*& key, PyObject*& value) {
#ifdef FASTTHRIFT_SEES_DICT_ENTRIES
    while (at_ != end_) {
      key = at_[0];
      value = at_[1];
      at_ += step_;
      if (value != nullptr) [[likely]]
        return true;
    }
    if (step_ != 0) return false;
#endif
    return PyDict_Next(dict_, &position_, &key, &value) != 0;
  }
  Py_ssize_t position() const {
#ifdef FASTTHRIFT_SEES_DICT_ENTRIES
    if (step_ != 0) return (at_ - first_) / static_cast<Py_ssize_t>(step_);
#endif
    return position_;
  }

 private:
  PyObject* dict_;
  Py_ssize_t position_;
#ifdef FASTTHRIFT_SEES_DICT_ENTRIES
  std::size_t step_ = 0;  // 0: PyDict_Next is asked
  PyObject* const* first_ = nullptr;
  PyObject* const* at_ = nullptr;
  PyObject* const* end_ = nullptr;
#endif
};

// The hash of an int, as int.__hash__ has it: what remains of the number without its sign, and never -1.
FASTTHRIFT_INLINE Py_hash_t hash_of(std::int64_t number) {
  const auto bits = static_cast<std::uint64_t>(number);
  const std::uint64_t magnitude = number < 0 ? 0 - bits : bits;
  const auto rest =
      static_cast<Py_hash_t>(magnitude < _PyHASH_MODULUS ? magnitude : magnitude % _PyHASH_MODULUS);
  const Py_hash_t hash = number < 0 ? -rest : rest;
  return hash == -1 ? -2 : hash;
}

// Adds pairs to a dict that nobody else sees: it was made here, and holds nothing that the collector tracks.
// Its keys are exact ints of 64 bits, or exact strs. `dict[key] = value` for each, in effect. While this
// lives the dict is as it was before.
template <bool are_texts>
class NewPairs {
 public:
  explicit NewPairs(PyObject* dict) : dict_(dict) {}
  NewPairs(const NewPairs&) = delete;
  NewPairs& operator=(const NewPairs&) = delete;
#ifdef FASTTHRIFT_SEES_DICT_ENTRIES
  ~NewPairs() { leave(); }
#endif

  // Takes both over. `number`: the key, where it is one. Throws PythonError: no memory.
  FASTTHRIFT_INLINE void put(PyObject* key, std::int64_t number, PyObject* value) {
#ifdef FASTTHRIFT_SEES_DICT_ENTRIES
    if (used_ != most_) [[likely]] {
      const Py_hash_t hash = are_texts ? PyUnicode_Type.tp_hash(key) : hash_of(number);
      if (log2_index_size_ == 1) return place<std::int16_t>(key, hash, number, value);
      if (log2_index_size_ == 2) return place<std::int32_t>(key, hash, number, value);
      if (log2_index_size_ == 0) return place<std::int8_t>(key, hash, number, value);
      return place<std::int64_t>(key, hash, number, value);
    }
#endif
    put_rarely(key, number, value);
  }

 private:
#ifdef FASTTHRIFT_SEES_DICT_ENTRIES
  static constexpr std::size_t step = are_texts ? 2 : 3;

  // False: there is no room in the table, or it is none for such keys.
  bool enter() {
    if (!sees_dict_entries || DictTable::is_split(dict_)) return false;
    DictTable* const table = DictTable::of(dict_);
    if (table->usable <= 0 || table->references != 1 ||
        table->kind != (are_texts ? DictTable::texts : DictTable::general) ||
        table->log2_index_bytes != table->log2_size + table->log2_index_size() ||
        table->used + table->usable > table->most()) {
      return false;
    }
    table_ = table;
    indices_ = table->indices();
    entries_ = table->entries();
    mask_ = (std::size_t{1} << table->log2_size) - 1;
    log2_index_size_ = table->log2_index_size();
    used_ = table->used;
    most_ = table->used + table->usable;
    return true;
  }
  // What was placed becomes the dict's.
  void leave() {
    if (table_ == nullptr) return;
    const Py_ssize_t more = used_ - table_->used;
    table_->used += more;
    table_->usable -= more;
    reinterpret_cast<PyDictObject*>(dict_)->ma_used += more;
    table_ = nullptr;
    used_ = most_ = 0;
  }

  template <class Index>
  FASTTHRIFT_INLINE void place(PyObject* key, Py_hash_t hash, std::int64_t number, PyObject* value) {
    auto* const indices = reinterpret_cast<Index*>(indices_);
    auto perturb = static_cast<std::size_t>(hash);
    std::size_t at = perturb & mask_;
    while (indices[at] != -1) {
      if (PyObject** const same = entry_of(indices[at], hash, number, key)) {
        Py_DECREF(key);
        Py_DECREF(same[step - 1]);
        same[step - 1] = value;
        return;
      }
      perturb >>= 5;
      at = (at * 5 + perturb + 1) & mask_;
    }
    indices[at] = static_cast<Index>(used_);
    PyObject** const entry = entries_ + static_cast<std::size_t>(used_) * step;
    if constexpr (!are_texts) entry[0] = reinterpret_cast<PyObject*>(hash);
    entry[step - 2] = key;
    entry[step - 1] = value;
    ++used_;
  }
  // Null: it has another key.
  FASTTHRIFT_INLINE PyObject** entry_of(std::int64_t index, Py_hash_t hash, std::int64_t number,
                                        PyObject* key) const {
    if (index < 0) return nullptr;  // deleted
    PyObject** const entry = entries_ + static_cast<std::size_t>(index) * step;
    if constexpr (are_texts) {
      if (reinterpret_cast<PyASCIIObject*>(entry[0])->hash != hash) [[likely]]
        return nullptr;
      return PyUnicode_Compare(entry[0], key) == 0 ? entry : nullptr;
    } else {
      if (reinterpret_cast<Py_hash_t>(entry[0]) != hash) [[likely]]
        return nullptr;
      std::int64_t other = 0;
      return small_integer(entry[1], other) && other == number ? entry : nullptr;
    }
  }

  DictTable* table_ = nullptr;
  std::uint8_t* indices_ = nullptr;
  PyObject** entries_ = nullptr;
  std::size_t mask_ = 0;
  unsigned log2_index_size_ = 0;
  Py_ssize_t used_ = 0, most_ = 0;
#endif

  // The first one, and where there is no room: Python makes the first table, and larger ones.
  FASTTHRIFT_APART void put_rarely(PyObject* new_key, [[maybe_unused]] std::int64_t number,
                                   PyObject* new_value) {
#ifdef FASTTHRIFT_SEES_DICT_ENTRIES
    leave();
    if (enter()) return put(new_key, number, new_value);
#endif
    const Ref key = Ref::steal(new_key), value = Ref::steal(new_value);
#if PY_VERSION_HEX < 0x030D0000 && !defined(PYPY_VERSION)
    checked_status(are_texts ? PyDict_SetItem(dict_, key.get(), value.get())
                             : _PyDict_SetItem_KnownHash(dict_, key.get(), value.get(), hash_of(number)));
#else
    checked_status(PyDict_SetItem(dict_, key.get(), value.get()));
#endif
  }

  PyObject* dict_;
};

}  // namespace fastthrift::python
