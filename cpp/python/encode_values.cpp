#include "python/encode.hpp"

// What the encoder needs for values that are not of Python's own exact types, and for refusing them.
namespace fastthrift::python {

Ref attribute_of(PyObject* object, PyObject* name) {
  Ref value = Ref::steal(parked([&] { return PyObject_GetAttr(object, name); }));
  if (!value) {
    if (!PyErr_ExceptionMatches(PyExc_AttributeError)) throw PythonError();
    PyErr_Clear();
  }
  return value;
}

void require_likeness(PyObject* object, PyTypeObject* type, const Layout& layout) {
  const auto& fields = layout.fields();
  if (PyObject_TypeCheck(object, type)) return;
  for (const FieldLayout& field : fields) {
    if (attribute_of(object, field.name)) return;
  }
  if (!fields.empty())
    raise(PyExc_TypeError, "%.200s is required, not %.200s", type->tp_name, Py_TYPE(object)->tp_name);
}

std::int64_t wide_integer(PyObject* value, int bits, bool is_compact, bool refuses_fractions) {
  if (refuses_fractions && !PyIndex_Check(value)) {
    raise(PyExc_TypeError, "an integer is required, not %.200s", Py_TYPE(value)->tp_name);
  }
  try {
    return converted_integer(value);
  } catch (const PythonError&) {
    if (!PyErr_ExceptionMatches(PyExc_OverflowError)) throw;
    PyErr_Clear();
  }
  refuse_range(bits, is_compact);
}

bool truth_in_python(PyObject* value) {
  const Ref keep = Ref::share(value);
  const int truth = parked([&] { return PyObject_IsTrue(value); });
  checked_status(truth);
  return truth != 0;
}

Ref sequence_of(PyObject* value) {
  const Ref keep = Ref::share(value);
  // A generator has no length: writing it would use it up even where the message is refused later.
  const Py_ssize_t size = parked([&] { return PyObject_Size(value); });
  if (size < 0) throw PythonError();
  if (!PyType_HasFeature(Py_TYPE(value), Py_TPFLAGS_HEAPTYPE)) {
    return checked(parked([&] { return PySequence_Tuple(value); }));
  }
  // A class of Python may go on for ever: a __getitem__ that takes every key takes every index.
  const Ref iterator = checked(parked([&] { return PyObject_GetIter(value); }));
  Ref list = checked(PyList_New(0));
  for (;;) {
    const Ref item = Ref::steal(parked([&] { return PyIter_Next(iterator.get()); }));
    if (item.get() == nullptr) break;
    if (PyList_GET_SIZE(list.get()) >= size) {
      raise(PyExc_TypeError, "%.200s gives more elements than its length says", Py_TYPE(value)->tp_name);
    }
    checked_status(PyList_Append(list.get(), item.get()));
  }
  if (PyErr_Occurred()) throw PythonError();
  return list;
}

Ref items_of(PyObject* value) {
  const Ref keep = Ref::share(value);
  const Ref items = checked(parked([&] { return PyObject_CallMethod(value, "items", nullptr); }));
  Ref list = checked(parked([&] { return PySequence_List(items.get()); }));
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list.get()); ++i) {
    PyObject* pair = PyList_GET_ITEM(list.get(), i);
    if (!PyTuple_Check(pair) || PyTuple_GET_SIZE(pair) != 2) {
      raise(PyExc_TypeError, "items() of %.200s gives no pairs", Py_TYPE(value)->tp_name);
    }
  }
  return list;
}

Ref uuid_bytes(PyObject* value) {
  const Ref keep = Ref::share(value);
  Ref bytes = keep;
  if (!PyBytes_Check(value)) {
    const Ref module = checked(PyImport_ImportModule("uuid"));
    const Ref type = checked(PyObject_GetAttrString(module.get(), "UUID"));
    const int is_uuid = PyObject_IsInstance(value, type.get());
    checked_status(is_uuid);
    if (!is_uuid && !PyUnicode_Check(value)) {
      raise(PyExc_TypeError, "a UUID is required, not %.200s", Py_TYPE(value)->tp_name);
    }
    const Ref uuid =
        is_uuid ? Ref::share(value) : checked(PyObject_CallFunctionObjArgs(type.get(), value, nullptr));
    bytes = checked(PyObject_GetAttrString(uuid.get(), "bytes"));
  }
  if (!PyBytes_Check(bytes.get()) || PyBytes_GET_SIZE(bytes.get()) != 16) {
    raise(PyExc_TypeError, "a UUID has 16 bytes");
  }
  return bytes;
}

Ref encoded_text(PyObject* value) {
  const Ref keep = Ref::share(value);
  // A class is no text, though `str` itself has an encode.
  if (!PyType_Check(value) && parked([&] { return PyObject_HasAttrString(value, "encode"); })) {
    Ref bytes = checked(parked([&] { return PyObject_CallMethod(value, "encode", "s", "utf-8"); }));
    if (PyBytes_Check(bytes.get())) return bytes;
  }
  raise(PyExc_TypeError, "str or bytes are required, not %.200s", Py_TYPE(value)->tp_name);
}

void explain_refusal(const Layout& layout, const FieldLayout& field, PyObject* value) {
  // ValueError: what uuid.UUID and the UTF-8 encoder say.
  PyObject* const about_values[] = {PyExc_TypeError, PyExc_AttributeError, PyExc_AssertionError,
                                    PyExc_OverflowError, PyExc_ValueError};
  bool is_about_value = false;
  for (PyObject* type : about_values) is_about_value = is_about_value || PyErr_ExceptionMatches(type);
  if (!is_about_value) return;
  PyObject *type, *cause, *traceback;
  PyErr_Fetch(&type, &cause, &traceback);
  PyErr_NormalizeException(&type, &cause, &traceback);
  Ref own_type = Ref::steal(type), own_cause = Ref::steal(cause), own_traceback = Ref::steal(traceback);
  try {
    raise_decode_error(layout, field, value);
  } catch (const PythonError&) {
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    if (value != nullptr && cause != nullptr) PyException_SetCause(value, own_cause.release());
    PyErr_Restore(type, value, traceback);
  }
}

void refuse_range(int bits, bool is_compact) {
  const std::int64_t most = static_cast<std::int64_t>((std::uint64_t{1} << (bits - 1)) - 1);
  const std::string text = "i" + std::to_string(bits) + " requires " + std::to_string(-most - 1) +
                           " <= number <= " + std::to_string(most);
  // thriftpy2's compact protocol has an error of its own for this, which programs catch.
  if (is_compact) throw ProtocolError(ProtocolError::Kind::invalid_data, text);
  raise(PyExc_OverflowError, "%s", text.c_str());
}

void refuse_changed_size(const char* what) {
  raise(PyExc_RuntimeError, "%s changed size while it was written", what);
}

}  // namespace fastthrift::python
