#pragma once

#include "python/decode.hpp"

#include <utility>

// The part of the Decoder that reads structs.
namespace fastthrift::python {

template <class Reader>
void Decoder<Reader>::structure_into(PyObject* object) {
  PyTypeObject* type = Py_TYPE(object);
  if (payload::is_payload_type(type)) [[likely]] {
    const Layout* current = payload::current_layout(type);
    const Layout& layout = current != nullptr ? *current : payload::layout_of(type);
    if (!layout.is_direct()) [[unlikely]]
      return other_fields(object, layout);
    direct_fields(object, layout);
    return;
  }
  std::unique_ptr<Layout> keep;
  const Layout& layout = payload::layout_of_object(object, keep);
  budget_.count_struct(type, layout.fields().size());
  other_fields(object, layout);
}

// Reads the next header. Null: it was the end, or a field that was skipped.
template <class Reader>
const FieldLayout* Decoder<Reader>::next_field(const Layout& layout, std::size_t expected, bool& is_end) {
  const wire::FieldHeader header = in_.field_begin();
  is_end = header.type == TType::stop;
  if (is_end) return nullptr;
  const int at = layout.find(header.id, expected);
  if (at < 0) {
    skip(header.type);
    return nullptr;
  }
  const FieldLayout& field = layout.fields()[static_cast<std::size_t>(at)];
  if (header.type == field.head.type && field.form != Form::unknown) [[likely]]
    return &field;
  try {
    skip(header.type);
  } catch (...) {
    path_.enter_field(field.name);
    throw;
  }
  return nullptr;
}

template <class Reader>
bool Decoder<Reader>::direct_fields(PyObject* object, const Layout& layout) {
  const Depth::StructLevel level(depth_, "reading a Thrift struct");
  const PlainOptions plain{options_.decode_response};
  const FieldLayout* const fields = layout.fields().data();
  const FieldLayout* const end = fields + layout.fields().size();
  const FieldLayout* expected = fields;
  const FieldLayout* current = nullptr;
  bool in_order = true;
  typename Reader::Place place(in_);
  const auto saved = place.struct_begin();
  try {
    for (;;) {
      if (place.stop()) break;
      if (expected != end && place.field_begin(expected->head)) [[likely]] {
        current = expected;
      } else {
        place.leave();
        in_order = false;
        bool is_end = false;
        current = next_field(layout, static_cast<std::size_t>(expected - fields), is_end);
        place.resume();
        if (is_end) break;
        if (current == nullptr) continue;
      }
      expected = current + 1;
      PyObject* value = read_plain(place, current->form, plain);
      if (value != nullptr) [[likely]] {
        // These cannot close a cycle: the object need not be tracked for them.
        PyObject* before = std::exchange(payload::slot(object, current->offset), value);
        if (before != nullptr) {
          if (before == Py_None) {
            Py_DECREF(before);
          } else {
            place.leave();
            Py_DECREF(before);  // which may run Python code
            place.resume();
          }
        }
      } else {
        place.leave();
        payload::store(object, current->offset, this->value(layout, layout.shape(current->shape)));
        place.resume();
      }
      current = nullptr;
    }
  } catch (...) {
    if (current != nullptr) path_.enter_field(current->name);
    throw;
  }
  place.struct_end(saved);
  return in_order && expected == end;
}

template <class Reader>
void Decoder<Reader>::other_fields(PyObject* object, const Layout& layout) {
  each_field(layout, [object](PyObject* name, PyObject* value) {
    checked_status(payload::assign(object, name, value));
  });
}

template <class Reader>
Ref Decoder<Reader>::plain_structure(PyTypeObject* type, PyObject* thrift_spec) {
  collector_.count_object();
  std::unique_ptr<Layout> keep;
  const Layout& layout = payload::layout_of_pair(type, thrift_spec, keep);
  budget_.count_struct(type, layout.fields().size());
  PyObject* cls = reinterpret_cast<PyObject*>(type);
  if (type->tp_setattro == PyObject_GenericSetAttr) [[likely]] {
    Ref object = checked(parked([&] { return PyObject_CallNoArgs(cls); }));
    other_fields(object.get(), layout);
    return object;
  }
  // Its instances may be immutable: its own `__init__` gets all there is.
  const Ref fields = checked(PyDict_New());
  each_field(layout, [&](PyObject* name, PyObject* value) {
    checked_status(PyDict_SetItem(fields.get(), name, value));
  });
  const Ref none = checked(PyTuple_New(0));
  return checked(parked([&] { return PyObject_Call(cls, none.get(), fields.get()); }));
}

template <class Reader>
template <class Set>
void Decoder<Reader>::each_field(const Layout& layout, Set set) {
  const Depth::StructLevel level(depth_, "reading a Thrift struct");
  const auto saved = in_.struct_begin();
  std::size_t expected = 0;
  for (bool is_end = false; !is_end;) {
    const FieldLayout* field = next_field(layout, expected, is_end);
    if (field == nullptr) continue;
    expected = static_cast<std::size_t>(field - layout.fields().data()) + 1;
    try {
      const Ref value = this->value(layout, layout.shape(field->shape));
      set(field->name, value.get());
    } catch (...) {
      path_.enter_field(field->name);
      throw;
    }
  }
  in_.struct_end(saved);
}

template <class Reader>
Ref Decoder<Reader>::structure(const Shape& shape) {
  if (payload::is_payload_type(shape.type)) [[likely]] {
    const Layout* current = payload::current_layout(shape.type);
    const Layout& layout = current != nullptr ? *current : payload::layout_of(shape.type);
    return Ref::steal(structure_of(shape.type, layout));
  }
  if (shape.pair != nullptr) {
    const Ref spec = payload::spec_in(shape.pair);
    return plain_structure(shape.type, spec.get());
  }
  Ref object = checked(parked([&] { return PyObject_CallNoArgs(reinterpret_cast<PyObject*>(shape.type)); }));
  structure_into(object.get());
  return object;
}

template <class Reader>
PyObject* Decoder<Reader>::structure_of(PyTypeObject* type, const Layout& layout) {
  collector_.count_object();
  budget_.count_struct(type);
  if (!layout.defaults().empty()) [[likely]] {
    // What `type()` would do, but only for the fields that do not come.
    Ref object = checked(payload::allocate(type));
    if (!direct_fields(object.get(), layout)) payload::fill_missing(object.get(), layout);
    return object.release();
  }
  Ref object = payload::make(type);
  // A `__new__` may give something else.
  if (Py_TYPE(object.get()) == type && layout.is_direct()) {
    direct_fields(object.get(), layout);
  } else {
    structure_into(object.get());
  }
  return object.release();
}

}  // namespace fastthrift::python
