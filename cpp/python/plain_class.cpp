#include "python/plain_class.hpp"

#include "python/errors.hpp"

#include <algorithm>

namespace fastthrift::python {

PlainClass::PlainClass(Ref type)
    : type_(std::move(type)),
      is_native_(PyType_Check(type_.get()) &&
                 payload::is_payload_type(reinterpret_cast<PyTypeObject*>(type_.get()))) {}

bool PlainClass::is_of_oneway() const {
  const Ref oneway = Ref::steal(PyObject_GetAttrString(type_.get(), "oneway"));
  if (!oneway) {
    PyErr_Clear();
    return false;
  }
  const int truth = PyObject_IsTrue(oneway.get());
  checked_status(truth);
  return truth != 0;
}

const Layout* PlainClass::new_layout() {
  if (!is_native_) return nullptr;
  auto* type = reinterpret_cast<PyTypeObject*>(type_.get());
  const Layout* layout = &payload::layout_of(type);
  if (version_ == 0 || version_ != payload::version_of(type)) {
    const Ref object = payload::make(type);
    layout = &payload::layout_of(type);
    const auto is_none = [&](const FieldLayout& field) {
      return payload::slot(object.get(), field.offset) == Py_None;
    };
    is_plain_ = Py_TYPE(object.get()) == type && layout->is_direct() &&
                std::all_of(layout->fields().begin(), layout->fields().end(), is_none);
    version_ = payload::version_of(type);
  }
  return is_plain_ && layout->is_direct() ? layout : nullptr;
}

Ref PlainClass::make() const {
  if (!is_native_) return checked(PyObject_CallNoArgs(type_.get()));
  return payload::make(reinterpret_cast<PyTypeObject*>(type_.get()));
}

}  // namespace fastthrift::python
