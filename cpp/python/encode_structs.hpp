#pragma once

#include "python/encode.hpp"

// The part of the Encoder that writes structs.
namespace fastthrift::python {

// The layout of a class whose instances are read by offset, as far as it is at hand.
template <class Writer>
FASTTHRIFT_INLINE const Layout* Encoder<Writer>::current_layout(PyTypeObject* type) {
  if (Py_TYPE(type) != &payload::metaclass_object) [[unlikely]]
    return nullptr;
  const Layout* layout = payload::current_layout(type);
  return layout != nullptr && layout->is_direct() ? layout : nullptr;
}

// The same for any class; null where there is none.
template <class Writer>
const Layout* Encoder<Writer>::direct_layout(Place& place, PyTypeObject* type) {
  if (!payload::is_payload_type(type)) return nullptr;
  const Layout* layout = payload::current_layout(type);
  if (layout == nullptr) layout = detour(place, [&] { return &payload::layout_of(type); });
  return layout->is_direct() ? layout : nullptr;
}

template <class Writer>
auto Encoder<Writer>::structure(Place place, PyObject* object, const Shape* shape) -> Place {
  const Layout* layout = current_layout(Py_TYPE(object));
  if (layout != nullptr) [[likely]]
    return direct_fields(place, object, *layout);
  return rarer_structure(place, object, shape);
}

template <class Writer>
FASTTHRIFT_APART auto Encoder<Writer>::rarer_structure(Place place, PyObject* object, const Shape* shape)
    -> Place {
  const Layout* layout = direct_layout(place, Py_TYPE(object));
  place.make_room(writer_);
  return layout != nullptr ? direct_fields(place, object, *layout) : other_structure(place, object, shape);
}

template <class Writer>
auto Encoder<Writer>::direct_fields(Place place, PyObject* object, const Layout& layout) -> Place {
  const Depth::StructLevel level(depth_, "writing a Thrift struct");
  Py_INCREF(object);
  Ref keep = Ref::steal(object);
  const FieldLayout* each = layout.fields().data();
  const FieldLayout* const end = each + layout.fields().size();
  try {
    Fields fields;
    place.struct_begin();
    for (; each != end; ++each) {
      PyObject* value = payload::slot(object, each->offset);
      if (value == nullptr || value == Py_None) continue;
      const BeforeField<Fields> head{fields, each->head};
      place = this->value(place, layout, each->shape, each->form, value, head);
    }
    place.make_room(writer_);
    place.struct_end();
  } catch (...) {
    if (each != end) {
      // The slot may hold something else by now: its value is what the text will show.
      PyObject* value = payload::slot(object, each->offset);
      if (PyErr_Occurred() != nullptr) explain_refusal(layout, *each, value != nullptr ? value : Py_None);
      path_.enter_field(each->name);
    }
    throw;
  }
  return release(place, std::move(keep));
}

// One in Apache's form is written by what stands in the shape.
template <class Writer>
auto Encoder<Writer>::other_structure(Place place, PyObject* object, const Shape* shape) -> Place {
  leave(place);
  {
    const Ref keep = Ref::share(object);
    std::unique_ptr<Layout> own;
    if (shape != nullptr && shape->pair != nullptr && !payload::is_payload_type(Py_TYPE(object))) {
      const Ref spec = payload::spec_in(shape->pair);
      const Layout& layout = payload::layout_of_pair(shape->type, spec.get(), own);
      require_likeness(object, shape->type, layout);
      write_by(layout, object);
    } else {
      write_by(payload::layout_of_object(object, own), object);
    }
  }
  return Place(writer_);
}

template <class Writer>
auto Encoder<Writer>::other_fields(Place place, PyObject* object, const Layout& layout) -> Place {
  const Depth::StructLevel level(depth_, "writing a Thrift struct");
  const FieldLayout* current = nullptr;
  Ref value;
  try {
    Fields fields;
    place.struct_begin();
    for (const FieldLayout& each : layout.fields()) {
      current = nullptr;
      const bool is_there = detour(place, [&] {
        value = attribute_of(object, each.name);
        return value && value.get() != Py_None;
      });
      if (!is_there) continue;
      current = &each;
      const BeforeField<Fields> head{fields, each.head};
      place = this->value(place, layout, each.shape, each.form, value.get(), head);
    }
    current = nullptr;
    place.make_room(writer_);
    place.struct_end();
  } catch (...) {
    if (current != nullptr) {
      if (PyErr_Occurred() != nullptr) explain_refusal(layout, *current, value.get());
      path_.enter_field(current->name);
    }
    throw;
  }
  return value ? release(place, std::move(value)) : place;
}

}  // namespace fastthrift::python
