#include "python/served_method.hpp"

#include "python/errors.hpp"

namespace fastthrift::python {

ServedMethod::ServedMethod(PyObject* service, PyObject* handler, PyObject* name, std::string_view called)
    : service_(Ref::share(service)), handler_(Ref::share(handler)), called_(called) {
  PyObject* interned = Ref::share(name).release();
  PyUnicode_InternInPlace(&interned);
  name_ = Ref::steal(interned);
  Py_ssize_t size = 0;
  const char* bytes = PyUnicode_AsUTF8AndSize(name_.get(), &size);
  if (bytes == nullptr) throw PythonError();
  text_ = {bytes, static_cast<std::size_t>(size)};
  head_ = wire::MessageHead(text_);
  const auto class_for = [&](const char* suffix) {
    const Ref attribute = checked(PyUnicode_FromFormat("%U%s", name, suffix));
    return PlainClass(checked(PyObject_GetAttr(service, attribute.get())));
  };
  args_ = class_for("_args");
  result_ = class_for("_result");
  is_oneway_ = result_.is_of_oneway();
}

Ref ServedMethod::take_scratch() { return scratch_ ? std::exchange(scratch_, Ref()) : make_args(); }

void ServedMethod::give_back(Ref scratch) {
  // With another reference to it somebody has kept it (a debugger, a finalizer): then it is his.
  if (!scratch_ && Py_REFCNT(scratch.get()) == 1) scratch_ = std::move(scratch);
}

void ServedMethod::leak() {
  for (Ref* each : {&service_, &handler_, &name_, &scratch_}) each->release();
  args_.leak();
  result_.leak();
}

}  // namespace fastthrift::python
