#include "python/payload_type.hpp"

#include "python/recursion.hpp"

#include <utility>

// The text of a payload object: Name(field=value, ...).
namespace fastthrift::python::payload {
namespace {

// A string that grows; 3.14 has a public writer and keeps the older one only for a while.
class Writer {
 public:
#if PY_VERSION_HEX >= 0x030E0000
  Writer() : writer_(PyUnicodeWriter_Create(0)) {
    if (writer_ == nullptr) throw PythonError();
  }
  ~Writer() { PyUnicodeWriter_Discard(writer_); }
  void add(PyObject* text) { checked_status(PyUnicodeWriter_WriteStr(writer_, text)); }
  void add(char character) {
    checked_status(PyUnicodeWriter_WriteChar(writer_, static_cast<Py_UCS4>(character)));
  }
  PyObject* text() { return PyUnicodeWriter_Finish(std::exchange(writer_, nullptr)); }
#else
  Writer() {
    _PyUnicodeWriter_Init(&writer_);
    writer_.overallocate = 1;
    writer_.min_length = 64;
  }
  ~Writer() { _PyUnicodeWriter_Dealloc(&writer_); }
  void add(PyObject* text) { checked_status(_PyUnicodeWriter_WriteStr(&writer_, text)); }
  void add(char character) {
    checked_status(_PyUnicodeWriter_WriteChar(&writer_, static_cast<Py_UCS4>(character)));
  }
  PyObject* text() {
    PyObject* text = _PyUnicodeWriter_Finish(&writer_);
    _PyUnicodeWriter_Init(&writer_);
    return text;
  }
#endif
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

 private:
#if PY_VERSION_HEX >= 0x030E0000
  PyUnicodeWriter* writer_;
#else
  _PyUnicodeWriter writer_;
#endif
};

PyObject* text_of(PyObject* self) {
  ClassData& data = current(Py_TYPE(self));
  Writer writer;
  writer.add(name_of(Py_TYPE(self)));
  writer.add('(');
  bool is_first = true;
  auto add_field = [&](const Ref& prefix, PyObject* value) {
    Ref text = checked(PyObject_Repr(value));
    if (is_first) {
      writer.add(checked(PyUnicode_Substring(prefix.get(), 2, PY_SSIZE_T_MAX)).get());
    } else {
      writer.add(prefix.get());
    }
    is_first = false;
    writer.add(text.get());
  };
  if (data.is_struct) {
    for (std::size_t i = 0; i < data.members.size(); ++i) {
      const Ref value = value_of(self, data.members[i]);
      const Ref prefix = data.members[i].prefix;
      if (value) add_field(prefix, value.get());
    }
  }
  Ref extras = data.is_struct ? extras_of(self, data) : plain_dict(self);
  if (extras) {
    Ref items = checked(PyDict_Items(extras.get()));
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(items.get()); ++i) {
      PyObject* pair = PyList_GET_ITEM(items.get(), i);
      add_field(checked(PyUnicode_FromFormat(", %S=", PyTuple_GET_ITEM(pair, 0))), PyTuple_GET_ITEM(pair, 1));
    }
  }
  writer.add(')');
  return writer.text();
}

}  // namespace

PyObject* repr(PyObject* self) {
  const int entered = Py_ReprEnter(self);
  if (entered < 0) return nullptr;
  if (entered > 0) {
    return PyUnicode_FromFormat("%U(...)", name_of(Py_TYPE(self)));
  }
  PyObject* result = guarded<PyObject*>(nullptr, [&] {
    Recursion guard(" in the repr of a struct");
    return text_of(self);
  });
  Py_ReprLeave(self);
  return result;
}

}  // namespace fastthrift::python::payload
