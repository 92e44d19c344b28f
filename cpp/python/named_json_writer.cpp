#include "python/named_json.hpp"

#include "python/encode.hpp"

#include <cmath>
#include <string_view>

#include "wire/json_text.hpp"

namespace fastthrift::python {
namespace {

std::string_view utf8_of(PyObject* text) {
  if (PyUnicode_IS_COMPACT_ASCII(text)) [[likely]] {
    return {reinterpret_cast<const char*>(PyUnicode_1BYTE_DATA(text)),
            static_cast<std::size_t>(PyUnicode_GET_LENGTH(text))};
  }
  Py_ssize_t size = 0;
  const char* utf8 = PyUnicode_AsUTF8AndSize(text, &size);
  if (utf8 == nullptr) throw PythonError();
  return {utf8, static_cast<std::size_t>(size)};
}

[[noreturn]] void refuse_type(int declared) {
  throw ProtocolError(ProtocolError::Kind::invalid_data,
                      "Unknown TType " + std::to_string(declared) + " for JSON serialization");
}

}  // namespace

Ref text_of_bytes(PyObject* value) {
  const bool is_bytes = PyBytes_Check(value) || PyByteArray_Check(value) || PyMemoryView_Check(value);
  const Ref encoded = is_bytes ? Ref::share(value) : encoded_text(value);
  const View view(encoded.get());
  const Bytes bytes = view.bytes();
  return checked(PyUnicode_DecodeUTF8(reinterpret_cast<const char*>(bytes.data()),
                                      static_cast<Py_ssize_t>(bytes.size()), nullptr));
}

void refuse_json_range(int bits) {
  const auto most = static_cast<long long>((std::uint64_t{1} << (bits - 1)) - 1);
  raise(PyExc_ValueError, "an i%d is from %lld to %lld", bits, -most - 1, most);
}

void NamedJsonWriter::structure(PyObject* object) {
  const Ref keep = Ref::share(object);
  std::unique_ptr<Layout> own;
  fields(object, payload::layout_of_object(object, own));
}

void NamedJsonWriter::fields(PyObject* object, const Layout& layout) {
  const Depth::StructLevel level(depth_, "writing a Thrift struct");
  const bool is_direct = layout.is_direct() && Py_TYPE(object) == layout.type();
  const FieldLayout* current = nullptr;
  Ref value;
  bool is_first = true;
  out_.append("{");
  try {
    for (const FieldLayout& field : layout.fields()) {
      current = nullptr;
      value = is_direct ? Ref::share(payload::slot(object, field.offset)) : attribute_of(object, field.name);
      if (!value || value.get() == Py_None) continue;
      current = &field;
      if (!is_first) out_.append(", ");
      is_first = false;
      wire::append_ascii_quoted(out_, utf8_of(field.name));
      out_.append(": ");
      this->value(layout, layout.shape(field.shape), value.get());
    }
  } catch (...) {
    if (current != nullptr) {
      if (PyErr_Occurred() != nullptr) explain_refusal(layout, *current, value.get());
      path_.enter_field(current->name);
    }
    throw;
  }
  out_.append("}");
}

void NamedJsonWriter::value(const Layout& layout, const Shape& shape, PyObject* value) {
  switch (shape.form) {
    case Form::boolean: {
      const int truth = parked([&] { return PyObject_IsTrue(value); });
      checked_status(truth);
      return out_.append(truth != 0 ? "true" : "false");
    }
    case Form::i8:
      return integer(value, 8);
    case Form::i16:
      return integer(value, 16);
    case Form::i32:
    case Form::enumeration:
      return integer(value, 32);
    case Form::i64:
      return integer(value, 64);
    case Form::float64:
      return real(value);
    case Form::text:
      return text(value);
    case Form::binary:
      return binary(value);
    case Form::uuid: {
      const Ref bytes = uuid_bytes(value);
      return wire::append_uuid(out_, reinterpret_cast<const std::uint8_t*>(PyBytes_AS_STRING(bytes.get())));
    }
    case Form::structure:
      return structure(value);
    case Form::list:
    case Form::set:
      return elements(layout, layout.shape(shape.element), value);
    case Form::map:
      return items(layout, shape, value);
    default:
      break;
  }
  if (shape.wire == wire::TType::struct_) return structure(value);  // declared without its class
  refuse_type(shape.declared);
}

// Whatever int() takes: thriftpy2 writes 7.0 and "7" as 7.
void NamedJsonWriter::integer(PyObject* value, int bits) {
  std::int64_t number = 0;
  if (!small_integer(value, number)) {
    const Ref whole = checked(parked([&] { return PyNumber_Long(value); }));
    if (!long_integer(whole.get(), number)) refuse_json_range(bits);
  }
  if (!fits(number, bits)) refuse_json_range(bits);
  wire::append_integer(out_, number);
}

// As Python's json writes it: the text of repr, and its words for what is no number.
void NamedJsonWriter::real(PyObject* value) {
  const Ref converted =
      PyFloat_Check(value) ? Ref::share(value) : checked(parked([&] { return PyNumber_Float(value); }));
  const double number = PyFloat_AS_DOUBLE(converted.get());
  if (std::isnan(number)) return out_.append("NaN");
  if (std::isinf(number)) return out_.append(number < 0 ? "-Infinity" : "Infinity");
  char* digits = PyOS_double_to_string(number, 'r', 0, Py_DTSF_ADD_DOT_0, nullptr);
  if (digits == nullptr) throw PythonError();
  out_.append(std::string_view(digits));
  PyMem_Free(digits);
}

void NamedJsonWriter::text(PyObject* value) {
  if (PyUnicode_Check(value)) return wire::append_ascii_quoted(out_, utf8_of(value));
  // thriftpy2 writes numbers as strings where a string is declared.
  const Ref text =
      is_json_number(value) ? checked(parked([&] { return PyObject_Str(value); })) : text_of_bytes(value);
  wire::append_ascii_quoted(out_, utf8_of(text.get()));
}

void NamedJsonWriter::binary(PyObject* value) {
  if (PyUnicode_Check(value)) {
    const std::string_view utf8 = utf8_of(value);
    return wire::append_binary(out_, {reinterpret_cast<const std::uint8_t*>(utf8.data()), utf8.size()});
  }
  const View view(value);
  wire::append_binary(out_, view.bytes());
}

void NamedJsonWriter::elements(const Layout& layout, const Shape& element, PyObject* value) {
  const Depth::Level level(depth_, "writing a Thrift container");
  const bool is_sequence = PyList_CheckExact(value) || PyTuple_CheckExact(value);
  const Ref sequence =
      is_sequence ? Ref::share(value) : checked(parked([&] { return PySequence_Tuple(value); }));
  const Py_ssize_t size = PySequence_Fast_GET_SIZE(sequence.get());
  Py_ssize_t i = 0;
  out_.append("[");
  try {
    for (; i < size; ++i) {
      // What is written may run Python code, which may change the list.
      if (PySequence_Fast_GET_SIZE(sequence.get()) != size) refuse_changed_size("list");
      if (i != 0) out_.append(", ");
      const Ref item = Ref::share(PySequence_Fast_GET_ITEM(sequence.get(), i));
      this->value(layout, element, item.get());
    }
  } catch (...) {
    path_.enter_element(static_cast<std::size_t>(i));
    throw;
  }
  out_.append("]");
}

void NamedJsonWriter::items(const Layout& layout, const Shape& shape, PyObject* value) {
  const Depth::Level level(depth_, "writing a Thrift container");
  const Ref pairs = items_of(value);
  Py_ssize_t i = 0;
  out_.append("[");
  try {
    for (; i < PyList_GET_SIZE(pairs.get()); ++i) {
      const Ref pair = Ref::share(PyList_GET_ITEM(pairs.get(), i));
      out_.append(i == 0 ? "{\"key\": " : ", {\"key\": ");
      this->value(layout, layout.shape(shape.key), PyTuple_GET_ITEM(pair.get(), 0));
      out_.append(", \"value\": ");
      this->value(layout, layout.shape(shape.element), PyTuple_GET_ITEM(pair.get(), 1));
      out_.append("}");
    }
  } catch (...) {
    path_.enter_element(static_cast<std::size_t>(i));
    throw;
  }
  out_.append("]");
}

}  // namespace fastthrift::python
