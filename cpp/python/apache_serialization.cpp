#include "python/apache.hpp"
#include "python/arguments.hpp"
#include "python/errors.hpp"
#include "python/module.hpp"
#include "python/payload.hpp"
#include "python/serialize.hpp"

#include <string>
#include <utility>
#include <vector>

// `fastthrift.apache.TSerialization`: structs of ours with factories of ours need neither a protocol nor a
// transport.
namespace fastthrift::python::apache {
namespace {

using wire::Protocol;

struct Told {
  std::vector<std::pair<PyTypeObject*, Protocol>> factories;
  PyObject* factory = nullptr;      // where none is given
  PyObject* serialize = nullptr;    // (object, factory): by way of the factory's protocol
  PyObject* deserialize = nullptr;  // (object, bytes, factory)
} told;

// False for a factory that is not exactly one of ours.
bool find_kind(PyObject* factory, Protocol& kind) {
  for (const auto& [type, protocol] : told.factories) {
    if (Py_TYPE(factory) != type) continue;
    kind = protocol;
    return true;
  }
  return false;
}

PyObject* factory_or_default(PyObject* given) {
  return given != nullptr && given != Py_None ? given : told.factory;
}

void check_told() {
  if (told.serialize == nullptr || told.deserialize == nullptr) {
    raise(PyExc_RuntimeError, "fastthrift.apache.TSerialization has not been imported");
  }
}

const CodecOptions& writing(Protocol kind) {
  static const CodecOptions binary = options(Protocol::binary), compact = options(Protocol::compact);
  return kind == Protocol::compact ? compact : binary;
}

PyObject* serialize(PyObject*, PyObject* const* arguments, Py_ssize_t count, PyObject* keywords) {
  return guarded_for_apache<PyObject*>(nullptr, [&]() -> PyObject* {
    static const char* const names[] = {"thrift_object", "protocol_factory"};
    PyObject* given[2] = {};
    place_arguments("serialize", names, given, arguments, count, keywords);
    PyObject* object = given[0];
    PyObject* factory = factory_or_default(given[1]);
    check_told();
    Protocol kind;
    if (find_kind(factory, kind) && payload::is_payload_type(Py_TYPE(object)) &&
        writes_plainly(Py_TYPE(object))) [[likely]] {
      validate(object);
      return protocol::struct_bytes(object, writing(kind)).release();
    }
    return PyObject_CallFunctionObjArgs(told.serialize, object, factory, nullptr);
  });
}

PyObject* deserialize(PyObject*, PyObject* const* arguments, Py_ssize_t count, PyObject* keywords) {
  return guarded_for_apache<PyObject*>(nullptr, [&]() -> PyObject* {
    static const char* const names[] = {"base", "buf", "protocol_factory"};
    PyObject* given[3] = {};
    place_arguments("deserialize", names, given, arguments, count, keywords);
    PyObject* object = given[0];
    PyObject* bytes = given[1];
    PyObject* factory = factory_or_default(given[2]);
    check_told();
    Protocol kind;
    if (find_kind(factory, kind) && PyBytes_CheckExact(bytes) && payload::is_payload_type(Py_TYPE(object)) &&
        reads_plainly(Py_TYPE(object))) [[likely]] {
      const CodecOptions options = options_of(factory, kind);
      const Ref keep = Ref::share(bytes);
      Input in(Bytes{reinterpret_cast<const std::uint8_t*>(PyBytes_AS_STRING(bytes)),
                     static_cast<std::size_t>(PyBytes_GET_SIZE(bytes))});
      read_struct(in, object, options);
      return Ref::share(object).release();
    }
    return PyObject_CallFunctionObjArgs(told.deserialize, object, bytes, factory, nullptr);
  });
}

// (binary factories, compact factories, default factory, serialize, deserialize)
PyObject* tell(PyObject*, PyObject* arguments) {
  return guarded<PyObject*>(nullptr, [&] {
    PyObject *binary, *compact, *factory, *serialize, *deserialize;
    if (!PyArg_ParseTuple(arguments, "O!O!OOO:set_apache_serialization", &PyTuple_Type, &binary,
                          &PyTuple_Type, &compact, &factory, &serialize, &deserialize)) {
      throw PythonError();
    }
    Told found;
    for (const auto& [types, kind] : {std::pair{binary, Protocol::binary}, {compact, Protocol::compact}}) {
      for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(types); ++i) {
        PyObject* type = PyTuple_GET_ITEM(types, i);
        if (!PyType_Check(type)) raise(PyExc_TypeError, "%R is no class of factories", type);
        found.factories.emplace_back(reinterpret_cast<PyTypeObject*>(type), kind);
      }
    }
    for (const auto& [type, kind] : found.factories) Py_INCREF(type);
    found.factory = Ref::share(factory).release();
    found.serialize = Ref::share(serialize).release();
    found.deserialize = Ref::share(deserialize).release();
    std::swap(told, found);
    for (const auto& [type, kind] : found.factories) Py_DECREF(type);
    for (PyObject* before : {found.factory, found.serialize, found.deserialize}) Py_XDECREF(before);
    return Ref::share(Py_None).release();
  });
}

// As TSerialization has them, whose module they give as theirs.
PyMethodDef functions[] = {
    {"serialize", erased(serialize), METH_FASTCALL | METH_KEYWORDS,
     "serialize(thrift_object, protocol_factory=None)\n--\n\n"
     "The object's bytes, in the binary protocol unless a factory says otherwise."},
    {"deserialize", erased(deserialize), METH_FASTCALL | METH_KEYWORDS,
     "deserialize(base, buf, protocol_factory=None)\n--\n\n"
     "Fills ``base`` from ``buf`` and gives it back; for an immutable struct, a new one."},
};
PyMethodDef telling[] = {
    {"set_apache_serialization", tell, METH_VARARGS,
     "set_apache_serialization(binary, compact, factory, serialize, deserialize, /)\n--\n\n"
     "Tells which factories are Apache's face's own, which is the default, and what serves others."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

int add_serialization_to(PyObject* module) {
  return guarded(-1, [module] {
    const Ref name = checked(PyUnicode_FromString("fastthrift.apache.TSerialization"));
    for (PyMethodDef& each : functions) {
      const Ref function = checked(PyCFunction_NewEx(&each, nullptr, name.get()));
      checked_status(
          PyObject_SetAttrString(module, (std::string("apache_") + each.ml_name).c_str(), function.get()));
    }
    return PyModule_AddFunctions(module, telling);
  });
}

}  // namespace fastthrift::python::apache
