#pragma once

#include "python/encode.hpp"

// The part of the Encoder that writes lists, sets and maps.
namespace fastthrift::python {

// What is written while a place is left may run Python code, which may change the sequence: its size and its
// items are asked for again.
template <class Writer>
FASTTHRIFT_INLINE void Encoder<Writer>::elements(const Layout& layout, const Shape& shape, Form form,
                                                 PyObject* sequence) {
  const Py_ssize_t size = PySequence_Fast_GET_SIZE(sequence);
  PyObject** items = PySequence_Fast_ITEMS(sequence);
  Py_ssize_t i = 0;
  try {
    typename Writer::Place place(out_);
    while (i < size) {
      place.make_room();
      if (write_plain(place, form, items[i], BeforeElement{})) [[likely]] {
        ++i;
        continue;
      }
      place.leave();
      value(layout, shape, items[i]);
      if (++i < size && PySequence_Fast_GET_SIZE(sequence) != size) [[unlikely]]
        refuse_changed_size("list");
      items = PySequence_Fast_ITEMS(sequence);
      place.resume();
    }
    place.leave();
  } catch (...) {
    path_.enter_element(static_cast<std::size_t>(i));
    throw;
  }
}

// Mostly of one class, whose layout is looked up once.
template <class Writer>
void Encoder<Writer>::structures(const Shape& shape, PyObject* sequence) {
  const Py_ssize_t size = PySequence_Fast_GET_SIZE(sequence);
  PyTypeObject* type = nullptr;
  const Layout* layout = nullptr;
  std::size_t detours = 0;
  Py_ssize_t i = 0;
  try {
    for (; i < size; ++i) {
      if (PySequence_Fast_GET_SIZE(sequence) != size) [[unlikely]]
        refuse_changed_size("list");
      PyObject* object = PySequence_Fast_GET_ITEM(sequence, i);
      if (Py_TYPE(object) != type || detours_ != detours) [[unlikely]] {
        layout = direct_layout(Py_TYPE(object));
        type = layout != nullptr ? Py_TYPE(object) : nullptr;
        detours = detours_;
      }
      if (type == nullptr) [[unlikely]] {
        structure(object, &shape);
      } else {
        const Ref keep = Ref::share(object);
        direct_fields(object, *layout);
      }
    }
  } catch (...) {
    path_.enter_element(static_cast<std::size_t>(i));
    throw;
  }
}

template <class Writer>
void Encoder<Writer>::list(const Layout& layout, const Shape& shape, PyObject* value) {
  const Level level(depth_, "writing a Thrift container");
  const bool is_sequence = PyList_CheckExact(value) || PyTuple_CheckExact(value);
  const Shape& element = layout.shape(shape.element);
  if (!is_sequence) {
    ++detours_;
    if (const auto block = NumberBlock::of(value, element.form)) return numbers(element, *block);
  }
  const Ref sequence = is_sequence ? Ref::share(value) : sequence_of(value);
  out_.list_begin(element.wire, static_cast<std::size_t>(PySequence_Fast_GET_SIZE(sequence.get())));
  switch (element.form) {  // one loop for each form that comes in bulk
    case Form::i32:
      return elements(layout, element, Form::i32, sequence.get());
    case Form::i64:
      return elements(layout, element, Form::i64, sequence.get());
    case Form::float64:
      return elements(layout, element, Form::float64, sequence.get());
    case Form::text:
      return elements(layout, element, Form::text, sequence.get());
    case Form::structure:
      return structures(element, sequence.get());
    default:
      return elements(layout, element, element.form, sequence.get());
  }
}

template <class Writer>
void Encoder<Writer>::numbers(const Shape& element, const NumberBlock& block) {
  out_.list_begin(element.wire, block.size());
  switch (element.form) {
    case Form::i16:
      return wire::write_numbers<std::int16_t>(out_, block.data(), block.size());
    case Form::i32:
      return wire::write_numbers<std::int32_t>(out_, block.data(), block.size());
    case Form::i64:
      return wire::write_numbers<std::int64_t>(out_, block.data(), block.size());
    default:
      return wire::write_numbers<double>(out_, block.data(), block.size());
  }
}

template <class Writer>
void Encoder<Writer>::map(const Layout& layout, const Shape& shape, PyObject* value) {
  const Level level(depth_, "writing a Thrift container");
  const Shape& key = layout.shape(shape.key);
  const Shape& element = layout.shape(shape.element);
  if (PyDict_CheckExact(value)) [[likely]]
    return dict(layout, key, element, value);
  ++detours_;
  const Ref pairs = items_of(value);
  out_.map_begin(key.wire, element.wire, static_cast<std::size_t>(PyList_GET_SIZE(pairs.get())));
  items(layout, key, element, pairs.get());
}

template <class Writer>
void Encoder<Writer>::items(const Layout& layout, const Shape& key_shape, const Shape& element_shape,
                            PyObject* pairs) {
  const Py_ssize_t size = PyList_GET_SIZE(pairs);
  Py_ssize_t i = 0;
  try {
    for (; i < size; ++i) {
      if (PyList_GET_SIZE(pairs) != size) [[unlikely]]
        refuse_changed_size("list");
      const Ref pair = Ref::share(PyList_GET_ITEM(pairs, i));
      value(layout, key_shape, PyTuple_GET_ITEM(pair.get(), 0));
      value(layout, element_shape, PyTuple_GET_ITEM(pair.get(), 1));
    }
  } catch (...) {
    path_.enter_element(static_cast<std::size_t>(i));
    throw;
  }
}

template <class Writer>
void Encoder<Writer>::dict(const Layout& layout, const Shape& key_shape, const Shape& element_shape,
                           PyObject* value) {
  const Ref keep = Ref::share(value);
  const Py_ssize_t size = PyDict_GET_SIZE(value);
  out_.map_begin(key_shape.wire, element_shape.wire, static_cast<std::size_t>(size));
  Py_ssize_t written = 0, position = 0;
  PyObject *key, *element;
  try {
    typename Writer::Place place(out_);
    for (; PyDict_Next(value, &position, &key, &element); ++written) {
      place.make_room();
      const bool has_key = write_plain(place, key_shape.form, key, BeforeElement{});
      if (has_key) [[likely]] {
        place.make_room();
        if (write_plain(place, element_shape.form, element, BeforeElement{})) [[likely]]
          continue;
      }
      place.leave();
      const Ref own_key = Ref::share(key), own_element = Ref::share(element);
      if (!has_key) this->value(layout, key_shape, key);
      this->value(layout, element_shape, element);
      if (PyDict_GET_SIZE(value) != size) [[unlikely]]
        refuse_changed_size("dict");
      place.resume();
    }
    place.leave();
    if (written != size) [[unlikely]]
      refuse_changed_size("dict");
  } catch (...) {
    path_.enter_element(static_cast<std::size_t>(written));
    throw;
  }
}

}  // namespace fastthrift::python
