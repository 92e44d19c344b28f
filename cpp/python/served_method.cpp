#include "python/served_method.hpp"

#include "python/errors.hpp"
#include "python/payload_type.hpp"

namespace fastthrift::python {
namespace {

const Layout& layout_for(PyObject* object, std::unique_ptr<Layout>& keep) {
  PyTypeObject* type = Py_TYPE(object);
  if (!payload::is_payload_type(type)) return payload::layout_of_object(object, keep);
  const Layout* current = payload::current_layout(type);
  return current != nullptr ? *current : payload::layout_of(type);
}

}  // namespace

Fields::Fields(PyObject* object)
    : object_(object),
      layout_(layout_for(object, keep_)),
      is_direct_(layout_.is_direct() && Py_TYPE(object) == layout_.type()) {}

Ref Fields::get(const FieldLayout& field) const {
  if (is_direct_) return Ref::share(slot(field));
  Ref value = Ref::steal(PyObject_GetAttr(object_, field.name));
  if (value) return value;
  if (!PyErr_ExceptionMatches(PyExc_AttributeError)) throw PythonError();
  PyErr_Clear();
  return Ref::share(Py_None);
}

void Fields::set(const FieldLayout& field, PyObject* value) {
  if (is_direct_) {
    payload::store(object_, field.offset, Ref::share(value));
  } else {
    checked_status(PyObject_SetAttr(object_, field.name, value));
  }
}

void Fields::clear() {
  for (const FieldLayout& field : layout_.fields()) {
    PyObject*& value = payload::slot(object_, field.offset);
    if (value == Py_None) continue;
    PyObject* old = std::exchange(value, Ref::share(Py_None).release());
    Py_XDECREF(old);
  }
}

bool Fields::is_clear() const {
  for (const FieldLayout& field : layout_.fields()) {
    if (payload::slot(object_, field.offset) != Py_None) return false;
  }
  return true;
}

ServedMethod::ServedMethod(PyObject* service, PyObject* handler, PyObject* name)
    : service_(Ref::share(service)), handler_(Ref::share(handler)) {
  PyObject* interned = Ref::share(name).release();
  PyUnicode_InternInPlace(&interned);
  name_ = Ref::steal(interned);
  Py_ssize_t size = 0;
  const char* bytes = PyUnicode_AsUTF8AndSize(name_.get(), &size);
  if (bytes == nullptr) throw PythonError();
  text_ = {bytes, static_cast<std::size_t>(size)};
  const auto class_for = [&](const char* suffix, Kind& kind) {
    const Ref attribute = checked(PyUnicode_FromFormat("%U%s", name, suffix));
    kind.type = checked(PyObject_GetAttr(service, attribute.get()));
    kind.is_native = PyType_Check(kind.type.get()) &&
                     payload::is_payload_type(reinterpret_cast<PyTypeObject*>(kind.type.get()));
  };
  class_for("_args", args_);
  class_for("_result", result_);
  if (const Ref oneway = Ref::steal(PyObject_GetAttrString(result_.type.get(), "oneway"))) {
    const int truth = PyObject_IsTrue(oneway.get());
    checked_status(truth);
    is_oneway_ = truth != 0;
  } else {
    PyErr_Clear();
  }
}

Ref ServedMethod::take(Kind& kind) {
  if (kind.spare) return std::exchange(kind.spare, Ref());
  if (!kind.is_native) return checked(PyObject_CallNoArgs(kind.type.get()));
  Ref object = payload::make(reinterpret_cast<PyTypeObject*>(kind.type.get()));
  if (!kind.is_known) {
    const Fields fields(object.get());
    kind.is_known = true;
    kind.is_reusable = fields.is_direct() && fields.is_clear();
  }
  return object;
}

void ServedMethod::give_back(Kind& kind, Ref object, Fields& fields) {
  // With another reference to it somebody has kept it (a debugger, a finalizer): then it is his.
  if (!kind.is_reusable || kind.spare || Py_REFCNT(object.get()) != 1 || !fields.is_direct()) return;
  fields.clear();
  kind.spare = std::move(object);
}

void ServedMethod::leak() {
  for (Ref* each : {&service_, &handler_, &name_}) each->release();
  for (Kind* kind : {&args_, &result_}) {
    kind->type.release();
    kind->spare.release();
  }
}

}  // namespace fastthrift::python
