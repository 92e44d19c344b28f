#include "python/layout_compiler.hpp"

#include "python/errors.hpp"
#include "python/payload_type.hpp"

#include <algorithm>
#include <iterator>
#include <limits>

// What Apache's generated classes and ours have for `thrift_spec`: a tuple with an item for each field.
namespace fastthrift::python {
namespace {

// What Apache's compiler puts an underscore behind.
constexpr const char* keywords[] = {"False", "None",     "True",   "and",      "as",     "assert", "break",
                                    "class", "continue", "def",    "del",      "elif",   "else",   "except",
                                    "exec",  "finally",  "for",    "from",     "global", "if",     "import",
                                    "in",    "is",       "lambda", "nonlocal", "not",    "or",     "pass",
                                    "print", "raise",    "return", "try",      "while",  "with",   "yield"};
// And what it forgot: two keywords, and the first argument of every method.
constexpr const char* forgotten[] = {"async", "await", "self"};

}  // namespace

void LayoutCompiler::add_items(PyObject* thrift_spec) {
  required_ =
      Ref::steal(PyObject_GetAttrString(reinterpret_cast<PyObject*>(layout_->type_), "__thrift_required__"));
  if (!required_) PyErr_Clear();
  layout_->kept_.push_back(Ref::share(thrift_spec));
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(thrift_spec); ++i) {
    if (PyTuple_GET_ITEM(thrift_spec, i) != Py_None) add_item(PyTuple_GET_ITEM(thrift_spec, i));
  }
}

void LayoutCompiler::add_item(PyObject* item) {
  if (!PyTuple_Check(item)) {
    raise(PyExc_TypeError, "thrift_spec of %U: expecting a tuple for a field, got %R", layout_->name_, item);
  }
  if (PyTuple_GET_SIZE(item) != 5) {
    raise(PyExc_TypeError, "expecting 5 arguments for spec tuple but got %zd", PyTuple_GET_SIZE(item));
  }
  PyObject* key = PyTuple_GET_ITEM(item, 0);
  const long id = PyLong_Check(key) ? PyLong_AsLong(key) : std::numeric_limits<long>::max();
  if (id == -1 && PyErr_Occurred()) throw PythonError();
  if (id < std::numeric_limits<std::int16_t>::min() || id > std::numeric_limits<std::int16_t>::max()) {
    raise(PyExc_ValueError, "thrift_spec of %U: a field id is a 16-bit integer, got %R", layout_->name_, key);
  }
  PyObject* given = PyTuple_GET_ITEM(item, 2);
  if (!PyUnicode_Check(given)) {
    raise(PyExc_TypeError, "thrift_spec of %U: field %ld has no name", layout_->name_, id);
  }
  Ref name = attribute_name(given);
  const std::uint32_t index = add_apache_shape(PyTuple_GET_ITEM(item, 1), PyTuple_GET_ITEM(item, 3));
  const Shape& shape = layout_->shape(index);
  bool is_required = false;
  if (required_ && required_.get() != Py_None) {
    const int found = PySequence_Contains(required_.get(), name.get());
    checked_status(found);
    is_required = found != 0;
  }
  layout_->has_required_ |= is_required;
  const auto wire_id = static_cast<std::int16_t>(id);
  const FieldLayout field{
      wire_id, is_required, shape.form, index, wire::FieldHead::of(shape.wire, wire_id), name.get(), 0};
  layout_->fields_.push_back(field);
  layout_->kept_.push_back(std::move(name));
}

// What Python has no keyword for: the attribute of a field that is named as one has an underscore behind
// it, its name in the spec does not.
Ref LayoutCompiler::attribute_name(PyObject* given) {
  PyObject* name = Ref::share(given).release();
  if (PyUnicode_CheckExact(name)) PyUnicode_InternInPlace(&name);
  Ref own = Ref::steal(name);
  const auto is_name = [&](const char* text) { return PyUnicode_CompareWithASCIIString(given, text) == 0; };
  bool is_escaped = std::any_of(std::begin(keywords), std::end(keywords), is_name);
  if (!is_escaped && std::any_of(std::begin(forgotten), std::end(forgotten), is_name)) {
    is_escaped = payload::is_payload_type(layout_->type_);  // Apache's own classes have them as they are
  }
  if (!is_escaped) return own;
  PyObject* escaped = checked(PyUnicode_FromFormat("%U_", given)).release();
  PyUnicode_InternInPlace(&escaped);
  return Ref::steal(escaped);
}

std::uint32_t LayoutCompiler::add_apache_shape(PyObject* ttype, PyObject* args) {
  long declared = PyLong_Check(ttype) ? PyLong_AsLong(ttype) : -1;
  if (declared == -1 && PyErr_Occurred()) PyErr_Clear();
  if (declared < 0 || declared > 16) declared = -1;
  const auto [form, wire_type] = form_of(static_cast<int>(declared));
  const auto index = static_cast<std::uint32_t>(layout_->shapes_.size());
  Shape shape{form, wire_type};
  shape.declared = static_cast<int>(declared);
  if (form == Form::text && PyUnicode_Check(args) && PyUnicode_CompareWithASCIIString(args, "BINARY") == 0) {
    shape.form = Form::binary;
  }
  if (form == Form::i32 && PyType_Check(args)) {
    shape.form = Form::enumeration;
    shape.type = reinterpret_cast<PyTypeObject*>(args);
  }
  if (form == Form::structure) {
    if (!payload::is_class_and_spec(args)) {
      raise(PyExc_TypeError, "thrift_spec of %U: expecting [class, thrift_spec] for a struct, got %R",
            layout_->name_, args);
    }
    shape.type = reinterpret_cast<PyTypeObject*>(PySequence_Fast_GET_ITEM(args, 0));
    shape.pair = args;
    layout_->kept_.push_back(Ref::share(PySequence_Fast_GET_ITEM(args, 0)));  // somebody may change the list
  }
  layout_->shapes_.push_back(shape);
  const bool is_map = form == Form::map;
  if (!is_map && form != Form::list && form != Form::set) return index;
  const Py_ssize_t wanted = is_map ? 5 : 3;
  if (!PyTuple_Check(args) || PyTuple_GET_SIZE(args) != wanted) {
    raise(PyExc_TypeError, "thrift_spec of %U: expecting a tuple of size %zd for a container, got %R",
          layout_->name_, wanted, args);
  }
  enter_level();
  const int is_frozen = PyObject_IsTrue(PyTuple_GET_ITEM(args, wanted - 1));
  checked_status(is_frozen);
  const std::uint32_t first = add_apache_shape(PyTuple_GET_ITEM(args, 0), PyTuple_GET_ITEM(args, 1));
  std::uint32_t element = first;
  if (is_map) element = add_apache_shape(PyTuple_GET_ITEM(args, 2), PyTuple_GET_ITEM(args, 3));
  --depth_;
  Shape& added = layout_->shapes_[index];
  added.key = is_map ? first : 0;
  added.element = element;
  added.is_frozen = is_frozen != 0;
  return index;
}

int add_keywords_to(PyObject* module) {
  return guarded(-1, [module] {
    const Ref all = checked(PyFrozenSet_New(nullptr));
    for (const char* keyword : keywords) {
      checked_status(PySet_Add(all.get(), checked(PyUnicode_InternFromString(keyword)).get()));
    }
    for (const char* keyword : forgotten) {
      checked_status(PySet_Add(all.get(), checked(PyUnicode_InternFromString(keyword)).get()));
    }
    return PyObject_SetAttrString(module, "keywords", all.get());
  });
}

}  // namespace fastthrift::python
