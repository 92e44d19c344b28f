#pragma once

#include "python/dict_entries.hpp"
#include "python/encode.hpp"

#include "wire/place.hpp"

// The part of the Encoder that writes lists, sets and maps.
namespace fastthrift::python {

template <class Writer>
auto Encoder<Writer>::list(Place place, const Layout& layout, const Shape& shape, PyObject* value) -> Place {
  const Level level(depth_, "writing a Thrift container");
  if (!PyList_CheckExact(value)) [[unlikely]]
    return other_list(place, layout, shape, value);
  if (PyList_GET_SIZE(value) == 0) {
    place.list_begin(layout.shape(shape.element).wire, 0);
    return place;
  }
  Ref held = Ref::share(value);
  place = sequence(place, layout, shape, value);
  return release(place, std::move(held));
}

template <class Writer>
FASTTHRIFT_APART auto Encoder<Writer>::other_list(Place place, const Layout& layout, const Shape& shape,
                                                  PyObject* value) -> Place {
  Ref held;
  if (PyTuple_CheckExact(value)) {
    held = Ref::share(value);
  } else {
    const bool is_block = detour(place, [&] { return numbers(layout.shape(shape.element), value); });
    if (is_block) return place;
    held = detour(place, [&] { return sequence_of(value); });
  }
  place = sequence(place, layout, shape, held.get());
  return release(place, std::move(held));
}

// A list or tuple that stays.
template <class Writer>
FASTTHRIFT_INLINE auto Encoder<Writer>::sequence(Place place, const Layout& layout, const Shape& shape,
                                                 PyObject* sequence) -> Place {
  const Shape& element = layout.shape(shape.element);
  place.list_begin(element.wire, static_cast<std::size_t>(PySequence_Fast_GET_SIZE(sequence)));
  switch (element.form) {  // one loop for each form that comes in bulk
    case Form::i32:
    case Form::enumeration:
      return elements(place, layout, shape.element, Form::i32, sequence);
    case Form::i64:
      return elements(place, layout, shape.element, Form::i64, sequence);
    case Form::float64:
      return elements(place, layout, shape.element, Form::float64, sequence);
    case Form::text:
      return elements(place, layout, shape.element, Form::text, sequence);
    case Form::structure:
      return structures(place, element, sequence);
    default:
      return elements(place, layout, shape.element, element.form, sequence);
  }
}

// Plain ones run no Python code. What does may change the sequence: its size and its items are asked for
// again.
template <class Writer>
FASTTHRIFT_INLINE auto Encoder<Writer>::elements(Place place, const Layout& layout, std::uint32_t shape,
                                                 Form form, PyObject* sequence) -> Place {
  const Py_ssize_t size = PySequence_Fast_GET_SIZE(sequence);
  Py_ssize_t i = 0;
  try {
    for (;;) {
      PyObject* const* const items = PySequence_Fast_ITEMS(sequence);
      for (; i < size; ++i) {
        place.make_room(writer_);
        if (!write_plain(writer_, place, form, items[i], BeforeElement{})) [[unlikely]]
          break;
      }
      if (i == size) break;
      place = value(place, layout, shape, form, items[i], BeforeElement{});
      ++i;
      if (i < size && PySequence_Fast_GET_SIZE(sequence) != size) [[unlikely]]
        refuse_changed_size("list");
    }
  } catch (...) {
    path_.enter_element(static_cast<std::size_t>(i));
    throw;
  }
  return place;
}

// Mostly of one class, whose layout is looked up once.
template <class Writer>
auto Encoder<Writer>::structures(Place place, const Shape& shape, PyObject* sequence) -> Place {
  const Py_ssize_t size = PySequence_Fast_GET_SIZE(sequence);
  PyTypeObject* type = nullptr;
  const Layout* layout = nullptr;
  std::size_t detours = detours_;
  Py_ssize_t i = 0;
  try {
    for (; i < size; ++i) {
      if (PySequence_Fast_GET_SIZE(sequence) != size) [[unlikely]]
        refuse_changed_size("list");
      PyObject* object = PySequence_Fast_GET_ITEM(sequence, i);
      if (Py_TYPE(object) != type || detours_ != detours) [[unlikely]] {
        layout = current_layout(Py_TYPE(object));
        if (layout == nullptr) [[unlikely]]
          layout = direct_layout(place, Py_TYPE(object));
        type = layout != nullptr ? Py_TYPE(object) : nullptr;
        detours = detours_;
      }
      place.make_room(writer_);
      place =
          layout != nullptr ? direct_fields(place, object, *layout) : other_structure(place, object, &shape);
    }
  } catch (...) {
    path_.enter_element(static_cast<std::size_t>(i));
    throw;
  }
  return place;
}

// True where the numbers lie side by side and are written.
template <class Writer>
bool Encoder<Writer>::numbers(const Shape& element, PyObject* value) {
  const auto block = NumberBlock::of(value, element.form);
  if (!block) return false;
  write([&](Place place) {
    place.list_begin(element.wire, block->size());
    return place;
  });
  switch (element.form) {
    case Form::i16:
      wire::write_numbers<std::int16_t>(writer_, block->data(), block->size());
      break;
    case Form::i32:
      wire::write_numbers<std::int32_t>(writer_, block->data(), block->size());
      break;
    case Form::i64:
      wire::write_numbers<std::int64_t>(writer_, block->data(), block->size());
      break;
    default:
      wire::write_numbers<double>(writer_, block->data(), block->size());
  }
  return true;
}

template <class Writer>
auto Encoder<Writer>::map(Place place, const Layout& layout, const Shape& shape, PyObject* value) -> Place {
  const Level level(depth_, "writing a Thrift container");
  const bool is_dict = PyDict_CheckExact(value);
  Ref held = is_dict ? Ref::share(value) : detour(place, [&] { return items_of(value); });
  const Py_ssize_t size = is_dict ? PyDict_GET_SIZE(value) : PyList_GET_SIZE(held.get());
  place.map_begin(layout.shape(shape.key).wire, layout.shape(shape.element).wire,
                  static_cast<std::size_t>(size));
  place = is_dict ? dict(place, layout, shape, value) : items(place, layout, shape, held.get());
  return release(place, std::move(held));
}

template <class Writer>
auto Encoder<Writer>::items(Place place, const Layout& layout, const Shape& shape, PyObject* pairs) -> Place {
  const Form key_form = layout.shape(shape.key).form, element_form = layout.shape(shape.element).form;
  const Py_ssize_t size = PyList_GET_SIZE(pairs);
  Py_ssize_t i = 0;
  try {
    for (; i < size; ++i) {
      if (PyList_GET_SIZE(pairs) != size) [[unlikely]]
        refuse_changed_size("list");
      Ref pair = Ref::share(PyList_GET_ITEM(pairs, i));
      PyObject *key = PyTuple_GET_ITEM(pair.get(), 0), *element = PyTuple_GET_ITEM(pair.get(), 1);
      place = value(place, layout, shape.key, key_form, key, BeforeElement{});
      place = value(place, layout, shape.element, element_form, element, BeforeElement{});
      place = release(place, std::move(pair));
    }
  } catch (...) {
    path_.enter_element(static_cast<std::size_t>(i));
    throw;
  }
  return place;
}

template <class Writer>
auto Encoder<Writer>::dict(Place place, const Layout& layout, const Shape& shape, PyObject* value) -> Place {
  switch (layout.shape(shape.key).form) {  // one loop for each form of keys that are common
    case Form::i32:
    case Form::enumeration:
      return dict_by<Form::i32>(place, layout, shape, value);
    case Form::i64:
      return dict_by<Form::i64>(place, layout, shape, value);
    case Form::text:
      return dict_by<Form::text>(place, layout, shape, value);
    default:
      return pairs<Form::unknown, Form::unknown>(place, layout, shape, value);
  }
}

template <class Writer>
template <Form key>
FASTTHRIFT_INLINE auto Encoder<Writer>::dict_by(Place place, const Layout& layout, const Shape& shape,
                                                PyObject* value) -> Place {
  switch (layout.shape(shape.element).form) {
    case Form::i32:
    case Form::enumeration:
      return pairs<key, Form::i32>(place, layout, shape, value);
    case Form::i64:
      return pairs<key, Form::i64>(place, layout, shape, value);
    case Form::float64:
      return pairs<key, Form::float64>(place, layout, shape, value);
    case Form::text:
      return pairs<key, Form::text>(place, layout, shape, value);
    default:
      return pairs<key, Form::unknown>(place, layout, shape, value);
  }
}

// Unknown ones are as the layout says.
template <class Writer>
template <Form key_of, Form element_of>
FASTTHRIFT_APART auto Encoder<Writer>::pairs(Place place, const Layout& layout, const Shape& shape,
                                             PyObject* value) -> Place {
  const Form key_form = key_of != Form::unknown ? key_of : layout.shape(shape.key).form;
  const Form element_form = element_of != Form::unknown ? element_of : layout.shape(shape.element).form;
  // Two numbers have room together: what the wire takes for them is at most this.
  constexpr bool are_numbers = key_of <= Form::float64 && element_of <= Form::float64;
  constexpr std::size_t more = are_numbers ? 20 - wire::Place::room : 0;
  const Py_ssize_t size = PyDict_GET_SIZE(value);
  Py_ssize_t written = 0, position = 0;
  PyObject *key = nullptr, *element = nullptr;
  try {
    for (;;) {
      bool has_key = false;
      DictPairs plain(value, position);
      for (;; ++written) {
        if (!plain.next(key, element)) {
          if (written != size) [[unlikely]]
            refuse_changed_size("dict");
          return place;
        }
        place.make_room(writer_, more);
        has_key = write_plain(writer_, place, key_form, key, BeforeElement{});
        if (!has_key) [[unlikely]]
          break;
        if (!are_numbers) place.make_room(writer_);
        if (!write_plain(writer_, place, element_form, element, BeforeElement{})) [[unlikely]]
          break;
      }
      position = plain.position();
      place = other_pair(place, layout, shape, key, element, has_key);
      if (PyDict_GET_SIZE(value) != size) [[unlikely]]
        refuse_changed_size("dict");
      ++written;
    }
  } catch (...) {
    path_.enter_element(static_cast<std::size_t>(written));
    throw;
  }
}

// What is not plain, and may run Python code.
template <class Writer>
FASTTHRIFT_APART auto Encoder<Writer>::other_pair(Place place, const Layout& layout, const Shape& shape,
                                                  PyObject* key, PyObject* element, bool has_key) -> Place {
  // Writing one may let go of the other.
  Ref own_key = Ref::share(key), own_element = Ref::share(element);
  if (!has_key) place = value(place, layout, shape.key, layout.shape(shape.key).form, key, BeforeElement{});
  place = value(place, layout, shape.element, layout.shape(shape.element).form, element, BeforeElement{});
  place = release(place, std::move(own_key));
  return release(place, std::move(own_element));
}

}  // namespace fastthrift::python
