#pragma once

#include "python/codec.hpp"
#include "python/collector.hpp"
#include "python/depth.hpp"
#include "python/path.hpp"
#include "python/text.hpp"

#include <utility>

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
      : in_(in, options.limits, wire_options), options_(options.decode), depth_(options.limits) {}

  // Fills an object of any class with a `thrift_spec`.
  void structure_into(PyObject* object);
  Ref value(const Layout& layout, const Shape& shape);
  Ref rarer_value(const Layout& layout, const Shape& shape);
  void skip(wire::TType type) { wire::skip(in_, type, depth_.open()); }

  Path& path() { return path_; }

 private:
  using TType = wire::TType;
  using Level = Depth::Level;

  void fields(PyObject* object, const Layout& layout, bool is_direct);
  void field(PyObject* object, const Layout& layout, const FieldLayout& field, const Shape& shape,
             bool is_direct);
  Ref structure(const Shape& shape);
  Ref structure_of(PyTypeObject* type, const Layout& layout);
  Ref string(bool is_text);
  Ref uuid();
  Ref list(const Layout& layout, const Shape& shape);
  Ref set(const Layout& layout, const Shape& shape);
  Ref map(const Layout& layout, const Shape& shape);
  // A list of `size` elements, each made by `next`.
  template <class Next>
  Ref elements(const wire::ListHeader& header, Next next);

  Reader in_;
  const DecodeOptions& options_;
  Depth depth_;
  Path path_;
  CollectorPause collector_;
};

// A value that can be an element of a set or a key of a map: a list becomes a tuple.
Ref hashable(Ref value);
// A uuid.UUID.
Ref uuid_of(Bytes bytes);

template <class Reader>
void Decoder<Reader>::structure_into(PyObject* object) {
  PyTypeObject* type = Py_TYPE(object);
  if (payload::is_payload_type(type)) [[likely]] {
    const Layout& layout = payload::layout_of(type);
    return fields(object, layout, layout.is_direct());
  }
  std::unique_ptr<Layout> keep;
  fields(object, payload::layout_of_object(object, keep), false);
}

template <class Reader>
void Decoder<Reader>::fields(PyObject* object, const Layout& layout, bool is_direct) {
  const Level level(depth_, "reading a Thrift struct");
  const auto saved = in_.struct_begin();
  const FieldLayout* current = nullptr;
  std::size_t expected = 0;
  try {
    for (;;) {
      const wire::FieldHeader header = in_.field_begin();
      if (header.type == TType::stop) break;
      const int at = layout.find(header.id, expected);
      if (at < 0) {
        skip(header.type);
        continue;
      }
      current = &layout.fields()[static_cast<std::size_t>(at)];
      expected = static_cast<std::size_t>(at) + 1;
      const Shape& shape = layout.shape(current->shape);
      if (header.type == shape.wire && shape.form != Form::unknown) [[likely]] {
        field(object, layout, *current, shape, is_direct);
      } else {
        skip(header.type);
      }
      current = nullptr;
    }
  } catch (...) {
    if (current != nullptr) path_.enter_field(current->name);
    throw;
  }
  in_.struct_end(saved);
}

template <class Reader>
FASTTHRIFT_INLINE void Decoder<Reader>::field(PyObject* object, const Layout& layout,
                                              const FieldLayout& field, const Shape& shape, bool is_direct) {
  Ref value = this->value(layout, shape);
  if (!is_direct) [[unlikely]] {
    checked_status(PyObject_SetAttr(object, field.name, value.get()));
  } else if (shape.form < Form::structure) {
    // Scalars cannot close a cycle: the object need not be tracked for them.
    Py_XDECREF(std::exchange(payload::slot(object, field.offset), value.release()));
  } else {
    payload::store(object, field.offset, std::move(value));
  }
}

template <class Reader>
FASTTHRIFT_INLINE Ref Decoder<Reader>::value(const Layout& layout, const Shape& shape) {
  switch (shape.form) {
    case Form::boolean:
      return Ref::share(in_.boolean() ? Py_True : Py_False);
    case Form::i8:
      return checked(PyLong_FromLong(in_.i8()));
    case Form::i16:
      return checked(PyLong_FromLong(in_.i16()));
    case Form::i32:
      return checked(PyLong_FromLong(in_.i32()));
    case Form::i64:
      return checked(PyLong_FromLongLong(in_.i64()));
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
Ref Decoder<Reader>::structure(const Shape& shape) {
  if (payload::is_payload_type(shape.type)) [[likely]] {
    return structure_of(shape.type, payload::layout_of(shape.type));
  }
  Ref object = checked(PyObject_CallObject(reinterpret_cast<PyObject*>(shape.type), nullptr));
  structure_into(object.get());
  return object;
}

template <class Reader>
Ref Decoder<Reader>::structure_of(PyTypeObject* type, const Layout& layout) {
  collector_.count_object();
  Ref object = payload::make(type);
  // A `__new__` may give something else.
  if (Py_TYPE(object.get()) == type) [[likely]] {
    fields(object.get(), layout, layout.is_direct());
  } else {
    structure_into(object.get());
  }
  return object;
}

template <class Reader>
Ref Decoder<Reader>::uuid() {
  return uuid_of({in_.uuid(), 16});
}

template <class Reader>
template <class Next>
Ref Decoder<Reader>::elements(const wire::ListHeader& header, Next next) {
  // Never more than 1,024 places ahead of the bytes: a stream may have announced what it will not send.
  constexpr std::uint32_t ahead = 1024;
  const std::uint64_t at_hand = in_.input().at_hand() / Reader::minimum_size(header.element);
  const std::uint32_t sure = header.size <= at_hand || header.size <= ahead ? header.size : ahead;
  Ref list = checked(PyList_New(static_cast<Py_ssize_t>(sure)));
  // Nobody must find it before it is complete: Python code may run while elements are made.
  PyObject_GC_UnTrack(list.get());
  std::uint32_t i = 0;
  try {
    for (; i < sure; ++i) PyList_SET_ITEM(list.get(), i, next().release());
    for (; i < header.size; ++i) checked_status(PyList_Append(list.get(), next().get()));
  } catch (...) {
    path_.enter_element(i);
    throw;
  }
  PyObject_GC_Track(list.get());
  return list;
}

template <class Reader>
Ref Decoder<Reader>::list(const Layout& layout, const Shape& shape) {
  const Level level(depth_, "reading a Thrift container");
  collector_.count_object();
  const wire::ListHeader header = in_.list_begin();
  const Shape& element = layout.shape(shape.element);
  if (header.size == 0) return checked(PyList_New(0));
  if (header.element != element.wire || element.form == Form::unknown) [[unlikely]] {
    for (std::uint32_t i = 0; i < header.size; ++i) skip(header.element);
    return checked(PyList_New(0));
  }
  switch (element.form) {  // one loop for each form that comes in bulk
    case Form::i32:
      return elements(header, [this] { return checked(PyLong_FromLong(in_.i32())); });
    case Form::i64:
      return elements(header, [this] { return checked(PyLong_FromLongLong(in_.i64())); });
    case Form::float64:
      return elements(header, [this] { return checked(PyFloat_FromDouble(in_.float64())); });
    case Form::text:
      return elements(header, [this] { return string(true); });
    case Form::structure:
      if (payload::is_payload_type(element.type)) {
        const Layout& inner = payload::layout_of(element.type);
        return elements(header, [&] { return structure_of(element.type, inner); });
      }
      [[fallthrough]];
    default:
      return elements(header, [&] { return value(layout, element); });
  }
}

template <class Reader>
Ref Decoder<Reader>::set(const Layout& layout, const Shape& shape) {
  Ref elements = list(layout, shape);
  if (!options_.sets) return elements;
  Ref set = checked(PySet_New(nullptr));
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(elements.get()); ++i) {
    const Ref element = hashable(Ref::share(PyList_GET_ITEM(elements.get(), i)));
    checked_status(PySet_Add(set.get(), element.get()));
  }
  return set;
}

template <class Reader>
Ref Decoder<Reader>::map(const Layout& layout, const Shape& shape) {
  const Level level(depth_, "reading a Thrift container");
  collector_.count_object();
  const wire::MapHeader header = in_.map_begin();
  Ref map = checked(PyDict_New());
  if (header.size == 0) return map;
  const Shape& key_shape = layout.shape(shape.key);
  const Shape& value_shape = layout.shape(shape.element);
  if (header.key != key_shape.wire || header.value != value_shape.wire || key_shape.form == Form::unknown ||
      value_shape.form == Form::unknown) [[unlikely]] {
    for (std::uint32_t i = 0; i < header.size; ++i) {
      skip(header.key);
      skip(header.value);
    }
    return map;
  }
  const bool is_hashable = key_shape.form < Form::structure;
  std::uint32_t i = 0;
  try {
    for (; i < header.size; ++i) {
      Ref key = value(layout, key_shape);
      if (!is_hashable) key = hashable(std::move(key));
      const Ref value = this->value(layout, value_shape);
      checked_status(PyDict_SetItem(map.get(), key.get(), value.get()));
    }
  } catch (...) {
    path_.enter_element(i);
    throw;
  }
  return map;
}

}  // namespace fastthrift::python
