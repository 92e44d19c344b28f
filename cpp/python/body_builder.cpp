#include "python/body_builder.hpp"

#include <algorithm>
#include <utility>

namespace fastthrift::python {
namespace {

using schema::Field;
using schema::Requiredness;
using schema::TypeKind;
using schema::Value;

void set(const Ref& dict, const Ref& name, PyObject* value) {
  checked_status(PyDict_SetItem(dict.get(), name.get(), value));
}

void append_default(const Ref& default_spec, PyObject* name, PyObject* value) {
  const Ref entry = checked(PyTuple_Pack(2, name, value));
  checked_status(PyList_Append(default_spec.get(), entry.get()));
}

Ref number(long value) { return checked(PyLong_FromLong(value)); }

// Whether making it cannot fail, and nobody else has the object.
bool is_plain(const Value& value, TypeKind type) {
  switch (value.kind) {
    case Value::Kind::boolean:
    case Value::Kind::big_integer:
    case Value::Kind::number:
      return true;
    case Value::Kind::integer:
      return type != TypeKind::enum_;  // may be a member of it
    case Value::Kind::text:
      return type != TypeKind::uuid;
    default:
      return false;
  }
}

}  // namespace

Ref interned(const std::string& text) {
  PyObject* made = text_of(text).release();
  PyUnicode_InternInPlace(&made);
  return Ref::steal(made);
}

Ref text_of(const std::string& text) {
  return checked(PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "surrogateescape"));
}

Ref annotations_dict(const schema::Annotations& annotations) {
  Ref made = checked(PyDict_New());
  for (const auto& annotation : annotations) {
    const Ref name = text_of(annotation.name);
    const Ref value = annotation.value ? text_of(*annotation.value) : Ref::share(Py_None);
    checked_status(PyDict_SetItem(made.get(), name.get(), value.get()));
  }
  return made;
}

BodyBuilder::BodyBuilder(BoundSchema& bound, const ModuleNames& names)
    : bound_(bound), names_(names), specs_(bound), plain_values_(bound, {}) {}

Body BodyBuilder::body_of(std::uint32_t index) { return struct_body(index, plain_values_); }

Body BodyBuilder::body_of(const schema::Function& function, bool is_result) {
  return is_result ? result_body(function, plain_values_) : arguments_body(function, plain_values_);
}

int BodyBuilder::traverse(visitproc visit, void* arg) const { return specs_.traverse(visit, arg); }

bool BodyBuilder::can_wait(const std::vector<Field>& fields) const {
  return std::all_of(fields.begin(), fields.end(), [this](const Field& field) {
    return payload::SlotRule::is_name(field.name) &&
           (!field.default_value || is_plain(*field.default_value, bound_.schema().types()[field.type].kind));
  });
}

std::size_t BodyBuilder::count_slots(const std::vector<Field>& fields) const {
  return static_cast<std::size_t>(std::count_if(
      fields.begin(), fields.end(), [this](const Field& field) { return rule_.is_slot(field.name); }));
}

PyObject* BodyBuilder::name_of(const Field& field) {
  Ref& name = field_names_[field.name];
  if (!name) name = interned(field.name);
  return name.get();
}

bool BodyBuilder::add_field(Parts& parts, const Field& field, ValueBuilder& values) {
  const bool required = field.requiredness == Requiredness::required;
  PyObject* name = name_of(field);
  Ref spec = specs_.field(name, field.type, required);
  const bool is_known = static_cast<bool>(spec);
  if (!is_known) spec = SpecBuilder::unresolved(name, required);
  checked_status(PyDict_SetItem(parts.thrift_spec.get(), number(field.id).get(), spec.get()));
  checked_status(
      PyDict_SetItem(parts.tspec.get(), name, is_known ? specs_.entry(field.type, required) : Py_None));
  checked_status(PyDict_SetItem(parts.lines.get(), name, number(field.place.line).get()));
  const Ref value = field.default_value ? values.value(*field.default_value, bound_.schema(), field.type)
                                        : Ref::share(Py_None);
  append_default(parts.default_spec, name, value.get());
  if (rule_.is_slot(field.name)) parts.slots.push_back(Ref::share(name));
  if (!field.annotations.empty()) {
    checked_status(PyDict_SetItem(parts.annotations.get(), name, annotations_dict(field.annotations).get()));
  }
  return is_known;
}

Body BodyBuilder::struct_body(schema::Index index, ValueBuilder& values) {
  const schema::Struct& declared = bound_.schema().structs()[index];
  Parts parts;
  for (std::uint32_t position = 0; position < declared.fields.size(); ++position) {
    if (add_field(parts, declared.fields[position], values)) continue;
    if (unresolved == nullptr)
      raise(PyExc_RuntimeError, "a class that %s refers to was collected", declared.name.c_str());
    unresolved->push_back({index, position});
  }
  Ref attributes = checked(PyDict_New());
  set(attributes, keys_.annotations, annotations_dict(declared.annotations).get());
  return finish(std::move(parts), std::move(attributes), number(declared.place.line).get(), declared.doc);
}

Body BodyBuilder::arguments_body(const schema::Function& function, ValueBuilder& values) {
  Parts parts;
  for (const Field& field : function.arguments) add_field(parts, field, values);
  return finish(std::move(parts), checked(PyDict_New()), Py_None, function.doc);
}

// thriftpy2's order: success is the last of thrift_spec and the first of default_spec.
Body BodyBuilder::result_body(const schema::Function& function, ValueBuilder& values) {
  const bool is_void = bound_.schema().types()[function.result].kind == TypeKind::void_;
  PyObject* success = keys_.success.get();
  Parts parts;
  if (!is_void) append_default(parts.default_spec, success, Py_None);
  for (const Field& field : function.throws) add_field(parts, field, values);
  if (!is_void) {
    const Ref spec = specs_.field(success, function.result, false);
    if (!spec) raise(PyExc_RuntimeError, "what %s returns was collected", function.name.c_str());
    checked_status(PyDict_SetItem(parts.thrift_spec.get(), number(0).get(), spec.get()));
  }
  Ref attributes = checked(PyDict_New());
  set(attributes, keys_.oneway, function.is_oneway ? Py_True : Py_False);
  return finish(std::move(parts), std::move(attributes), Py_None, {});
}

Body BodyBuilder::finish(Parts parts, Ref attributes, PyObject* line, const std::string& doc) {
  set(attributes, keys_.ttype, keys_.struct_number.get());
  set(attributes, keys_.tspec, parts.tspec.get());
  set(attributes, keys_.line, line);
  set(attributes, keys_.file, names_.file.get());
  set(attributes, keys_.lines, parts.lines.get());
  set(attributes, keys_.field_annotations, parts.annotations.get());
  if (!doc.empty()) set(attributes, keys_.doc, text_of(doc).get());
  return {std::move(parts.thrift_spec), std::move(parts.default_spec), std::move(attributes),
          std::move(parts.slots)};
}

}  // namespace fastthrift::python
