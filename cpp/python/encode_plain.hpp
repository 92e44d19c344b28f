#pragma once

#include "python/layout.hpp"
#include "python/number.hpp"

#include <limits>

#include "base/hints.hpp"
#include "wire/field_head.hpp"

// Values of Python's own types that are written without running Python code and without leaving the writer's
// Place: numbers, bools, bytes and ASCII text. Everything else, and whatever has to be refused, is the
// Encoder's.
namespace fastthrift::python {

// What stands before a value: a field's header,
template <class Fields>
struct BeforeField {
  Fields& fields;
  const wire::FieldHead& head;

  template <class Place>
  FASTTHRIFT_INLINE void begin(Place& place) const {
    place.field_begin(fields, head);
  }
  template <class Place>
  FASTTHRIFT_INLINE void boolean(Place& place, bool value) const {
    place.field_boolean(fields, head, value);
  }
};
// or nothing.
struct BeforeElement {
  template <class Place>
  void begin(Place&) const {}
  template <class Place>
  FASTTHRIFT_INLINE void boolean(Place& place, bool value) const {
    place.boolean(value);
  }
};

template <class Integer>
FASTTHRIFT_INLINE bool is_plain_integer(PyObject* value, std::int64_t& number) {
  return small_integer(value, number) && number >= std::numeric_limits<Integer>::min() &&
         number <= std::numeric_limits<Integer>::max();
}

// The exact types first: what they need not ask the type for is a load from memory less.
inline bool is_text(PyObject* value) { return PyUnicode_CheckExact(value) || PyUnicode_Check(value); }

// False: nothing is written. There must be room at `place`, and there is none afterwards.
template <class Writer, class Place, class Head>
FASTTHRIFT_INLINE bool write_plain(Writer& writer, Place& place, Form form, PyObject* value, Head head) {
  std::int64_t number;
  switch (form) {
    case Form::boolean:
      if (value != Py_True && value != Py_False) return false;
      head.boolean(place, value == Py_True);
      return true;
    case Form::i8:
      if (!is_plain_integer<std::int8_t>(value, number)) return false;
      head.begin(place);
      place.i8(static_cast<std::int8_t>(number));
      return true;
    case Form::i16:
      if (!is_plain_integer<std::int16_t>(value, number)) return false;
      head.begin(place);
      place.i16(static_cast<std::int16_t>(number));
      return true;
    case Form::i32:
    case Form::enumeration:
      if (!is_plain_integer<std::int32_t>(value, number)) return false;
      head.begin(place);
      place.i32(static_cast<std::int32_t>(number));
      return true;
    case Form::i64:
      if (!is_plain_integer<std::int64_t>(value, number)) return false;
      head.begin(place);
      place.i64(number);
      return true;
    case Form::float64:
      if (!PyFloat_CheckExact(value)) return false;
      head.begin(place);
      place.float64(PyFloat_AS_DOUBLE(value));
      return true;
    case Form::text: {
      if (!is_text(value) || !PyUnicode_IS_COMPACT_ASCII(value)) return false;
      const auto size = static_cast<std::size_t>(PyUnicode_GET_LENGTH(value));
      place.make_room_for(writer, size);
      head.begin(place);
      place.string(PyUnicode_1BYTE_DATA(value), size);
      return true;
    }
    case Form::binary: {
      if (!PyBytes_CheckExact(value)) return false;
      const auto size = static_cast<std::size_t>(PyBytes_GET_SIZE(value));
      place.make_room_for(writer, size);
      head.begin(place);
      place.binary(reinterpret_cast<const std::uint8_t*>(PyBytes_AS_STRING(value)), size);
      return true;
    }
    default:
      return false;
  }
}

}  // namespace fastthrift::python
