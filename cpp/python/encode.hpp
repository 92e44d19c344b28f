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

#include <type_traits>

#include "base/hints.hpp"
#include "wire/numbers.hpp"

// Writing one value: a template over the wire's Writer, instantiated in encode_binary.cpp,
// encode_compact.cpp and encode_json.cpp. Each function takes the Place where it shall write and gives back
// the one behind what it wrote. Whatever may run Python code (a property, an __index__) is a `detour` from
// there, and holds a reference to what it goes on with: that code may change every container and attribute
// around it, and write to the same buffer.
namespace fastthrift::python {

template <class Writer>
class Encoder {
 public:
  Encoder(Buffer& out, const CodecOptions& options, typename Writer::Options wire_options)
      : writer_(out, wire_options), depth_(options.limits), refuses_fractions_(options.decode.apache) {}

  // Any object with a `thrift_spec`.
  void write_structure(PyObject* object);
  // Any object, by the layout for its class.
  void write_by(const Layout& layout, PyObject* object);
  // A struct of one field, or of none: null, or a value that is None.
  void write_only_field(const Layout& layout, const FieldLayout* only, PyObject* value);
  void write_value(const Layout& layout, std::uint32_t shape, PyObject* value);

  Path& path() { return path_; }

 private:
  using Place = typename Writer::Place;
  using Fields = typename Writer::Fields;
  using Level = Depth::Level;
  static constexpr bool is_compact = std::is_same_v<Writer, wire::CompactWriter>;

  template <class Write>
  void write(Write write);
  void leave(Place place);
  Place resumed();
  template <class Run>
  auto detour(Place& place, Run run);
  PyObject* truth(Place place, PyObject* value);
  Place release(Place place, Ref held);

  // `shape` is an index of the layout; `form` is that shape's, for loops over values of one form.
  template <class Head>
  Place value(Place place, const Layout& layout, const std::uint32_t& shape, Form form, PyObject* value,
              Head head);
  // What is no plain value nor a bool, behind its header.
  Place other_value(Place place, const Layout& layout, std::uint32_t shape, PyObject* value);
  Place rarer_value(Place place, const Shape& shape, PyObject* value);
  Place string(Place place, PyObject* value, bool is_binary);
  std::int64_t integer(Place& place, PyObject* value, int bits);

  static const Layout* current_layout(PyTypeObject* type);
  const Layout* direct_layout(Place& place, PyTypeObject* type);
  Place structure(Place place, PyObject* object, const Shape* shape);
  Place rarer_structure(Place place, PyObject* object, const Shape* shape);
  Place direct_fields(Place place, PyObject* object, const Layout& layout);
  Place other_structure(Place place, PyObject* object, const Shape* shape);
  Place other_fields(Place place, PyObject* object, const Layout& layout);

  Place list(Place place, const Layout& layout, const Shape& shape, PyObject* value);
  Place other_list(Place place, const Layout& layout, const Shape& shape, PyObject* value);
  Place sequence(Place place, const Layout& layout, const Shape& shape, PyObject* sequence);
  Place elements(Place place, const Layout& layout, std::uint32_t shape, Form form, PyObject* sequence);
  bool numbers(const Shape& element, PyObject* value);
  Place structures(Place place, const Shape& shape, PyObject* sequence);
  Place map(Place place, const Layout& layout, const Shape& shape, PyObject* value);
  Place dict(Place place, const Layout& layout, const Shape& shape, PyObject* value);
  template <Form key>
  Place dict_by(Place place, const Layout& layout, const Shape& shape, PyObject* value);
  template <Form key, Form element>
  Place pairs(Place place, const Layout& layout, const Shape& shape, PyObject* value);
  Place other_pair(Place place, const Layout& layout, const Shape& shape, PyObject* key, PyObject* element,
                   bool has_key);
  Place items(Place place, const Layout& layout, const Shape& shape, PyObject* pairs);

  Writer writer_;
  Depth depth_;
  const bool refuses_fractions_;
  Path path_;
  // Counts whatever may have run Python code: a layout that was current, a list that was as long, is so while
  // this stands still.
  std::size_t detours_ = 0;
};

// The attribute, or nothing where there is none.
Ref attribute_of(PyObject* object, PyObject* name);
// Throws TypeError for what is no instance of `type` and has none of the attributes that the layout names: a
// dict, for instance, would be written as a struct without fields.
void require_likeness(PyObject* object, PyTypeObject* type, const Layout& layout);
// Any integer that `small_integer` does not take, of at most 64 bits; beyond them it refuses as a number of
// `bits`. What is no integer is cut off, or refused.
std::int64_t wide_integer(PyObject* value, int bits, bool is_compact, bool refuses_fractions);
bool truth_in_python(PyObject* value);
// A list or tuple of the elements of whatever has a length and can be iterated.
Ref sequence_of(PyObject* value);
// A list of (key, value) of whatever has `items()`.
Ref items_of(PyObject* value);
// The 16 bytes of a uuid.UUID or of its text.
Ref uuid_bytes(PyObject* value);

// The bytes of a text that is no str: a lazy translation, a UserString. They have str's methods, and
// thriftpy2 asks for `encode`. Throws PythonError (TypeError) for anything else.
Ref encoded_text(PyObject* value);
// Turns the Python error that is set into thriftpy2's TDecodeException for the field, where it is one about a
// value.
void explain_refusal(const Layout& layout, const FieldLayout& field, PyObject* value);
// An integer that does not fit: TProtocolException for compact, otherwise OverflowError.
[[noreturn]] void refuse_range(int bits, bool is_compact);
[[noreturn]] void refuse_changed_size(const char* what);

template <class Writer>
template <class Write>
FASTTHRIFT_INLINE void Encoder<Writer>::write(Write write) {
  Place(write(Place(writer_))).leave(writer_);
}

// Before what may run Python code; behind it is another Place.
template <class Writer>
FASTTHRIFT_INLINE void Encoder<Writer>::leave(Place place) {
  ++detours_;
  place.leave(writer_);
}

template <class Writer>
FASTTHRIFT_APART auto Encoder<Writer>::resumed() -> Place {
  return Place(writer_);
}

// What `run` gives, which may run Python code.
template <class Writer>
template <class Run>
FASTTHRIFT_INLINE auto Encoder<Writer>::detour(Place& place, Run run) {
  leave(place);
  auto result = run();
  place = resumed();
  return result;
}

// What was held while it was written goes; Python code may run when it was the last to hold it.
template <class Writer>
FASTTHRIFT_INLINE auto Encoder<Writer>::release(Place place, Ref held) -> Place {
  if (Py_REFCNT(held.get()) != 1) [[likely]]
    return place;
  leave(place);
  held = Ref();
  return resumed();
}

template <class Writer>
void Encoder<Writer>::write_structure(PyObject* object) {
  write([&](Place place) { return structure(place, object, nullptr); });
}

template <class Writer>
void Encoder<Writer>::write_by(const Layout& layout, PyObject* object) {
  write([&](Place place) { return other_fields(place, object, layout); });
}

template <class Writer>
void Encoder<Writer>::write_value(const Layout& layout, std::uint32_t shape, PyObject* value) {
  write([&](Place place) {
    return this->value(place, layout, shape, layout.shape(shape).form, value, BeforeElement{});
  });
}

template <class Writer>
void Encoder<Writer>::write_only_field(const Layout& layout, const FieldLayout* only, PyObject* value) {
  const Depth::StructLevel level(depth_, "writing a Thrift struct");
  write([&](Place place) {
    place.struct_begin();
    if (only != nullptr && value != Py_None) {
      Fields fields;
      try {
        const BeforeField<Fields> head{fields, only->head};
        place = this->value(place, layout, only->shape, only->form, value, head);
      } catch (...) {
        if (PyErr_Occurred() != nullptr) explain_refusal(layout, *only, value);
        path_.enter_field(only->name);
        throw;
      }
      place.make_room(writer_);
    }
    place.struct_end();
    return place;
  });
}

// `shape` is by reference so that it is read only where it is needed, behind the stores of bytes.
template <class Writer>
template <class Head>
FASTTHRIFT_INLINE auto Encoder<Writer>::value(Place place, const Layout& layout, const std::uint32_t& shape,
                                              Form form, PyObject* value, Head head) -> Place {
  place.make_room(writer_);
  if (form >= Form::structure) {
    head.begin(place);
    if (form == Form::structure) return structure(place, value, &layout.shape(shape));
    if (form < Form::map) return list(place, layout, layout.shape(shape), value);
    return other_value(place, layout, shape, value);
  }
  if (write_plain(writer_, place, form, value, head)) [[likely]]
    return place;
  if (form == Form::boolean) [[unlikely]] {
    PyObject* is_true = truth(place, value);
    place = resumed();
    head.boolean(place, is_true == Py_True);
    return place;
  }
  head.begin(place);
  return other_value(place, layout, shape, value);
}

// True or False; behind it is another Place.
template <class Writer>
FASTTHRIFT_APART PyObject* Encoder<Writer>::truth(Place place, PyObject* value) {
  leave(place);
  return truth_in_python(value) ? Py_True : Py_False;
}

template <class Writer>
FASTTHRIFT_APART auto Encoder<Writer>::other_value(Place place, const Layout& layout, std::uint32_t index,
                                                   PyObject* value) -> Place {
  const Shape& shape = layout.shape(index);
  switch (shape.form) {
    case Form::structure:
      return structure(place, value, &shape);
    case Form::list:
    case Form::set:
      return list(place, layout, shape, value);
    case Form::map:
      return map(place, layout, shape, value);
    default:
      return rarer_value(place, shape, value);
  }
}

template <class Writer>
FASTTHRIFT_APART auto Encoder<Writer>::rarer_value(Place place, const Shape& shape, PyObject* value)
    -> Place {
  switch (shape.form) {
    case Form::i8:
      place.i8(static_cast<std::int8_t>(integer(place, value, 8)));
      return place;
    case Form::i16:
      place.i16(static_cast<std::int16_t>(integer(place, value, 16)));
      return place;
    case Form::i32:
    case Form::enumeration:
      place.i32(static_cast<std::int32_t>(integer(place, value, 32)));
      return place;
    case Form::i64:
      place.i64(integer(place, value, 64));
      return place;
    case Form::float64:
      place.float64(detour(place, [&] { return converted_double(value); }));
      return place;
    case Form::text:
      return string(place, value, false);
    case Form::binary:
      return string(place, value, true);
    case Form::uuid: {
      Ref bytes = detour(place, [&] { return uuid_bytes(value); });
      place.make_room(writer_, 16);
      place.uuid(reinterpret_cast<const std::uint8_t*>(PyBytes_AS_STRING(bytes.get())));
      return release(place, std::move(bytes));
    }
    default:
      break;
  }
  if (shape.wire == wire::TType::struct_)
    return structure(place, value, nullptr);  // declared without its class
  raise(PyExc_TypeError, "type %d cannot be written", shape.declared);
}

template <class Writer>
auto Encoder<Writer>::string(Place place, PyObject* value, bool is_binary) -> Place {
  const auto write_bytes = [&](Place at, const void* bytes, std::size_t size) {
    at.make_room_for(writer_, size);
    const auto* from = static_cast<const std::uint8_t*>(bytes);
    is_binary ? at.binary(from, size) : at.string(from, size);
    return at;
  };
  if (PyUnicode_Check(value)) {
    Py_ssize_t size = 0;
    const char* utf8 = PyUnicode_AsUTF8AndSize(value, &size);
    if (utf8 == nullptr) throw PythonError();
    return write_bytes(place, utf8, static_cast<std::size_t>(size));
  }
  if (PyBytes_Check(value)) {
    return write_bytes(place, PyBytes_AS_STRING(value), static_cast<std::size_t>(Py_SIZE(value)));
  }
  if (!is_binary) {
    Ref bytes = detour(place, [&] { return encoded_text(value); });
    const auto size = static_cast<std::size_t>(PyBytes_GET_SIZE(bytes.get()));
    place = write_bytes(place, PyBytes_AS_STRING(bytes.get()), size);
    return release(place, std::move(bytes));
  }
  leave(place);
  {
    const Ref keep = Ref::share(value);
    const View view(value);
    write([&](Place at) { return write_bytes(at, view.bytes().data(), view.bytes().size()); });
  }
  return Place(writer_);
}

template <class Writer>
std::int64_t Encoder<Writer>::integer(Place& place, PyObject* value, int bits) {
  std::int64_t number;
  if (!small_integer(value, number)) {
    number = detour(place, [&] { return wide_integer(value, bits, is_compact, refuses_fractions_); });
  }
  if (bits < 64 && number >> (bits - 1) != number >> 63) refuse_range(bits, is_compact);
  return number;
}

}  // namespace fastthrift::python

#include "python/encode_structs.hpp"
#include "python/encode_containers.hpp"
