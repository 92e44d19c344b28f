#pragma once

#include "python/errors.hpp"
#include "python/layout.hpp"
#include "python/payload.hpp"

#include <memory>

namespace fastthrift::python {

// A single value is read and written like the only field of a struct.
class ValueLayout {
 public:
  ValueLayout(int ttype, PyObject* spec) {
    const bool has_spec = spec != nullptr && spec != Py_None;
    const Ref field = checked(has_spec ? Py_BuildValue("(isOO)", ttype, "value", spec, Py_False)
                                       : Py_BuildValue("(isO)", ttype, "value", Py_False));
    const Ref thrift_spec = checked(Py_BuildValue("{iO}", 1, field.get()));
    layout_ = Layout::compile(payload::base(), thrift_spec.get());
  }
  const Layout& layout() const { return *layout_; }
  const Shape& shape() const { return layout_->shape(layout_->fields()[0].shape); }

 private:
  std::unique_ptr<Layout> layout_;
};

}  // namespace fastthrift::python
