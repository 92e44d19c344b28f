#pragma once

#include "python/errors.hpp"
#include "python/layout.hpp"
#include "python/number.hpp"
#include "python/text.hpp"

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

// A new reference; null without an error: nothing is read.
template <class Place>
FASTTHRIFT_INLINE PyObject* read_plain(Place& place, Form form, const PlainOptions& options) {
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
      return place.i8(value) ? made(PyLong_FromLong(value)) : nullptr;
    }
    case Form::i16: {
      std::int16_t value;
      return place.i16(value) ? made(PyLong_FromLong(value)) : nullptr;
    }
    case Form::i32: {
      std::int32_t value;
      return place.i32(value) ? made(PyLong_FromLong(value)) : nullptr;
    }
    case Form::i64: {
      std::int64_t value;
      return place.i64(value) ? made(new_integer(value)) : nullptr;
    }
    case Form::float64: {
      double value;
      return place.float64(value) ? made(PyFloat_FromDouble(value)) : nullptr;
    }
    case Form::text: {
      Bytes bytes;
      // Python shares the strings of no and of one character, which PyUnicode_New does not know.
      if (!options.makes_text || !place.string(bytes) || bytes.size() < 2 ||
          !is_ascii(bytes.data(), bytes.size())) {
        return nullptr;
      }
      PyObject* text = made(PyUnicode_New(static_cast<Py_ssize_t>(bytes.size()), 127));
      copy_short(PyUnicode_1BYTE_DATA(text), bytes.data(), bytes.size());
      place.advance_behind(bytes);
      return text;
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

template <class Owner>
PyObject* read_plain(wire::NoPlace<Owner>&, Form, const PlainOptions&) {
  return nullptr;
}

}  // namespace fastthrift::python
