#pragma once

#include "python/codec.hpp"
#include "python/collector.hpp"
#include "python/decode_plain.hpp"
#include "python/depth.hpp"
#include "python/enumeration.hpp"
#include "python/object_budget.hpp"
#include "python/parked.hpp"
#include "python/path.hpp"
#include "python/payload_type.hpp"
#include "python/text.hpp"

#include "base/hints.hpp"
#include "wire/skip.hpp"

// Reading one value: a template over the wire's Reader, instantiated in decode_binary.cpp,
// decode_compact.cpp and decode_json.cpp. The schema is the Layout; the next field in its order is expected,
// what is unknown or of another type is skipped.
namespace fastthrift::python {

template <class Reader>
class Decoder {
 public:
  Decoder(Input& in, const CodecOptions& options, typename Reader::Options wire_options)
      : in_(in, options.limits, wire_options),
        options_(options.decode),
        depth_(options.limits),
        budget_(in, options.limits) {}

  // Fills an object of any class with a `thrift_spec`.
  void structure_into(PyObject* object);
  Ref value(const Layout& layout, const Shape& shape);
  Ref rarer_value(const Layout& layout, const Shape& shape);
  void skip(wire::TType type) { wire::skip(in_, type, depth_.open()); }

  // A new object (a new reference) of a payload class; and of any other by a spec in Apache's form.
  PyObject* structure_of(PyTypeObject* type, const Layout& layout);
  Ref plain_structure(PyTypeObject* type, PyObject* thrift_spec);
  void other_fields(PyObject* object, const Layout& layout);
  // An instance whose layout goes by offset. True: each of the layout's fields came, in their order.
  bool direct_fields(PyObject* object, const Layout& layout);

  Path& path() { return path_; }

 private:
  using TType = wire::TType;
  using Level = Depth::Level;

  template <class Set>
  void each_field(const Layout& layout, Set set);
  const FieldLayout* next_field(const Layout& layout, std::size_t expected, bool& is_end);
  Ref structure(const Shape& shape);
  Ref string(bool is_text);
  Ref enumeration(const Shape& shape);
  Ref uuid();
  Ref list(const Layout& layout, const Shape& shape);
  Ref elements_of(const Layout& layout, const Shape& shape);  // of a list or set, as a list
  Ref set(const Layout& layout, const Shape& shape);
  Ref map(const Layout& layout, const Shape& shape);
  Ref items_of(const Layout& layout, const Shape& shape);
  template <Form form>
  void fill_items(PyObject* map, std::uint32_t& index, std::uint32_t size, Form value);
  void plain_items(PyObject* map, std::uint32_t& index, std::uint32_t size, Form key, Form value);
  // An empty list with room for `header.size` elements, or for as many as surely come; `put` adds them.
  Ref roomy_list(const wire::ListHeader& header);
  Ref elements(const wire::ListHeader& header, const Layout& layout, const Shape& shape, Form form);
  template <Form form>
  Ref many_elements(const wire::ListHeader& header, const Layout& layout, const Shape& shape);
  template <Form form>
  void fill(PyObject* list, std::uint32_t& index, std::uint32_t size);
  Ref structures(const wire::ListHeader& header, PyTypeObject* type);
  // A new reference.
  PyObject* element(typename Reader::Place& place, const Layout& layout, const Shape& shape, Form form);

  Reader in_;
  const DecodeOptions& options_;
  Depth depth_;
  Path path_;
  CollectorPause collector_;
  ObjectBudget budget_;
};

// An empty list with room for as many elements.
Ref roomy_list_of(std::uint32_t size);
// Adds the element at `index` of a list that is being made, taking it over. Python code that finds the list
// before it is complete finds what is there so far; where it changes the list, RuntimeError.
[[noreturn]] void refuse_changed_list(PyObject* element);
FASTTHRIFT_INLINE void put(PyObject* list, std::uint32_t index, PyObject* element) {
  auto* inside = reinterpret_cast<PyListObject*>(list);
  const auto at = static_cast<Py_ssize_t>(index);
  if (Py_SIZE(inside) != at) [[unlikely]]
    refuse_changed_list(element);
  if (inside->allocated > at) [[likely]] {
    inside->ob_item[at] = element;
    Py_SET_SIZE(inside, at + 1);
  } else {
    checked_status(PyList_Append(list, Ref::steal(element).get()));
  }
}
// A value that can be an element of a set or a key of a map: a list becomes a tuple.
Ref hashable(Ref value);
// A uuid.UUID.
Ref uuid_of(Bytes bytes);
// A container that cannot be changed: tuple, frozenset, TFrozenDict.
Ref frozen(Ref container);
[[noreturn]] void refuse_element(wire::TType expected, wire::TType came);

template <class Reader>
FASTTHRIFT_INLINE Ref Decoder<Reader>::value(const Layout& layout, const Shape& shape) {
  switch (shape.form) {
    case Form::boolean:
      return Ref::share(in_.boolean() ? Py_True : Py_False);
    case Form::i8:
      return checked(new_integer(in_.i8()));
    case Form::i16:
      return checked(new_integer(in_.i16()));
    case Form::i32:
      return checked(new_integer(in_.i32()));
    case Form::i64:
      return checked(new_integer(in_.i64()));
    case Form::float64:
      return checked(PyFloat_FromDouble(in_.float64()));
    case Form::text:
      return string(true);
    default:
      return rarer_value(layout, shape);
  }
}

template <class Reader>
Ref Decoder<Reader>::rarer_value(const Layout& layout, const Shape& shape) {
  switch (shape.form) {
    case Form::binary:
      return string(false);
    case Form::uuid:
      return uuid();
    case Form::enumeration:
      return enumeration(shape);
    case Form::structure:
      return structure(shape);
    case Form::list:
      return list(layout, shape);
    case Form::set:
      return set(layout, shape);
    case Form::map:
      return map(layout, shape);
    default:
      raise(PyExc_TypeError, "type %d cannot be read", shape.declared);
  }
}

template <class Reader>
FASTTHRIFT_INLINE Ref Decoder<Reader>::string(bool is_text) {
  if (!is_text) return bytes_of(in_.binary());
  const Bytes bytes = in_.string();
  return options_.decode_response ? text_of(bytes, options_.strict_decode) : bytes_of(bytes);
}

template <class Reader>
Ref Decoder<Reader>::enumeration(const Shape& shape) {
  const Ref number = checked(PyLong_FromLong(in_.i32()));
  Ref member = member_of(shape.type, Ref::share(number.get()));
  if (!options_.apache || member.get() != number.get()) return member;
  // Its class knows better, or refuses: Apache's generated code asks it.
  return checked(
      parked([&] { return PyObject_CallOneArg(reinterpret_cast<PyObject*>(shape.type), number.get()); }));
}

template <class Reader>
Ref Decoder<Reader>::uuid() {
  return uuid_of({in_.uuid(), 16});
}

}  // namespace fastthrift::python

#include "python/decode_structs.hpp"
#include "python/decode_containers.hpp"
