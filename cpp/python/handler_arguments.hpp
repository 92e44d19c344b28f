#pragma once

#include "python/layout.hpp"
#include "python/payload.hpp"
#include "python/ref.hpp"

#include <cstddef>
#include <memory>
#include <utility>

namespace fastthrift::python {

// The arguments of one call as the handler's method gets them: the object that has the method, then a value
// for each field, None for one that did not come.
class Arguments {
 public:
  // `handler` outlives this.
  Arguments(PyObject* handler, const Layout& layout) : layout_(layout) {
    if (layout.fields().size() > few) {
      on_heap_.reset(new PyObject*[1 + layout.fields().size()]);
      stack_ = on_heap_.get();
    }
    stack_[0] = handler;
  }
  Arguments(const Arguments&) = delete;
  ~Arguments() { clear(); }

  // One after the other,
  void add(Ref value) { stack_[size_++] = value.release(); }
  void clear() {
    while (size_ > 1) Py_DECREF(stack_[--size_]);
  }

  // or out of an instance that goes by offset, whose attributes are missing from then on,
  void take_from(PyObject* object) {
    for (const FieldLayout& field : layout_.fields()) {
      PyObject* value = std::exchange(payload::slot(object, field.offset), nullptr);
      add(value != nullptr ? Ref::steal(value) : Ref::share(Py_None));
    }
  }
  // or the attributes of any other.
  void read_from(PyObject* object) {
    for (const FieldLayout& field : layout_.fields()) {
      Ref value = Ref::steal(PyObject_GetAttr(object, field.name));
      if (!value) {
        if (!PyErr_ExceptionMatches(PyExc_AttributeError)) throw PythonError();
        PyErr_Clear();
        value = Ref::share(Py_None);
      }
      add(std::move(value));
    }
  }

  PyObject* const* stack() const { return stack_; }
  std::size_t size() const { return size_; }  // with the handler

  // The first required field without a value, or null.
  const FieldLayout* missing() const {
    for (std::size_t i = 1; i < size_; ++i) {
      const FieldLayout& field = layout_.fields()[i - 1];
      if (field.required && stack_[i] == Py_None) return &field;
    }
    return nullptr;
  }

 private:
  static constexpr std::size_t few = 8;

  const Layout& layout_;
  PyObject* on_stack_[1 + few];
  std::unique_ptr<PyObject*[]> on_heap_;
  PyObject** stack_ = on_stack_;
  std::size_t size_ = 1;
};

}  // namespace fastthrift::python
