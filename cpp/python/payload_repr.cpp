#include "python/number.hpp"
#include "python/payload_type.hpp"
#include "python/recursion.hpp"

#include <charconv>
#include <optional>
#include <string_view>

#include "base/buffer.hpp"

// The text of a payload object: Name(field=value, ...).
namespace fastthrift::python::payload {
namespace {

// A text in UTF-8 that grows. Surrogates, which a `__repr__` may have in its text, go through.
class Text {
 public:
  void add(std::string_view text) { out_.append(text); }
  // Without its first `skipped` characters, which are ASCII.
  void add(PyObject* text, std::size_t skipped = 0) {
    Py_ssize_t size = 0;
    if (const char* utf8 = PyUnicode_AsUTF8AndSize(text, &size)) {
      return add(std::string_view(utf8, static_cast<std::size_t>(size)).substr(skipped));
    }
    if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) throw PythonError();
    PyErr_Clear();
    const Ref bytes = checked(PyUnicode_AsEncodedString(text, "utf-8", "surrogatepass"));
    const std::size_t length = static_cast<std::size_t>(PyBytes_GET_SIZE(bytes.get()));
    add(std::string_view(PyBytes_AS_STRING(bytes.get()), length).substr(skipped));
  }

  // The repr of a value of Python's own types, made without objects in between; false: nothing is added.
  bool add_plain(PyObject* value) {
    if (value == Py_None) return add("None"), true;
    if (value == Py_True) return add("True"), true;
    if (value == Py_False) return add("False"), true;
    if (PyUnicode_CheckExact(value)) return add_quoted(value);
    if (PyFloat_CheckExact(value)) return add_float(PyFloat_AS_DOUBLE(value)), true;
    std::int64_t number;
    if (!PyLong_CheckExact(value) || !small_integer(value, number)) return false;
    char digits[24];
    const auto end = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
    add(std::string_view(digits, static_cast<std::size_t>(end - digits)));
    return true;
  }

  PyObject* made() const {
    return PyUnicode_DecodeUTF8(reinterpret_cast<const char*>(out_.data()),
                                static_cast<Py_ssize_t>(out_.size()), "surrogatepass");
  }

 private:
  // Text that stands in its repr as it is.
  bool add_quoted(PyObject* text) {
    if (!PyUnicode_IS_COMPACT_ASCII(text)) return false;
    const std::string_view characters(reinterpret_cast<const char*>(PyUnicode_1BYTE_DATA(text)),
                                      static_cast<std::size_t>(PyUnicode_GET_LENGTH(text)));
    for (const char c : characters) {
      if (c < 0x20 || c == 0x7f || c == '\'' || c == '\\') return false;
    }
    add("'"), add(characters), add("'");
    return true;
  }
  void add_float(double number) {
    char* text = PyOS_double_to_string(number, 'r', 0, Py_DTSF_ADD_DOT_0, nullptr);
    if (text == nullptr) throw PythonError();
    try {
      add(std::string_view(text));
    } catch (...) {
      PyMem_Free(text);
      throw;
    }
    PyMem_Free(text);
  }

  Buffer out_{256};
};

// Says that the object is being shown, so that one which contains itself ends; begun at the first value that
// could.
class Showing {
 public:
  explicit Showing(PyObject* self) : self_(self) {}
  Showing(const Showing&) = delete;
  Showing& operator=(const Showing&) = delete;
  ~Showing() {
    if (recursion_) Py_ReprLeave(self_);
  }
  // False: it is already.
  bool begin() {
    if (recursion_) return true;
    const int entered = Py_ReprEnter(self_);
    if (entered < 0) throw PythonError();
    if (entered > 0) return false;
    try {
      recursion_.emplace(" in the repr of a struct");
    } catch (...) {
      Py_ReprLeave(self_);
      throw;
    }
    return true;
  }

 private:
  PyObject* self_;
  std::optional<Recursion> recursion_;
};

PyObject* text_of(PyObject* self) {
  ClassData& data = current(Py_TYPE(self));
  Showing showing(self);
  Text text;
  text.add(name_of(Py_TYPE(self)));
  text.add("(");
  bool is_first = true;
  // False: the object is being shown further out.
  const auto add_field = [&](const Ref& prefix, PyObject* value) {
    text.add(prefix.get(), is_first ? 2 : 0);
    is_first = false;
    if (text.add_plain(value)) return true;
    if (!showing.begin()) return false;
    text.add(checked(PyObject_Repr(value)).get());
    return true;
  };
  bool is_whole = true;
  if (data.is_struct) {
    for (std::size_t i = 0; is_whole && i < data.members.size(); ++i) {
      const Ref value = value_of(self, data.members[i]);
      const Ref prefix = data.members[i].prefix;
      if (value) is_whole = add_field(prefix, value.get());
    }
  }
  const Ref extras = data.is_struct ? extras_of(self, data) : plain_dict(self);
  if (extras && is_whole) {
    const Ref items = checked(PyDict_Items(extras.get()));
    for (Py_ssize_t i = 0; is_whole && i < PyList_GET_SIZE(items.get()); ++i) {
      PyObject* pair = PyList_GET_ITEM(items.get(), i);
      const Ref prefix = checked(PyUnicode_FromFormat(", %S=", PyTuple_GET_ITEM(pair, 0)));
      is_whole = add_field(prefix, PyTuple_GET_ITEM(pair, 1));
    }
  }
  if (!is_whole) return PyUnicode_FromFormat("%U(...)", name_of(Py_TYPE(self)));
  text.add(")");
  return text.made();
}

}  // namespace

PyObject* repr(PyObject* self) {
  return guarded<PyObject*>(nullptr, [&] { return text_of(self); });
}

}  // namespace fastthrift::python::payload
