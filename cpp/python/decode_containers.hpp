#pragma once

#include "python/decode.hpp"

// The part of the Decoder that reads lists, sets and maps.
namespace fastthrift::python {

template <class Reader>
Ref Decoder<Reader>::roomy_list(const wire::ListHeader& header) {
  // Never more than 1,024 places ahead of the bytes: a stream may have announced what it will not send.
  constexpr std::uint32_t ahead = 1024;
  const std::uint64_t at_hand = in_.input().at_hand() / Reader::minimum_size(header.element);
  const std::uint32_t sure = header.size <= at_hand || header.size <= ahead ? header.size : ahead;
  Ref list = checked(PyList_New(static_cast<Py_ssize_t>(sure)));
  Py_SET_SIZE(list.get(), 0);
  return list;
}

// The place is left while anything but a plain value is read.
template <class Reader>
FASTTHRIFT_INLINE PyObject* Decoder<Reader>::element(typename Reader::Place& place, const Layout& layout,
                                                     const Shape& shape, Form form) {
  PyObject* plain = read_plain(place, form, PlainOptions{options_.decode_response});
  if (plain != nullptr) [[likely]]
    return plain;
  place.leave();
  PyObject* value = this->value(layout, shape).release();
  place.resume();
  return value;
}

template <class Reader>
FASTTHRIFT_INLINE Ref Decoder<Reader>::elements(const wire::ListHeader& header, const Layout& layout,
                                                const Shape& shape, Form form) {
  Ref list = roomy_list(header);
  std::uint32_t i = 0;
  typename Reader::Place place(in_);
  try {
    for (; i < header.size; ++i) put(list.get(), i, element(place, layout, shape, form));
  } catch (...) {
    path_.enter_element(i);
    throw;
  }
  place.leave();
  return list;
}

// Of one class, whose layout is looked up once.
template <class Reader>
Ref Decoder<Reader>::structures(const wire::ListHeader& header, PyTypeObject* type) {
  const Layout& layout = payload::layout_of(type);
  Ref list = roomy_list(header);
  std::uint32_t i = 0;
  try {
    for (; i < header.size; ++i) put(list.get(), i, structure_of(type, layout));
  } catch (...) {
    path_.enter_element(i);
    throw;
  }
  return list;
}

template <class Reader>
Ref Decoder<Reader>::list(const Layout& layout, const Shape& shape) {
  Ref elements = elements_of(layout, shape);
  return shape.is_frozen ? frozen(std::move(elements)) : elements;
}

template <class Reader>
Ref Decoder<Reader>::elements_of(const Layout& layout, const Shape& shape) {
  const Level level(depth_, "reading a Thrift container");
  collector_.count_object();
  const wire::ListHeader header = in_.list_begin();
  const Shape& element = layout.shape(shape.element);
  if (header.size == 0) return checked(PyList_New(0));
  if (header.element != element.wire || element.form == Form::unknown) [[unlikely]] {
    if (options_.apache) refuse_element(element.wire, header.element);
    for (std::uint32_t i = 0; i < header.size; ++i) skip(header.element);
    return checked(PyList_New(0));
  }
  switch (element.form) {  // one loop for each form that comes in bulk
    case Form::i32:
      return elements(header, layout, element, Form::i32);
    case Form::i64:
      return elements(header, layout, element, Form::i64);
    case Form::float64:
      return elements(header, layout, element, Form::float64);
    case Form::text:
      return elements(header, layout, element, Form::text);
    case Form::structure:
      if (payload::is_payload_type(element.type)) return structures(header, element.type);
      [[fallthrough]];
    default:
      return elements(header, layout, element, element.form);
  }
}

template <class Reader>
Ref Decoder<Reader>::set(const Layout& layout, const Shape& shape) {
  Ref elements = elements_of(layout, shape);
  if (!options_.sets) return elements;
  Ref set = checked(PySet_New(nullptr));
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(elements.get()); ++i) {
    const Ref element = hashable(Ref::share(PyList_GET_ITEM(elements.get(), i)));
    checked_status(PySet_Add(set.get(), element.get()));
  }
  return shape.is_frozen ? frozen(std::move(set)) : set;
}

template <class Reader>
Ref Decoder<Reader>::map(const Layout& layout, const Shape& shape) {
  Ref items = items_of(layout, shape);
  return shape.is_frozen ? frozen(std::move(items)) : items;
}

template <class Reader>
Ref Decoder<Reader>::items_of(const Layout& layout, const Shape& shape) {
  const Level level(depth_, "reading a Thrift container");
  collector_.count_object();
  const wire::MapHeader header = in_.map_begin();
  // Where the bytes at hand tell how many surely come, room for all of them: it takes a few bytes for each.
  const std::size_t entry = Reader::minimum_size(header.key) + Reader::minimum_size(header.value);
  Ref map = new_dict(header.size, in_.input().at_hand() / std::max<std::size_t>(entry, 8));
  if (header.size == 0) return map;
  const Shape& key_shape = layout.shape(shape.key);
  const Shape& value_shape = layout.shape(shape.element);
  if (header.key != key_shape.wire || header.value != value_shape.wire || key_shape.form == Form::unknown ||
      value_shape.form == Form::unknown) [[unlikely]] {
    if (options_.apache) {
      const bool is_key = header.key != key_shape.wire;
      refuse_element(is_key ? key_shape.wire : value_shape.wire, is_key ? header.key : header.value);
    }
    for (std::uint32_t i = 0; i < header.size; ++i) {
      skip(header.key);
      skip(header.value);
    }
    return map;
  }
  const bool is_hashable = key_shape.form < Form::structure;
  const bool is_plain = key_shape.form <= Form::binary && value_shape.form <= Form::binary;
  std::uint32_t i = 0;
  typename Reader::Place place(in_);
  try {
    for (; i < header.size; ++i) {
      Ref key = Ref::steal(element(place, layout, key_shape, key_shape.form));
      if (!is_hashable) key = hashable(std::move(key));
      const Ref value = Ref::steal(element(place, layout, value_shape, value_shape.form));
      if (!is_plain) place.leave();  // hashing a key or freeing a value may run Python code
      checked_status(PyDict_SetItem(map.get(), key.get(), value.get()));
      if (!is_plain) place.resume();
    }
    place.leave();
  } catch (...) {
    path_.enter_element(i);
    throw;
  }
  return map;
}

}  // namespace fastthrift::python
