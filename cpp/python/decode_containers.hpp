#pragma once

#include "python/arenas.hpp"
#include "python/decode.hpp"
#include "python/dict_entries.hpp"

#include <algorithm>

// The part of the Decoder that reads lists, sets and maps.
namespace fastthrift::python {

template <class Reader>
Ref Decoder<Reader>::roomy_list(const wire::ListHeader& header) {
  // Never more than 1,024 places ahead of the bytes: a stream may have announced what it will not send.
  constexpr std::uint32_t ahead = 1024;
  const std::uint64_t at_hand = in_.input().at_hand() / Reader::minimum_size(header.element);
  const std::uint32_t sure = header.size <= at_hand || header.size <= ahead ? header.size : ahead;
  return roomy_list_of(sure);
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

// Plain ones one after the other, as far as they are at hand, into the room that the list has. A function of
// its own, so that the loop has all registers. No Python code can find the list meanwhile.
template <class Reader>
template <Form form>
FASTTHRIFT_APART void Decoder<Reader>::fill(PyObject* list, std::uint32_t& index, std::uint32_t size) {
  auto* inside = reinterpret_cast<PyListObject*>(list);
  if (Py_SIZE(inside) != static_cast<Py_ssize_t>(index)) [[unlikely]]
    return;  // `put` says so
  // Once for a list: each value that is not plain ends a run, and there may be as many as elements.
  const Arenas arenas(index == 0 ? size * bulk_size(form) : 0);
  const BulkMemory memory;
  typename Reader::Place place(in_);
  PyObject** at = inside->ob_item + index;
  PyObject** const end =
      inside->ob_item + std::min<std::size_t>(static_cast<std::size_t>(inside->allocated), size);
  PyObject* element = nullptr;
  while (at < end) {
    element = read_in_bulk<form>(place, memory);
    if (element == nullptr) [[unlikely]]
      break;
    *at++ = element;
  }
  place.leave();
  index = static_cast<std::uint32_t>(at - inside->ob_item);
  Py_SET_SIZE(inside, static_cast<Py_ssize_t>(index));
  if (element == nullptr && PyErr_Occurred() != nullptr) [[unlikely]]
    throw PythonError();
}

template <class Reader>
template <Form form>
Ref Decoder<Reader>::many_elements(const wire::ListHeader& header, const Layout& layout, const Shape& shape) {
  Ref list = roomy_list(header);
  std::uint32_t i = 0;
  try {
    while (i < header.size) {
      if (form != Form::text || options_.decode_response) fill<form>(list.get(), i, header.size);
      if (i == header.size) break;
      put(list.get(), i, value(layout, shape).release());
      ++i;
    }
  } catch (...) {
    path_.enter_element(i);
    throw;
  }
  return list;
}

// Of one class, whose layout is looked up once.
template <class Reader>
Ref Decoder<Reader>::structures(const wire::ListHeader& header, PyTypeObject* type) {
  const Layout* current = payload::current_layout(type);
  const Layout& layout = current != nullptr ? *current : payload::layout_of(type);
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
  budget_.count_list();
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
      return many_elements<Form::i32>(header, layout, element);
    case Form::i64:
      return many_elements<Form::i64>(header, layout, element);
    case Form::float64:
      return many_elements<Form::float64>(header, layout, element);
    case Form::text:
      return many_elements<Form::text>(header, layout, element);
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
  budget_.count_set();
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

// The same for a map.
template <class Reader>
template <Form form>
FASTTHRIFT_APART void Decoder<Reader>::fill_items(PyObject* map, std::uint32_t& index, std::uint32_t size,
                                                  Form value_form) {
  const PlainOptions plain{options_.decode_response};
  const Arenas arenas(index == 0 ? size * (bulk_size(form) + bulk_size(value_form)) : 0);
  const BulkMemory memory;
  typename Reader::Place place(in_);
  {
    NewPairs<form == Form::text> pairs(map);
    for (; index < size; ++index) {
      const std::uint8_t* const before = place.mark();
      std::int64_t number = 0;
      Ref key = Ref::steal(key_in_bulk<form>(place, memory, number));
      PyObject* const value = key ? read_plain(place, value_form, plain, memory) : nullptr;
      if (value == nullptr) [[unlikely]] {
        place.back(before);
        break;
      }
      pairs.put(key.release(), number, value);
    }
  }
  place.leave();
  if (index < size && PyErr_Occurred() != nullptr) [[unlikely]]
    throw PythonError();
}

template <class Reader>
void Decoder<Reader>::plain_items(PyObject* map, std::uint32_t& index, std::uint32_t size, Form key,
                                  Form value) {
  if (key == Form::i32) {
    fill_items<Form::i32>(map, index, size, value);
  } else if (key == Form::i64) {
    fill_items<Form::i64>(map, index, size, value);
  } else if (key == Form::text && options_.decode_response) {
    fill_items<Form::text>(map, index, size, value);
  }
}

template <class Reader>
Ref Decoder<Reader>::items_of(const Layout& layout, const Shape& shape) {
  const Level level(depth_, "reading a Thrift container");
  collector_.count_object();
  budget_.count_map();
  const wire::MapHeader header = in_.map_begin();
  // Where the bytes at hand tell how many surely come, room for all of them: it takes a few bytes for each.
  const std::size_t entry = Reader::minimum_size(header.key) + Reader::minimum_size(header.value);
  const Shape& key_shape = layout.shape(shape.key);
  const bool has_text_keys = key_shape.form == Form::text && options_.decode_response;
  Ref map = new_dict(header.size, in_.input().at_hand() / std::max<std::size_t>(entry, 8), has_text_keys);
  if (header.size == 0) return map;
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
  try {
    for (;; ++i) {
      if (is_plain) plain_items(map.get(), i, header.size, key_shape.form, value_shape.form);
      if (i >= header.size) break;
      Ref key = this->value(layout, key_shape);
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
