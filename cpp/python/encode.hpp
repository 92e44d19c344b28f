#pragma once

#include "python/codec.hpp"
#include "python/encode_plain.hpp"
#include "python/depth.hpp"
#include "python/number.hpp"
#include "python/number_block.hpp"
#include "python/parked.hpp"
#include "python/path.hpp"
#include "python/payload_type.hpp"
#include "python/view.hpp"

#include <limits>
#include <type_traits>

#include "base/hints.hpp"
#include "wire/numbers.hpp"

// Writing one value: a template over the wire's Writer, instantiated in encode_binary.cpp,
// encode_compact.cpp and encode_json.cpp. Whatever may run Python code (a property, an __index__) holds a
// reference to what it goes on with: that code may change every container and attribute around it.
namespace fastthrift::python {

template <class Writer>
class Encoder {
 public:
  Encoder(Buffer& out, const CodecOptions& options, typename Writer::Options wire_options)
      : out_(out, wire_options), depth_(options.limits), refuses_fractions_(options.decode.apache) {}

  // Any object with a `thrift_spec`; one in a struct in Apache's form by what stands there.
  void structure(PyObject* object, const Shape* shape = nullptr);
  void other_fields(PyObject* object, const Layout& layout);
  // A struct of one field, or of none: null, or a value that is None.
  void only_field(const Layout& layout, const FieldLayout* only, PyObject* value);
  void value(const Layout& layout, const Shape& shape, PyObject* value);
  void rarer_value(const Layout& layout, const Shape& shape, PyObject* value);

  Path& path() { return path_; }

 private:
  using Level = Depth::Level;
  static constexpr bool is_compact = std::is_same_v<Writer, wire::CompactWriter>;

  const Layout* direct_layout(PyTypeObject* type);
  void direct_fields(PyObject* object, const Layout& layout);
  void field(const Layout& layout, const FieldLayout& field, PyObject* value);
  template <class Integer>
  Integer integer(PyObject* value);
  double real(PyObject* value);
  bool truth(PyObject* value);
  void text(PyObject* value);
  void binary(PyObject* value);
  void uuid(PyObject* value);
  void list(const Layout& layout, const Shape& shape, PyObject* value);
  void elements(const Layout& layout, const Shape& shape, Form form, PyObject* sequence);
  void numbers(const Shape& element, const NumberBlock& block);
  void structures(const Shape& shape, PyObject* sequence);
  void items(const Layout& layout, const Shape& key_shape, const Shape& element_shape, PyObject* pairs);
  void map(const Layout& layout, const Shape& shape, PyObject* value);
  void dict(const Layout& layout, const Shape& key_shape, const Shape& element_shape, PyObject* value);

  Writer out_;
  Depth depth_;
  const bool refuses_fractions_;
  Path path_;
  // Counts whatever may have run Python code: a layout that was current is current while this stands still.
  std::size_t detours_ = 0;
};

// The attribute, or nothing where there is none.
Ref attribute_of(PyObject* object, PyObject* name);
// Any integer that `small_integer` does not take, of at most 64 bits; beyond them it refuses as a number of
// `bits`. What is no integer is cut off, or refused.
std::int64_t wide_integer(PyObject* value, int bits, bool is_compact, bool refuses_fractions);
// A list or tuple of the elements of whatever has a length and can be iterated.
Ref sequence_of(PyObject* value);
// A list of (key, value) of whatever has `items()`.
Ref items_of(PyObject* value);
// The 16 bytes of a uuid.UUID or of its text.
Ref uuid_bytes(PyObject* value);
// Turns the Python error that is set into thriftpy2's TDecodeException for the field, where it is one about a
// value.
void explain_refusal(const Layout& layout, const FieldLayout& field, PyObject* value);
// An integer that does not fit: TProtocolException for compact, otherwise OverflowError.
[[noreturn]] void refuse_range(int bits, bool is_compact);
[[noreturn]] void refuse_changed_size(const char* what);

// The layout of a class whose instances are read by offset, else null.
template <class Writer>
FASTTHRIFT_INLINE const Layout* Encoder<Writer>::direct_layout(PyTypeObject* type) {
  if (!payload::is_payload_type(type)) [[unlikely]]
    return nullptr;
  const Layout* layout = payload::current_layout(type);
  if (layout == nullptr) [[unlikely]] {
    ++detours_;
    layout = &payload::layout_of(type);
  }
  return layout->is_direct() ? layout : nullptr;
}

template <class Writer>
void Encoder<Writer>::structure(PyObject* object, const Shape* shape) {
  const Ref keep = Ref::share(object);
  if (const Layout* layout = direct_layout(Py_TYPE(object))) [[likely]]
    return direct_fields(object, *layout);
  ++detours_;
  std::unique_ptr<Layout> own;
  if (shape != nullptr && shape->pair != nullptr && !payload::is_payload_type(Py_TYPE(object))) {
    const Ref spec = payload::spec_in(shape->pair);
    return other_fields(object, payload::layout_of_pair(shape->type, spec.get(), own));
  }
  other_fields(object, payload::layout_of_object(object, own));
}

template <class Writer>
void Encoder<Writer>::direct_fields(PyObject* object, const Layout& layout) {
  const Depth::StructLevel level(depth_, "writing a Thrift struct");
  const FieldLayout* current = nullptr;
  try {
    typename Writer::Place place(out_);
    const auto saved = place.struct_begin();
    for (const FieldLayout& each : layout.fields()) prefetch(payload::slot(object, each.offset));
    for (const FieldLayout& each : layout.fields()) {
      PyObject* value = payload::slot(object, each.offset);
      if (value == nullptr || value == Py_None) continue;
      place.make_room();
      if (write_plain(place, each.form, value, BeforeField{each.head})) [[likely]]
        continue;
      place.leave();
      current = &each;
      field(layout, each, value);
      current = nullptr;
      place.resume();
    }
    place.struct_end(saved);
  } catch (...) {
    if (current != nullptr) {
      // The slot may hold something else by now: its value is what the text will show.
      PyObject* value = payload::slot(object, current->offset);
      if (PyErr_Occurred() != nullptr) explain_refusal(layout, *current, value != nullptr ? value : Py_None);
      path_.enter_field(current->name);
    }
    throw;
  }
}

template <class Writer>
void Encoder<Writer>::only_field(const Layout& layout, const FieldLayout* only, PyObject* value) {
  const Depth::StructLevel level(depth_, "writing a Thrift struct");
  typename Writer::Place place(out_);
  const auto saved = place.struct_begin();
  if (only != nullptr && value != Py_None) {
    place.make_room();
    if (!write_plain(place, only->form, value, BeforeField{only->head})) {
      place.leave();
      try {
        field(layout, *only, value);
      } catch (...) {
        if (PyErr_Occurred() != nullptr) explain_refusal(layout, *only, value);
        path_.enter_field(only->name);
        throw;
      }
      place.resume();
    }
  }
  place.struct_end(saved);
}

template <class Writer>
void Encoder<Writer>::other_fields(PyObject* object, const Layout& layout) {
  const Depth::StructLevel level(depth_, "writing a Thrift struct");
  const auto saved = out_.struct_begin();
  const FieldLayout* current = nullptr;
  Ref value;
  try {
    for (const FieldLayout& each : layout.fields()) {
      current = nullptr;
      value = attribute_of(object, each.name);
      if (!value || value.get() == Py_None) continue;
      current = &each;
      field(layout, each, value.get());
    }
  } catch (...) {
    if (current != nullptr) {
      if (PyErr_Occurred() != nullptr) explain_refusal(layout, *current, value.get());
      path_.enter_field(current->name);
    }
    throw;
  }
  out_.struct_end(saved);
}

template <class Writer>
inline void Encoder<Writer>::field(const Layout& layout, const FieldLayout& field, PyObject* value) {
  const Shape& shape = layout.shape(field.shape);
  if (shape.form == Form::boolean) {
    out_.field_boolean(field.id, truth(value));
  } else {
    out_.field_begin(shape.wire, field.id);
    if (shape.form == Form::list || shape.form == Form::set) return list(layout, shape, value);
    this->value(layout, shape, value);
  }
}

template <class Writer>
FASTTHRIFT_INLINE void Encoder<Writer>::value(const Layout& layout, const Shape& shape, PyObject* value) {
  switch (shape.form) {
    case Form::boolean:
      return out_.boolean(truth(value));
    case Form::i8:
      return out_.i8(integer<std::int8_t>(value));
    case Form::i16:
      return out_.i16(integer<std::int16_t>(value));
    case Form::i32:
      return out_.i32(integer<std::int32_t>(value));
    case Form::i64:
      return out_.i64(integer<std::int64_t>(value));
    case Form::float64:
      return out_.float64(real(value));
    case Form::text:
      return text(value);
    case Form::structure:
      return structure(value, &shape);
    default:
      return rarer_value(layout, shape, value);
  }
}

template <class Writer>
void Encoder<Writer>::rarer_value(const Layout& layout, const Shape& shape, PyObject* value) {
  const Ref keep = Ref::share(value);
  switch (shape.form) {
    case Form::binary:
      return binary(value);
    case Form::uuid:
      return uuid(value);
    case Form::enumeration:
      return out_.i32(integer<std::int32_t>(value));
    case Form::list:
    case Form::set:
      return list(layout, shape, value);
    case Form::map:
      return map(layout, shape, value);
    default:
      break;
  }
  if (shape.wire == wire::TType::struct_) return structure(value);  // declared without its class
  raise(PyExc_TypeError, "type %d cannot be written", shape.declared);
}

template <class Writer>
template <class Integer>
FASTTHRIFT_INLINE Integer Encoder<Writer>::integer(PyObject* value) {
  std::int64_t number;
  if (!small_integer(value, number)) [[unlikely]]
    ++detours_, number = wide_integer(value, sizeof(Integer) * 8, is_compact, refuses_fractions_);
  if (number < std::numeric_limits<Integer>::min() || number > std::numeric_limits<Integer>::max())
      [[unlikely]] {
    refuse_range(sizeof(Integer) * 8, is_compact);
  }
  return static_cast<Integer>(number);
}

template <class Writer>
inline double Encoder<Writer>::real(PyObject* value) {
  if (PyFloat_CheckExact(value)) return PyFloat_AS_DOUBLE(value);
  if (std::int64_t number; PyLong_CheckExact(value) && small_integer(value, number))
    return static_cast<double>(number);
  ++detours_;
  return converted_double(value);
}

template <class Writer>
inline bool Encoder<Writer>::truth(PyObject* value) {
  if (value == Py_True) return true;
  if (value == Py_False) return false;
  ++detours_;
  const Ref keep = Ref::share(value);
  const int truth = parked([&] { return PyObject_IsTrue(value); });
  checked_status(truth);
  return truth != 0;
}

template <class Writer>
FASTTHRIFT_INLINE void Encoder<Writer>::text(PyObject* value) {
  if (is_text(value)) [[likely]] {
    if (PyUnicode_IS_COMPACT_ASCII(value)) [[likely]] {
      return out_.string(PyUnicode_1BYTE_DATA(value), static_cast<std::size_t>(PyUnicode_GET_LENGTH(value)));
    }
    Py_ssize_t size = 0;
    const char* utf8 = PyUnicode_AsUTF8AndSize(value, &size);
    if (utf8 == nullptr) throw PythonError();
    return out_.string(utf8, static_cast<std::size_t>(size));
  }
  if (PyBytes_Check(value))
    return out_.string(PyBytes_AS_STRING(value), static_cast<std::size_t>(Py_SIZE(value)));
  raise(PyExc_TypeError, "str or bytes are required, not %.200s", Py_TYPE(value)->tp_name);
}

template <class Writer>
void Encoder<Writer>::binary(PyObject* value) {
  if (PyBytes_Check(value)) [[likely]] {
    return out_.binary(PyBytes_AS_STRING(value), static_cast<std::size_t>(Py_SIZE(value)));
  }
  if (PyUnicode_Check(value)) {
    Py_ssize_t size = 0;
    const char* utf8 = PyUnicode_AsUTF8AndSize(value, &size);
    if (utf8 == nullptr) throw PythonError();
    return out_.binary(utf8, static_cast<std::size_t>(size));
  }
  ++detours_;
  const Ref keep = Ref::share(value);
  const View view(value);
  out_.binary(view.bytes().data(), view.bytes().size());
}

template <class Writer>
void Encoder<Writer>::uuid(PyObject* value) {
  ++detours_;
  const Ref bytes = uuid_bytes(value);
  out_.uuid(reinterpret_cast<const std::uint8_t*>(PyBytes_AS_STRING(bytes.get())));
}

}  // namespace fastthrift::python

#include "python/encode_containers.hpp"
