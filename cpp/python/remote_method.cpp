#include "python/remote_method.hpp"

#include "python/errors.hpp"
#include "python/payload.hpp"

#include <vector>

namespace fastthrift::python::client {
namespace {

PyTypeObject* type_of(const PlainClass& type) { return reinterpret_cast<PyTypeObject*>(type.type()); }

Ref attribute_of(PyObject* object, const FieldLayout& field, bool direct) {
  if (direct) return Ref::share(payload::slot(object, field.offset));
  Ref value = Ref::steal(PyObject_GetAttr(object, field.name));
  if (!value) {
    if (!PyErr_ExceptionMatches(PyExc_AttributeError)) throw PythonError();
    PyErr_Clear();
  }
  return value;
}

}  // namespace

RemoteMethod::RemoteMethod(PyObject* service, PyObject* name) : name_(Ref::share(name)) {
  Py_ssize_t size = 0;
  const char* bytes = PyUnicode_AsUTF8AndSize(name, &size);
  if (bytes == nullptr) throw PythonError();
  text_.assign(bytes, static_cast<std::size_t>(size));
  const auto class_for = [&](const char* suffix) {
    const Ref attribute = checked(PyUnicode_FromFormat("%U%s", name, suffix));
    return PlainClass(checked(PyObject_GetAttr(service, attribute.get())));
  };
  args_ = class_for("_args");
  result_ = class_for("_result");
  const Ref service_name = Ref::steal(PyObject_GetAttrString(service, "__name__"));
  const char* prefix =
      service_name && PyUnicode_Check(service_name.get()) ? PyUnicode_AsUTF8(service_name.get()) : nullptr;
  if (prefix == nullptr) PyErr_Clear();
  full_name_ = std::string(prefix == nullptr ? "service" : prefix) + "." + text_;
  is_oneway_ = result_.is_of_oneway();
  is_native_ = args_.is_native() && result_.is_native();
  head_ = wire::MessageHead(text_);
}

void RemoteMethod::give(PyObject* object, const Layout& layout, const FieldLayout& field,
                        PyObject* value) const {
  if (layout.is_direct()) {
    payload::store(object, field.offset, Ref::share(value));
  } else {
    checked_status(PyObject_SetAttr(object, field.name, value));
  }
}

Ref RemoteMethod::bind(PyObject* const* args, std::size_t positional, PyObject* keywords) const {
  const LayoutUse use;
  const Layout& layout = payload::layout_of(type_of(args_));
  const std::vector<FieldLayout>& fields = layout.fields();
  if (positional > fields.size()) {
    raise(PyExc_TypeError, "%s() takes %zu positional arguments but %zu were given", full_name_.c_str(),
          fields.size(), positional);
  }
  Ref object = payload::make(type_of(args_));
  const std::size_t named = keywords == nullptr ? 0 : static_cast<std::size_t>(PyTuple_GET_SIZE(keywords));
  std::uint64_t given = 0;  // of the first 64; those behind are looked up
  const auto keyword_for = [&](const FieldLayout& field) -> PyObject* {
    for (std::size_t k = 0; k < named; ++k) {
      PyObject* keyword = PyTuple_GET_ITEM(keywords, static_cast<Py_ssize_t>(k));
      if (keyword == field.name || PyUnicode_Compare(keyword, field.name) == 0) {
        if (k < 64) given |= std::uint64_t{1} << k;
        return args[positional + k];
      }
    }
    return nullptr;
  };
  for (std::size_t i = 0; i < fields.size(); ++i) {
    PyObject* value = i < positional ? args[i] : Py_None;
    if (named != 0) {
      PyObject* keyword = keyword_for(fields[i]);
      if (value == Py_None && keyword == Py_None && !fields[i].required) {
        // By name, None is a value: nothing is sent, not even the default.
        give(object.get(), layout, fields[i], keyword);
        continue;
      }
      if (value == Py_None && keyword != nullptr) value = keyword;
    }
    if (value != Py_None) {
      give(object.get(), layout, fields[i], value);
    } else if (fields[i].required) {
      const char* name = PyUnicode_AsUTF8(fields[i].name);
      throw RemoteError(RemoteError::Kind::unknown_method, std::string(name == nullptr ? "?" : name) +
                                                               " is required argument for " + full_name_);
    }
  }
  for (std::size_t k = 0; k < named; ++k) {
    PyObject* keyword = PyTuple_GET_ITEM(keywords, static_cast<Py_ssize_t>(k));
    bool known = k < 64 && (given >> k & 1) != 0;
    for (std::size_t i = 0; k >= 64 && !known && i < fields.size(); ++i) {
      known = PyUnicode_Compare(keyword, fields[i].name) == 0;
    }
    if (!known)
      raise(PyExc_TypeError, "%s() got an unexpected keyword argument '%U'", full_name_.c_str(), keyword);
  }
  return object;
}

Ref RemoteMethod::read_result(Input& in, const CodecOptions& options) const {
  Ref object = payload::make(type_of(result_));
  read_struct(in, object.get(), options);
  return object;
}

Ref RemoteMethod::outcome_of(PyObject* object) const {
  const LayoutUse use;
  const Layout& layout = payload::layout_of(type_of(result_));
  const std::vector<FieldLayout>& fields = layout.fields();
  const int success = layout.find(0);
  if (success >= 0) {
    Ref value = attribute_of(object, fields[static_cast<std::size_t>(success)], layout.is_direct());
    if (value && value.get() != Py_None) return value;
  }
  for (const FieldLayout& field : fields) {
    if (field.id == 0) continue;
    const Ref error = attribute_of(object, field, layout.is_direct());
    if (error && PyExceptionInstance_Check(error.get())) {
      PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(error.get())), error.get());
      throw PythonError();
    }
  }
  if (success >= 0) throw RemoteError(RemoteError::Kind::missing_result, "Missing result");
  return Ref::share(Py_None);
}

}  // namespace fastthrift::python::client
