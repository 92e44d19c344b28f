#include "python/served_method.hpp"

#include "python/errors.hpp"
#include "python/payload_type.hpp"

#include <algorithm>

#include "base/buffer.hpp"
#include "wire/binary.hpp"

namespace fastthrift::python {

ServedMethod::ServedMethod(PyObject* service, PyObject* handler, PyObject* name)
    : service_(Ref::share(service)), handler_(Ref::share(handler)) {
  PyObject* interned = Ref::share(name).release();
  PyUnicode_InternInPlace(&interned);
  name_ = Ref::steal(interned);
  Py_ssize_t size = 0;
  const char* bytes = PyUnicode_AsUTF8AndSize(name_.get(), &size);
  if (bytes == nullptr) throw PythonError();
  text_ = {bytes, static_cast<std::size_t>(size)};
  Buffer head;
  wire::BinaryWriter(head).message_begin(text_, wire::MessageType::reply, 0);
  reply_head_.assign(reinterpret_cast<const char*>(head.data()), head.size() - sizeof(std::int32_t));
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

const Layout* ServedMethod::new_plain_layout(Kind& kind) {
  if (!kind.is_native) return nullptr;
  auto* type = reinterpret_cast<PyTypeObject*>(kind.type.get());
  if (!kind.is_known) {
    const Ref object = payload::make(type);
    const Layout& layout = payload::layout_of(type);
    const auto is_none = [&](const FieldLayout& field) {
      return payload::slot(object.get(), field.offset) == Py_None;
    };
    kind.is_known = true;
    kind.is_plain = Py_TYPE(object.get()) == type && layout.is_direct() &&
                    std::all_of(layout.fields().begin(), layout.fields().end(), is_none);
  }
  if (!kind.is_plain) return nullptr;
  const Layout& layout = payload::layout_of(type);
  return layout.is_direct() ? &layout : nullptr;
}

Ref ServedMethod::take_scratch() { return scratch_ ? std::exchange(scratch_, Ref()) : make_args(); }

void ServedMethod::give_back(Ref scratch) {
  // With another reference to it somebody has kept it (a debugger, a finalizer): then it is his.
  if (!scratch_ && Py_REFCNT(scratch.get()) == 1) scratch_ = std::move(scratch);
}

Ref ServedMethod::make(Kind& kind) {
  if (!kind.is_native) return checked(PyObject_CallNoArgs(kind.type.get()));
  return payload::make(reinterpret_cast<PyTypeObject*>(kind.type.get()));
}

void ServedMethod::leak() {
  for (Ref* each : {&service_, &handler_, &name_, &args_.type, &result_.type, &scratch_}) each->release();
}

}  // namespace fastthrift::python
