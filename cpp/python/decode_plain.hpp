#pragma once

#include "python/errors.hpp"
#include "python/layout.hpp"
#include "python/new_object.hpp"
#include "python/text.hpp"

#include <type_traits>

#include "base/copy.hpp"
#include "base/hints.hpp"
#include "wire/no_place.hpp"

// Values of Python's own types that are made without running Python code and without leaving the reader's
// Place: numbers, bools, bytes and ASCII text. Everything else, what is cut off and what has to be refused is
// the Decoder's.
namespace fastthrift::python {

struct PlainOptions {
  bool makes_text;  // strings come as str
};

inline PyObject* made(PyObject* object) {
  if (object == nullptr) [[unlikely]]
    throw PythonError();
  return object;
}

// Whether a string comes whose characters are its bytes. Python shares the strings of no and of one
// character, which new_ascii does not know.
template <class Place>
FASTTHRIFT_INLINE bool is_plain_text(const Place& place, Bytes& bytes) {
  return place.string(bytes) && bytes.size() >= 2 && is_ascii(bytes.data(), bytes.size());
}
// Null with an error: no memory.
template <class Place, class Memory = ObjectMemory>
FASTTHRIFT_INLINE PyObject* plain_text(Place& place, Bytes bytes, const Memory& memory = {}) {
  std::uint8_t* characters = nullptr;
  PyObject* text = new_ascii(bytes.size(), characters, memory);
  if (text != nullptr) [[likely]]
    copy_short(characters, bytes.data(), bytes.size());
  place.advance_behind(bytes);
  return text;
}

// Python keeps the memory of some floats at hand, which is the fastest for a few.
inline PyObject* plain_float(double value, const ObjectMemory&) { return PyFloat_FromDouble(value); }
inline PyObject* plain_float(double value, const BulkMemory& memory) { return new_float(value, memory); }

// A new reference; null without an error: nothing is read.
template <class Place, class Memory = ObjectMemory>
FASTTHRIFT_INLINE PyObject* read_plain(Place& place, Form form, const PlainOptions& options,
                                       const Memory& memory = {}) {
  switch (form) {
    case Form::boolean: {
      bool value;
      if (!place.boolean(value)) return nullptr;
      PyObject* object = value ? Py_True : Py_False;
      Py_INCREF(object);
      return object;
    }
    case Form::i8: {
      std::int8_t value;
      return place.i8(value) ? made(new_integer(value, memory)) : nullptr;
    }
    case Form::i16: {
      std::int16_t value;
      return place.i16(value) ? made(new_integer(value, memory)) : nullptr;
    }
    case Form::i32: {
      std::int32_t value;
      return place.i32(value) ? made(new_integer(value, memory)) : nullptr;
    }
    case Form::i64: {
      std::int64_t value;
      return place.i64(value) ? made(new_integer(value, memory)) : nullptr;
    }
    case Form::float64: {
      double value;
      return place.float64(value) ? made(plain_float(value, memory)) : nullptr;
    }
    case Form::text: {
      Bytes bytes;
      if (!options.makes_text || !is_plain_text(place, bytes)) return nullptr;
      return made(plain_text(place, bytes, memory));
    }
    case Form::binary: {
      Bytes bytes;
      if (!place.string(bytes)) return nullptr;
      PyObject* object = made(PyBytes_FromStringAndSize(reinterpret_cast<const char*>(bytes.data()),
                                                        static_cast<Py_ssize_t>(bytes.size())));
      place.advance_behind(bytes);
      return object;
    }
    default:
      return nullptr;
  }
}

// How much memory one of many takes at the least, in Python's steps of 16 bytes.
constexpr std::size_t bulk_size(Form form) {
  if (form == Form::text || form == Form::binary) return 64;
  return form == Form::i32 || form == Form::i64 || form == Form::float64 ? 32 : 0;
}

// The same for one of many, for those forms that come in bulk. Null with an error: no memory.
template <Form form, class Place>
FASTTHRIFT_INLINE PyObject* read_in_bulk(Place& place, const BulkMemory& memory) {
  if constexpr (form == Form::i32) {
    std::int32_t value;
    return place.i32(value) ? new_integer(value, memory) : nullptr;
  } else if constexpr (form == Form::i64) {
    std::int64_t value;
    return place.i64(value) ? new_integer(value, memory) : nullptr;
  } else if constexpr (form == Form::float64) {
    double value;
    return place.float64(value) ? new_float(value, memory) : nullptr;
  } else {
    static_assert(form == Form::text);
    Bytes bytes;
    return is_plain_text(place, bytes) ? plain_text(place, bytes, memory) : nullptr;
  }
}

// The key of a map; `number`: where it is one.
template <Form form, class Place>
FASTTHRIFT_INLINE PyObject* key_in_bulk(Place& place, const BulkMemory& memory, std::int64_t& number) {
  if constexpr (form == Form::text) {
    return read_in_bulk<form>(place, memory);
  } else {
    std::conditional_t<form == Form::i32, std::int32_t, std::int64_t> value;
    const bool is_there = [&] {
      if constexpr (form == Form::i32)
        return place.i32(value);
      else
        return place.i64(value);
    }();
    if (!is_there) return nullptr;
    number = value;
    return new_integer(value, memory);
  }
}

// A protocol's without a Place.
template <class Owner, class Memory = ObjectMemory>
PyObject* read_plain(wire::NoPlace<Owner>&, Form, const PlainOptions&, const Memory& = {}) {
  return nullptr;
}
template <Form form, class Owner>
PyObject* read_in_bulk(wire::NoPlace<Owner>&, const BulkMemory&) {
  return nullptr;
}
template <Form form, class Owner>
PyObject* key_in_bulk(wire::NoPlace<Owner>&, const BulkMemory&, std::int64_t&) {
  return nullptr;
}

}  // namespace fastthrift::python
