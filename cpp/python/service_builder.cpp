#include "python/service_builder.hpp"

#include <utility>

#include "base/errors.hpp"

namespace fastthrift::python {
namespace {

// Services that extend each other, the first one included. Python's own work grows with the square of it.
constexpr Py_ssize_t max_ancestors = 256;

// The parent's attribute, or null without one.
Ref inherited(PyObject* parent, const char* name) {
  return parent == nullptr ? Ref() : checked(PyObject_GetAttrString(parent, name));
}

}  // namespace

PyObject* ServiceBuilder::service(schema::Index index) {
  if (!bound_.services[index]) bound_.services[index] = make(bound_.schema().services()[index]);
  return bound_.services[index].get();
}

PyObject* ServiceBuilder::parent_of(const schema::Service& declared) {
  if (declared.parent_owner == nullptr) return nullptr;
  PyObject* parent = nullptr;
  if (declared.parent_owner != &bound_.schema()) {
    parent = bound_.of(declared.parent_owner).services[declared.parent].get();
  } else if (++depth_ < max_ancestors) {
    parent = service(declared.parent);
    --depth_;
  }
  if (parent == nullptr ||
      PyTuple_GET_SIZE(reinterpret_cast<PyTypeObject*>(parent)->tp_mro) > max_ancestors) {
    throw IdlError(IdlError::Kind::parser, "Service '" + declared.name + "' extends too many services",
                   {bound_.schema().file(), declared.place.line, declared.place.column});
  }
  return parent;
}

namespace {
PyObject* metaclass_of_services = nullptr;
}

PyObject* service_metaclass() {
  return metaclass_of_services != nullptr ? metaclass_of_services : reinterpret_cast<PyObject*>(&PyType_Type);
}

void set_service_metaclass(PyObject* metaclass) {
  Ref before = Ref::steal(std::exchange(metaclass_of_services, Ref::share(metaclass).release()));
}

Ref ServiceBuilder::make(const schema::Service& declared) {
  PyObject* parent = parent_of(declared);
  const Ref body = checked(PyDict_New());
  const Ref methods = checked(PyList_New(0));
  const Ref annotations = checked(PyDict_New());
  const Ref inherited_lines = inherited(parent, "__thrift_function_linenos__");
  const Ref lines = checked(inherited_lines ? PyDict_Copy(inherited_lines.get()) : PyDict_New());
  const Ref own_lines = checked(PyDict_New());

  for (const schema::Function& function : declared.functions) {
    const Ref name = interned(function.name);
    const Ref line = checked(PyLong_FromLong(function.place.line));
    checked_status(PyDict_SetItem(body.get(), interned(function.name + "_args").get(),
                                  classes_.make_arguments(function).get()));
    checked_status(PyDict_SetItem(body.get(), interned(function.name + "_result").get(),
                                  classes_.make_result(function).get()));
    checked_status(PyList_Append(methods.get(), name.get()));
    checked_status(PyDict_SetItem(own_lines.get(), name.get(), line.get()));
    if (function.annotations.empty()) continue;
    checked_status(
        PyDict_SetItem(annotations.get(), name.get(), annotations_dict(function.annotations).get()));
  }

  if (const Ref names = inherited(parent, "thrift_services")) {
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(names.get()); ++i) {
      PyObject* name = PyList_GET_ITEM(names.get(), i);
      const int is_own = PyDict_Contains(own_lines.get(), name);
      checked_status(is_own);
      if (is_own == 0) checked_status(PyList_Append(methods.get(), name));
    }
  }
  checked_status(PyDict_Update(lines.get(), own_lines.get()));

  checked_status(PyDict_SetItemString(body.get(), "thrift_services", methods.get()));
  checked_status(PyDict_SetItemString(body.get(), "__thrift_function_linenos__", lines.get()));
  checked_status(PyDict_SetItemString(body.get(), "__thrift_function_annotations__", annotations.get()));
  checked_status(PyDict_SetItemString(body.get(), "__thrift_annotations__",
                                      annotations_dict(declared.annotations).get()));
  PyObject* base = parent != nullptr ? parent : reinterpret_cast<PyObject*>(&PyBaseObject_Type);
  return classes_.make_plain_class(service_metaclass(), declared.name, base, body.get(), declared.place.line,
                                   declared.doc);
}

}  // namespace fastthrift::python
