#include "python/served_methods.hpp"

#include "python/errors.hpp"

namespace fastthrift::python {
namespace {

// Null for bytes that are no text, and so no name of anything.
Ref name_of(std::string_view bytes) {
  Ref text = Ref::steal(PyUnicode_DecodeUTF8(bytes.data(), static_cast<Py_ssize_t>(bytes.size()), nullptr));
  if (!text) PyErr_Clear();
  return text;
}

}  // namespace

ServedMethods::ServedMethods(PyObject* service, PyObject* handler)
    : service_(Ref::share(service)), handler_(Ref::share(handler)) {}

ServedMethods ServedMethods::of_several(PyObject* processor, std::string separator) {
  ServedMethods methods;
  methods.several_ = Ref::share(processor);
  methods.separator_ = std::move(separator);
  return methods;
}

ServedMethod* ServedMethods::find(std::string_view name, Unknown& unknown) {
  if (last_ != nullptr && last_->first == name) return &last_->second;
  if (const auto found = methods_.find(name); found != methods_.end()) return &(last_ = &*found)->second;
  unknown = {name, "", true};
  if (!several_) return make(service_.get(), handler_.get(), name, name);

  unknown.has_service = false;
  const std::size_t end = name.find(separator_);
  if (end == std::string_view::npos) {
    const Ref processor = checked(PyObject_GetAttrString(several_.get(), "default_processor"));
    if (processor.get() != Py_None) {
      unknown.has_service = true;
      return make_of(processor.get(), name, name);
    }
    const Ref shown = name_of(name), quoted = shown ? checked(PyObject_Repr(shown.get())) : Ref();
    const char* text = quoted ? PyUnicode_AsUTF8(quoted.get()) : "";
    if (text == nullptr) throw PythonError();
    unknown.text = std::string("Service name not found in message name ") + text +
                   ": is the client's protocol multiplexed?";
    return nullptr;
  }
  const std::string_view method = name.substr(end + separator_.size());
  unknown.name = method;
  const Ref service_name = name_of(name.substr(0, end));
  if (!service_name) return nullptr;
  const Ref processors = checked(PyObject_GetAttrString(several_.get(), "processors"));
  if (!PyDict_Check(processors.get())) raise(PyExc_TypeError, "`processors` must be a dict");
  const Ref processor = Ref::share(PyDict_GetItemWithError(processors.get(), service_name.get()));
  if (!processor) {
    if (PyErr_Occurred() != nullptr) throw PythonError();
    return nullptr;
  }
  unknown.has_service = true;
  return make_of(processor.get(), method, name);
}

ServedMethod* ServedMethods::make_of(PyObject* processor, std::string_view method, std::string_view name) {
  const Ref service = checked(PyObject_GetAttrString(processor, "_service"));
  const Ref handler = checked(PyObject_GetAttrString(processor, "_handler"));
  return make(service.get(), handler.get(), method, name);
}

ServedMethod* ServedMethods::make(PyObject* service, PyObject* handler, std::string_view method,
                                  std::string_view name) {
  const Ref text = name_of(method);
  if (!text) return nullptr;
  const Ref services = checked(PyObject_GetAttrString(service, "thrift_services"));
  const int is_known = PySequence_Contains(services.get(), text.get());
  checked_status(is_known);
  if (is_known == 0) return nullptr;
  // Made first: the service's attributes may be Python code, which lets other threads in here.
  ServedMethod made(service, handler, text.get(), name);
  return &(last_ = &*methods_.try_emplace(std::string(name), std::move(made)).first)->second;
}

void ServedMethods::leak() {
  for (Ref* each : {&service_, &handler_, &several_}) each->release();
  for (auto& [name, method] : methods_) method.leak();
}

void ServedMethods::clear() {
  last_ = nullptr;
  methods_.clear();
  service_ = handler_ = several_ = Ref();
}

}  // namespace fastthrift::python
