#include "python/layout_compiler.hpp"

#include "python/enumeration.hpp"
#include "python/errors.hpp"
#include "python/payload_type.hpp"

#include <algorithm>
#include <limits>

namespace fastthrift::python {
namespace {
// thriftpy2's type numbers beyond the wire's.
constexpr int declared_binary = 18;
}  // namespace

std::pair<Form, wire::TType> form_of(int declared) {
  using wire::TType;
  switch (declared) {
    case 2:
      return {Form::boolean, TType::bool_};
    case 3:
      return {Form::i8, TType::i8};
    case 4:
      return {Form::float64, TType::double_};
    case 6:
      return {Form::i16, TType::i16};
    case 8:
      return {Form::i32, TType::i32};
    case 10:
      return {Form::i64, TType::i64};
    case 11:
      return {Form::text, TType::string};
    case 12:
      return {Form::structure, TType::struct_};
    case 13:
      return {Form::map, TType::map};
    case 14:
      return {Form::set, TType::set};
    case 15:
      return {Form::list, TType::list};
    case 16:
      return {Form::uuid, TType::uuid};
    case declared_binary:
      return {Form::binary, TType::string};
    default:
      return {Form::unknown, TType::stop};
  }
}

LayoutCompiler::LayoutCompiler(PyTypeObject* type) : layout_(new Layout) {
  layout_->type_ = type;
  Ref name = checked(PyObject_GetAttrString(reinterpret_cast<PyObject*>(type), "__name__"));
  if (!PyUnicode_Check(name.get())) name = checked(PyUnicode_FromString(type->tp_name));  // of a metaclass
  layout_->name_ = name.get();
  layout_->kept_.push_back(std::move(name));
}

std::unique_ptr<Layout> LayoutCompiler::compile(PyObject* thrift_spec) {
  if (PyTuple_Check(thrift_spec)) {
    add_items(thrift_spec);
  } else if (PyDict_Check(thrift_spec)) {
    // A copy: what is odd in it (a list with an `__iter__` of its own) may run code that changes it.
    const Ref spec = checked(PyDict_Copy(thrift_spec));
    Py_ssize_t position = 0;
    PyObject *key, *value;
    while (PyDict_Next(spec.get(), &position, &key, &value)) add_field(key, value);
  } else {
    raise(PyExc_TypeError, "thrift_spec of %U must be a dict, got %s", layout_->name_,
          Py_TYPE(thrift_spec)->tp_name);
  }
  find_slots();
  index_ids();
  return std::move(layout_);
}

void LayoutCompiler::enter_level() {
  if (++depth_ > 1000) raise(PyExc_RecursionError, "thrift_spec of %U is nested too deeply", layout_->name_);
}

void LayoutCompiler::add_field(PyObject* key, PyObject* value) {
  long id = PyLong_Check(key) ? PyLong_AsLong(key) : std::numeric_limits<long>::max();
  if (id == -1 && PyErr_Occurred()) PyErr_Clear(), id = std::numeric_limits<long>::max();
  if (id < std::numeric_limits<std::int16_t>::min() || id > std::numeric_limits<std::int16_t>::max()) {
    raise(PyExc_ValueError, "thrift_spec of %U: a field id is a 16-bit integer, got %R", layout_->name_, key);
  }
  Ref items = Ref::steal(PyTuple_Check(value) || PyList_Check(value) ? PySequence_Tuple(value) : nullptr);
  if (!items || PyTuple_GET_SIZE(items.get()) < 2 || !PyUnicode_Check(PyTuple_GET_ITEM(items.get(), 1))) {
    if (PyErr_Occurred()) throw PythonError();
    raise(PyExc_TypeError, "thrift_spec of %U: field %ld must be (type, name[, spec], required), got %R",
          layout_->name_, id, value);
  }
  const Py_ssize_t size = PyTuple_GET_SIZE(items.get());
  PyObject* last = size > 2 ? PyTuple_GET_ITEM(items.get(), size - 1) : Py_False;
  PyObject* spec = size > 3 ? PyTuple_GET_ITEM(items.get(), 2) : nullptr;
  PyObject* name = PyTuple_GET_ITEM(items.get(), 1);
  Py_INCREF(name);
  if (PyUnicode_CheckExact(name)) PyUnicode_InternInPlace(&name);
  layout_->kept_.push_back(Ref::steal(name));

  const std::uint32_t index = add_shape(PyTuple_GET_ITEM(items.get(), 0), spec);
  const Shape& shape = layout_->shape(index);
  const auto wire_id = static_cast<std::int16_t>(id);
  const FieldLayout field{
      wire_id, last == Py_True, shape.form, index, wire::FieldHead::of(shape.wire, wire_id), name, 0};
  layout_->fields_.push_back(field);
  layout_->kept_.push_back(std::move(items));
}

std::uint32_t LayoutCompiler::add_shape(PyObject* ttype, PyObject* spec) {
  long declared = PyLong_Check(ttype) ? PyLong_AsLong(ttype) : -1;
  if (declared == -1 && PyErr_Occurred()) PyErr_Clear();
  if (declared < 0 || declared > 255) declared = -1;
  const auto [form, wire_type] = form_of(static_cast<int>(declared));
  const auto index = static_cast<std::uint32_t>(layout_->shapes_.size());
  Shape shape{form, wire_type};
  shape.declared = static_cast<int>(declared);
  shape.spec = spec;
  layout_->shapes_.push_back(shape);
  if (form == Form::i32 && spec != nullptr && PyType_Check(spec)) {
    if (has_members(spec)) {
      layout_->shapes_[index].form = Form::enumeration;
      layout_->shapes_[index].type = reinterpret_cast<PyTypeObject*>(spec);
    }
  } else if (form == Form::structure) {
    if (spec != nullptr && PyType_Check(spec))
      layout_->shapes_[index].type = reinterpret_cast<PyTypeObject*>(spec);
    else
      layout_->shapes_[index].form = Form::unknown;
  } else if (form == Form::list || form == Form::set) {
    const std::uint32_t element = add_element(spec);
    layout_->shapes_[index].element = element;
  } else if (form == Form::map) {
    const bool is_pair = spec != nullptr && PyTuple_Check(spec) && PyTuple_GET_SIZE(spec) == 2;
    const std::uint32_t key = add_element(is_pair ? PyTuple_GET_ITEM(spec, 0) : nullptr);
    const std::uint32_t element = add_element(is_pair ? PyTuple_GET_ITEM(spec, 1) : nullptr);
    layout_->shapes_[index].key = key;
    layout_->shapes_[index].element = element;
  }
  return index;
}

std::uint32_t LayoutCompiler::add_element(PyObject* element) {
  if (element == nullptr || !PyTuple_Check(element) || PyTuple_GET_SIZE(element) == 0) {
    return add_shape(element == nullptr ? Py_None : element, nullptr);
  }
  // Typedefs share their specs: a map of maps of maps that names each level twice would double with every
  // level.
  if (const auto known = elements_.find(element); known != elements_.end()) return known->second;
  enter_level();
  PyObject* spec = PyTuple_GET_SIZE(element) > 1 ? PyTuple_GET_ITEM(element, 1) : nullptr;
  const std::uint32_t index = add_shape(PyTuple_GET_ITEM(element, 0), spec);
  --depth_;
  elements_.emplace(element, index);
  return index;
}

void LayoutCompiler::find_slots() {
  if (!payload::is_payload_type(layout_->type_)) return;
  const payload::ClassData& data = payload::current(layout_->type_);
  if (!data.is_plain) return;
  layout_->is_direct_ = true;
  const std::size_t count = data.members.size();
  std::vector<std::size_t> found;
  std::size_t next = 0;  // both come in the order of declaration, mostly
  for (FieldLayout& field : layout_->fields_) {
    for (std::size_t tried = 0; tried < count; ++tried, ++next) {
      const payload::Member& member = data.members[next % count];
      if (member.name.get() != field.name) continue;
      if (member.is_direct) field.offset = member.offset;
      found.push_back(next % count);
      ++next;
      break;
    }
    if (field.offset == 0) layout_->is_direct_ = false;
  }
  if (layout_->is_direct_ && data.fills_slots) find_defaults(data.initializer, found);
}

void LayoutCompiler::find_defaults(const Ref& initializer, const std::vector<std::size_t>& places) {
  const std::size_t count = payload::names_of(initializer.get()).size();
  std::vector<bool> is_named(count, false);
  if (places.size() != count || layout_->fields_.size() != count) return;
  for (const std::size_t place : places) {
    if (place >= count || is_named[place]) return;
    is_named[place] = true;
  }
  for (const std::size_t place : places) {
    layout_->defaults_.push_back(payload::default_at(initializer.get(), place));
  }
  layout_->kept_.push_back(initializer);
}

void LayoutCompiler::index_ids() {
  auto& fields = layout_->fields_;
  if (fields.empty()) return;
  const auto [low, high] =
      std::minmax_element(fields.begin(), fields.end(), [](auto& a, auto& b) { return a.id < b.id; });
  const std::int32_t first = low->id;
  const std::size_t range = static_cast<std::size_t>(high->id - first) + 1;
  if (range <= 4 * fields.size() + 64) {
    layout_->first_id_ = first;
    layout_->by_id_.assign(range, -1);
    for (std::size_t i = 0; i < fields.size(); ++i) {
      layout_->by_id_[static_cast<std::size_t>(fields[i].id - first)] = static_cast<std::int32_t>(i);
    }
  } else {
    for (std::size_t i = 0; i < fields.size(); ++i) {
      layout_->sparse_.emplace_back(fields[i].id, static_cast<std::int32_t>(i));
    }
    std::sort(layout_->sparse_.begin(), layout_->sparse_.end());
  }
}

}  // namespace fastthrift::python
