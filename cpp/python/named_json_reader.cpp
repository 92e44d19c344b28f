#include "python/named_json.hpp"

#include "python/decode.hpp"
#include "python/encode.hpp"
#include "python/raised.hpp"

#include <cmath>
#include <optional>

#include "wire/base64.hpp"

namespace fastthrift::python {
namespace {

Ref attribute_of_module(const char* module, const char* name) {
  const Ref found = checked(PyImport_ImportModule(module));
  return checked(PyObject_GetAttrString(found.get(), name));
}

bool is_mapping(PyObject* found) {
  if (PyDict_Check(found)) return true;
  const Ref mapping = attribute_of_module("collections.abc", "Mapping");
  const int is_one = PyObject_IsInstance(found, mapping.get());
  checked_status(is_one);
  return is_one != 0;
}

// What a mapping has under a field's name, or nothing.
Ref found_in(PyObject* mapping, PyObject* name) {
  if (PyDict_CheckExact(mapping)) [[likely]] {
    PyObject* value = PyDict_GetItemWithError(mapping, name);
    if (value == nullptr && PyErr_Occurred() != nullptr) throw PythonError();
    return Ref::share(value);
  }
  const int is_there = PySequence_Contains(mapping, name);
  checked_status(is_there);
  return is_there != 0 ? checked(PyObject_GetItem(mapping, name)) : Ref();
}

void set_refusal(PyObject* owner, PyObject* found, PyObject* field, Ref cause) {
  const Ref refusal =
      checked(PyObject_CallFunctionObjArgs(named_json_refusal(), owner, found, field, nullptr));
  if (cause) PyException_SetCause(refusal.get(), cause.release());
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(refusal.get())), refusal.get());
}

// Where the Python error that is set is about a value, it becomes one that names the field.
void explain(PyObject* owner, const Layout& layout, const FieldLayout& field, PyObject* found) {
  PyObject* known = registered_exception("TProtocolException");
  if (known != nullptr && PyErr_ExceptionMatches(known)) return;
  PyObject* const about_values[] = {PyExc_TypeError, PyExc_ValueError, PyExc_OverflowError,
                                    PyExc_AttributeError, PyExc_LookupError};
  bool is_about_value = false;
  for (PyObject* type : about_values) is_about_value = is_about_value || PyErr_ExceptionMatches(type);
  if (!is_about_value) return;
  Ref cause = take_raised();
  const Shape& shape = layout.shape(field.shape);
  const Ref described = checked(Py_BuildValue("(iiOO)", static_cast<int>(field.id), shape.declared,
                                              field.name, shape.spec == nullptr ? Py_None : shape.spec));
  set_refusal(owner, found, described.get(), std::move(cause));
}

// Numbers and text are taken for each other, as thriftpy2 takes them; what has neither a number nor a text in
// it is not.
void need_number_or_text(PyObject* found) {
  if (!is_json_number(found) && !PyUnicode_Check(found)) raise(PyExc_TypeError, "not a number");
}

Ref truth_of(PyObject* found) {
  if (!is_json_number(found)) raise(PyExc_TypeError, "not a bool");
  const int truth = PyObject_IsTrue(found);
  checked_status(truth);
  return Ref::share(truth != 0 ? Py_True : Py_False);
}

Ref integer_of(PyObject* found, int bits) {
  Ref whole = Ref::share(found);
  if (!PyLong_CheckExact(found)) {
    need_number_or_text(found);
    if (PyFloat_Check(found)) {
      const double number = PyFloat_AS_DOUBLE(found);
      if (!std::isfinite(number) || std::floor(number) != number) raise(PyExc_ValueError, "not an integer");
    }
    whole = checked(PyNumber_Long(found));
  }
  std::int64_t number = 0;
  const bool is_short = small_integer(whole.get(), number);
  if (!is_short || !fits(number, bits)) refuse_json_range(bits);
  return whole;
}

Ref real_of(PyObject* found) {
  if (PyFloat_CheckExact(found)) return Ref::share(found);
  need_number_or_text(found);
  return checked(PyNumber_Float(found));
}

// A text that has a UTF-8 form.
Ref text_of_json(PyObject* found) {
  if (!PyUnicode_Check(found)) {
    return is_json_number(found) && !PyBool_Check(found) ? checked(PyObject_Str(found))
                                                         : text_of_bytes(found);
  }
  const auto kind = PyUnicode_KIND(found);
  if (kind == PyUnicode_1BYTE_KIND) return Ref::share(found);
  const void* data = PyUnicode_DATA(found);
  for (Py_ssize_t i = 0; i < PyUnicode_GET_LENGTH(found); ++i) {
    const Py_UCS4 point = PyUnicode_READ(kind, data, i);
    if (point >= 0xd800 && point < 0xe000) return checked(PyUnicode_AsUTF8String(found));  // which refuses it
  }
  return Ref::share(found);
}

Ref bytes_of_base64(PyObject* found) {
  std::string_view text;
  if (PyUnicode_Check(found)) {
    if (!PyUnicode_IS_ASCII(found)) raise(PyExc_ValueError, "not base64");
    text = {static_cast<const char*>(PyUnicode_DATA(found)),
            static_cast<std::size_t>(PyUnicode_GET_LENGTH(found))};
  } else if (PyBytes_Check(found)) {
    text = {PyBytes_AS_STRING(found), static_cast<std::size_t>(PyBytes_GET_SIZE(found))};
  } else {
    raise(PyExc_TypeError, "not base64");
  }
  while (text.ends_with('=')) text.remove_suffix(1);
  PyObject* bytes =
      checked(PyBytes_FromStringAndSize(nullptr, static_cast<Py_ssize_t>(text.size()))).release();
  Ref own = Ref::steal(bytes);
  const std::optional<std::size_t> size =
      wire::decode_base64(text, reinterpret_cast<std::uint8_t*>(PyBytes_AS_STRING(bytes)));
  if (!size) raise(PyExc_ValueError, "not base64");
  own.release();
  if (_PyBytes_Resize(&bytes, static_cast<Py_ssize_t>(*size)) < 0) throw PythonError();
  return Ref::steal(bytes);
}

Ref part_of(PyObject* item, const char* name, PyObject*& interned) {
  if (interned == nullptr) interned = PyUnicode_InternFromString(name);
  if (interned == nullptr) throw PythonError();
  if (PyDict_CheckExact(item)) [[likely]] {
    PyObject* value = PyDict_GetItemWithError(item, interned);
    if (value != nullptr) [[likely]]
      return Ref::share(value);
    if (PyErr_Occurred() == nullptr) PyErr_SetObject(PyExc_KeyError, interned);
    throw PythonError();
  }
  return checked(PyObject_GetItem(item, interned));
}

Ref key_of(Ref value) {
  if (PyDict_Check(value.get())) raise(PyExc_TypeError, "unhashable type: 'dict'");
  return hashable(std::move(value));
}

}  // namespace

void NamedJsonReader::structure(PyObject* object, PyObject* found) {
  const Ref keep = Ref::share(object), keep_found = Ref::share(found);
  std::unique_ptr<Layout> own;
  fields(object, payload::layout_of_object(object, own), found);
}

void NamedJsonReader::fields(PyObject* object, const Layout& layout, PyObject* found) {
  const Depth::StructLevel level(depth_, "reading a Thrift struct");
  if (!is_mapping(found)) {
    set_refusal(object, found, Py_None, Ref());
    throw PythonError();
  }
  const bool is_direct = layout.is_direct() && Py_TYPE(object) == layout.type();
  for (const FieldLayout& field : layout.fields()) {
    const Ref part = found_in(found, field.name);
    if (!part) continue;
    Ref value;
    try {
      value = this->value(layout, layout.shape(field.shape), part.get());
    } catch (...) {
      if (PyErr_Occurred() != nullptr) explain(object, layout, field, part.get());
      path_.enter_field(field.name);
      throw;
    }
    if (is_direct) {
      payload::store(object, field.offset, std::move(value));
    } else {
      checked_status(payload::assign(object, field.name, value.get()));
    }
  }
}

Ref NamedJsonReader::value(const Layout& layout, const Shape& shape, PyObject* found) {
  switch (shape.form) {
    case Form::boolean:
      return truth_of(found);
    case Form::i8:
      return integer_of(found, 8);
    case Form::i16:
      return integer_of(found, 16);
    case Form::i32:
      return integer_of(found, 32);
    case Form::i64:
      return integer_of(found, 64);
    case Form::enumeration:
      return member_of(shape.type, integer_of(found, 32));
    case Form::float64:
      return real_of(found);
    case Form::text:
      return text_of_json(found);
    case Form::binary:
      return bytes_of_base64(found);
    case Form::uuid: {
      const Ref type = attribute_of_module("uuid", "UUID");
      return checked(parked([&] { return PyObject_CallOneArg(type.get(), found); }));
    }
    case Form::structure:
      return made(shape, found);
    case Form::list:
      return elements(layout, layout.shape(shape.element), found);
    case Form::set: {
      const Ref list = elements(layout, layout.shape(shape.element), found);
      if (!sets_) return list;
      Ref set = checked(PySet_New(nullptr));
      for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list.get()); ++i) {
        const Ref element = key_of(Ref::share(PyList_GET_ITEM(list.get(), i)));
        checked_status(PySet_Add(set.get(), element.get()));
      }
      return set;
    }
    case Form::map:
      return items(layout, shape, found);
    default:
      break;
  }
  if (shape.wire == wire::TType::struct_) raise(PyExc_TypeError, "the struct's class is not known");
  throw ProtocolError(ProtocolError::Kind::invalid_data,
                      "Unknown TType " + std::to_string(shape.declared) + " for JSON deserialization");
}

Ref NamedJsonReader::made(const Shape& shape, PyObject* found) {
  collector_.count_object();
  const Ref object = payload::is_payload_type(shape.type) ? payload::make(shape.type) : checked(parked([&] {
    return PyObject_CallNoArgs(reinterpret_cast<PyObject*>(shape.type));
  }));
  structure(object.get(), found);
  return object;
}

Ref NamedJsonReader::elements(const Layout& layout, const Shape& element, PyObject* found) {
  const Depth::Level level(depth_, "reading a Thrift container");
  collector_.count_object();
  if (!PyList_Check(found) && !PyTuple_Check(found) && !PyAnySet_Check(found)) {
    raise(PyExc_TypeError, "not a list");
  }
  const bool is_sequence = PyList_CheckExact(found) || PyTuple_CheckExact(found);
  const Ref sequence = is_sequence ? Ref::share(found) : checked(PySequence_Tuple(found));
  Ref list = checked(PyList_New(PySequence_Fast_GET_SIZE(sequence.get())));
  Py_SET_SIZE(list.get(), 0);
  Py_ssize_t i = 0;
  try {
    // What is read may run Python code, which may change the list.
    for (; i < PySequence_Fast_GET_SIZE(sequence.get()); ++i) {
      const Ref item = Ref::share(PySequence_Fast_GET_ITEM(sequence.get(), i));
      put(list.get(), static_cast<std::uint32_t>(i), value(layout, element, item.get()).release());
    }
  } catch (...) {
    path_.enter_element(static_cast<std::size_t>(i));
    throw;
  }
  return list;
}

Ref NamedJsonReader::items(const Layout& layout, const Shape& shape, PyObject* found) {
  static PyObject *key_name = nullptr, *value_name = nullptr;
  const Depth::Level level(depth_, "reading a Thrift container");
  collector_.count_object();
  if (!PyList_Check(found) && !PyTuple_Check(found)) raise(PyExc_TypeError, "not a list of keys and values");
  const bool is_sequence = PyList_CheckExact(found) || PyTuple_CheckExact(found);
  const Ref sequence = is_sequence ? Ref::share(found) : checked(PySequence_Tuple(found));
  Ref map = checked(PyDict_New());
  Py_ssize_t i = 0;
  try {
    for (; i < PySequence_Fast_GET_SIZE(sequence.get()); ++i) {
      const Ref item = Ref::share(PySequence_Fast_GET_ITEM(sequence.get(), i));
      const Ref key_found = part_of(item.get(), "key", key_name);
      const Ref key = key_of(value(layout, layout.shape(shape.key), key_found.get()));
      const Ref value_found = part_of(item.get(), "value", value_name);
      const Ref element = value(layout, layout.shape(shape.element), value_found.get());
      checked_status(PyDict_SetItem(map.get(), key.get(), element.get()));
    }
  } catch (...) {
    path_.enter_element(static_cast<std::size_t>(i));
    throw;
  }
  return map;
}

}  // namespace fastthrift::python
