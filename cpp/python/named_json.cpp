#include "python/named_json.hpp"

#include "python/bytes_buffer.hpp"
#include "python/module.hpp"
#include "python/value_layout.hpp"

#include <limits>
#include <string>

#include "base/bytes.hpp"
#include "wire/json_text.hpp"

// What `fastthrift.protocol.json` is made of.
namespace fastthrift::python {
namespace {

PyObject* refusal = nullptr;

// None is no limit but that of the C stack.
Limits limits_of(PyObject* depth) {
  Limits limits;
  limits.depth = Limits::no_limit;
  if (depth == Py_None) return limits;
  const Py_ssize_t given = PyNumber_AsSsize_t(depth, nullptr);
  if (given == -1 && PyErr_Occurred() != nullptr) throw PythonError();
  limits.depth = given < 0 ? 0 : static_cast<std::size_t>(given);
  return limits;
}

long number_of(PyObject* value, const char* what) {
  const long number = PyLong_Check(value) ? PyLong_AsLong(value) : -1;
  if (!PyLong_Check(value))
    raise(PyExc_TypeError, "%s must be an int, not %.200s", what, Py_TYPE(value)->tp_name);
  if (number == -1 && PyErr_Occurred() != nullptr) throw PythonError();
  return number;
}

void need_arguments(const char* function, Py_ssize_t given, Py_ssize_t wanted) {
  if (given != wanted) raise(PyExc_TypeError, "%s takes %zd arguments, %zd given", function, wanted, given);
}

void write_struct(Buffer& out, PyObject* object, const Limits& limits) {
  NamedJsonWriter writer(out, limits);
  try {
    writer.structure(object);
  } catch (...) {
    writer.path().raise_with(Py_TYPE(object));
  }
}

// (object, depth): the object's text.
PyObject* struct_text(PyObject*, PyObject* const* arguments, Py_ssize_t count) {
  return guarded<PyObject*>(nullptr, [&] {
    need_arguments("json_struct", count, 2);
    const LayoutUse use;
    BytesBuffer out;
    write_struct(out, arguments[0], limits_of(arguments[1]));
    return out.take().release();
  });
}

// (type, value, spec, depth): the value's text.
PyObject* value_text(PyObject*, PyObject* const* arguments, Py_ssize_t count) {
  return guarded<PyObject*>(nullptr, [&] {
    need_arguments("json_value", count, 4);
    const LayoutUse use;
    const ValueLayout value(static_cast<int>(number_of(arguments[0], "type")), arguments[2]);
    BytesBuffer out;
    NamedJsonWriter(out, limits_of(arguments[3])).value(value.layout(), value.shape(), arguments[1]);
    return out.take().release();
  });
}

// (head, object, depth): a whole message with its length; head is (name, type, sequence id), or None.
PyObject* message(PyObject*, PyObject* const* arguments, Py_ssize_t count) {
  return guarded<PyObject*>(nullptr, [&] {
    need_arguments("json_message", count, 3);
    const LayoutUse use;
    const Limits limits = limits_of(arguments[2]);
    BytesBuffer out;
    out.extend(4);
    out.append("{\"metadata\": {\"version\": 1");
    if (PyObject* head = arguments[0]; head != Py_None) {
      if (!PyTuple_Check(head) || PyTuple_GET_SIZE(head) != 3 ||
          !PyUnicode_Check(PyTuple_GET_ITEM(head, 0))) {
        raise(PyExc_TypeError, "a message's head is (name, type, sequence id), got %R", head);
      }
      out.append(", \"name\": ");
      NamedJsonWriter(out, limits).text(PyTuple_GET_ITEM(head, 0));
      out.append(", \"ttype\": ");
      wire::append_integer(out, number_of(PyTuple_GET_ITEM(head, 1), "a message's type"));
      out.append(", \"seqid\": ");
      wire::append_integer(out, number_of(PyTuple_GET_ITEM(head, 2), "a sequence id"));
    }
    out.append("}, \"payload\": ");
    write_struct(out, arguments[1], limits);
    out.append("}");
    const std::size_t size = out.size() - 4;
    if (size > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
      throw ProtocolError(ProtocolError::Kind::size_limit,
                          "a message of " + std::to_string(size) + " bytes has no length");
    }
    store_big_endian(out.data(), static_cast<std::int32_t>(size));
    return out.take().release();
  });
}

// (object, found, depth, sets): fills the object from what JSON says.
PyObject* fill_struct(PyObject*, PyObject* const* arguments, Py_ssize_t count) {
  return guarded<PyObject*>(nullptr, [&] {
    need_arguments("json_fill", count, 4);
    const LayoutUse use;
    NamedJsonReader reader(limits_of(arguments[2]), arguments[3] == Py_True);
    try {
      reader.structure(arguments[0], arguments[1]);
    } catch (...) {
      reader.path().raise_with(Py_TYPE(arguments[0]));
    }
    return Ref::share(arguments[0]).release();
  });
}

// (type, found, spec, depth): the value that JSON says.
PyObject* found_value(PyObject*, PyObject* const* arguments, Py_ssize_t count) {
  return guarded<PyObject*>(nullptr, [&] {
    need_arguments("json_found", count, 4);
    const LayoutUse use;
    const ValueLayout value(static_cast<int>(number_of(arguments[0], "type")), arguments[2]);
    return NamedJsonReader(limits_of(arguments[3]), false)
        .value(value.layout(), value.shape(), arguments[1])
        .release();
  });
}

PyObject* set_refusal(PyObject*, PyObject* function) {
  return guarded<PyObject*>(nullptr, [&] {
    const Ref before = Ref::steal(std::exchange(refusal, Ref::share(function).release()));
    return Ref::share(Py_None).release();
  });
}

PyMethodDef functions[] = {
    {"json_struct", erased(struct_text), METH_FASTCALL,
     "json_struct(obj, max_depth, /)\n--\n\nA struct in thriftpy2's JSON."},
    {"json_value", erased(value_text), METH_FASTCALL,
     "json_value(ttype, value, spec, max_depth, /)\n--\n\nA value in thriftpy2's JSON."},
    {"json_message", erased(message), METH_FASTCALL,
     "json_message(head, obj, max_depth, /)\n--\n\nA message with its length; head is (name, type, sequence "
     "id)\n"
     "or None."},
    {"json_fill", erased(fill_struct), METH_FASTCALL,
     "json_fill(obj, found, max_depth, sets, /)\n--\n\nFills the object from its fields by name."},
    {"json_found", erased(found_value), METH_FASTCALL,
     "json_found(ttype, found, spec, max_depth, /)\n--\n\nThe value that thriftpy2's JSON says."},
    {"set_json_refusal", set_refusal, METH_O,
     "set_json_refusal(function, /)\n--\n\nSays what makes the exception for a value that does not fit, of\n"
     "(owner, value, field)."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

PyObject* named_json_refusal() {
  if (refusal == nullptr) raise(PyExc_TypeError, "a value does not fit its field");
  return refusal;
}

namespace named_json {

int add_to(PyObject* module) { return PyModule_AddFunctions(module, functions); }

}  // namespace named_json
}  // namespace fastthrift::python
