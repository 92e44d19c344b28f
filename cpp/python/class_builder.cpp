#include "python/class_builder.hpp"

#include "python/lazy_class.hpp"
#include "python/payload.hpp"

#include <cstddef>

#include "base/errors.hpp"

namespace fastthrift::python {
namespace {

using schema::Field;
using schema::Index;
using schema::Requiredness;
using schema::TypeKind;

void set(const Ref& dict, const Ref& name, PyObject* value) {
  checked_status(PyDict_SetItem(dict.get(), name.get(), value));
}

void append_default(const Ref& default_spec, PyObject* name, PyObject* value) {
  const Ref entry = checked(PyTuple_Pack(2, name, value));
  checked_status(PyList_Append(default_spec.get(), entry.get()));
}

Ref number(long value) { return checked(PyLong_FromLong(value)); }

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

ClassBuilder::ClassBuilder(BoundSchema& bound, const ModuleNames& names)
    : bound_(bound),
      names_(names),
      specs_(bound),
      values_(bound, [this](Index index) { make_struct(index); }),
      states_(bound.structs.size(), State::absent) {}

void ClassBuilder::make_structs() {
  for (Index index = 0; index < bound_.structs.size(); ++index) make_struct(index);
  resolve();
}

void ClassBuilder::make_struct(Index index) {
  if (states_[index] == State::made) return;
  const schema::Struct& declared = bound_.schema().structs()[index];
  if (states_[index] == State::begun) {
    throw IdlError(IdlError::Kind::parser,
                   "The default values of struct '" + declared.name + "' contain themselves",
                   {bound_.schema().file(), declared.place.line, declared.place.column});
  }
  states_[index] = State::begun;

  Body body;
  for (std::uint32_t position = 0; position < declared.fields.size(); ++position) {
    if (!add_field(body, declared.fields[position])) unresolved_.push_back({index, position});
  }

  ValueSize size;
  for (const Field& field : declared.fields) {
    if (field.default_value) size.add(values_.size(*field.default_value));
  }
  if (size.is_too_much()) {
    throw IdlError(IdlError::Kind::parser,
                   "The default values of struct '" + declared.name + "' hold too much",
                   {bound_.schema().file(), declared.place.line, declared.place.column});
  }
  bound_.struct_sizes[index] = size;

  PyTypeObject* base = payload::base();
  if (declared.kind == schema::StructKind::exception) {
    if (!exception_) {
      const Ref module = checked(PyImport_ImportModule("fastthrift.thrift"));
      exception_ = checked(PyObject_GetAttrString(module.get(), "TException"));
    }
    base = reinterpret_cast<PyTypeObject*>(exception_.get());
  }
  const Ref extra = checked(PyDict_New());
  set(extra, keys_.annotations, annotations_dict(declared.annotations).get());
  bound_.structs[index] =
      make_class(declared.name, base, body, number(declared.place.line).get(), declared.doc, extra.get());
  states_[index] = State::made;
}

// `thrift_spec` and `_tspec` keep their order: the keys are there already.
void ClassBuilder::resolve() {
  for (const Unresolved& each : unresolved_) {
    const Field& field = bound_.schema().structs()[each.definition].fields[each.position];
    const bool required = field.requiredness == Requiredness::required;
    PyObject* made = bound_.structs[each.definition].get();
    PyObject* name = name_of(field);
    const Ref thrift_spec = checked(PyObject_GetAttrString(made, "thrift_spec"));
    const Ref tspec = checked(PyObject_GetAttrString(made, "_tspec"));
    const Ref spec = specs_.field(name, field.type, required);
    checked_status(PyDict_SetItem(thrift_spec.get(), number(field.id).get(), spec.get()));
    checked_status(PyDict_SetItem(tspec.get(), name, specs_.entry(field.type, required)));
  }
  unresolved_.clear();
}

PyObject* ClassBuilder::name_of(const Field& field) {
  Ref& name = field_names_[field.name];
  if (!name) name = interned(field.name);
  return name.get();
}

bool ClassBuilder::add_field(Body& body, const Field& field) {
  const bool required = field.requiredness == Requiredness::required;
  PyObject* name = name_of(field);
  Ref spec = specs_.field(name, field.type, required);
  const bool is_known = static_cast<bool>(spec);
  if (!is_known) spec = SpecBuilder::unresolved(name, required);
  checked_status(PyDict_SetItem(body.thrift_spec.get(), number(field.id).get(), spec.get()));
  checked_status(
      PyDict_SetItem(body.tspec.get(), name, is_known ? specs_.entry(field.type, required) : Py_None));
  checked_status(PyDict_SetItem(body.lines.get(), name, number(field.place.line).get()));
  append_default(body.default_spec, name, default_of(field).get());
  if (!field.annotations.empty()) {
    checked_status(PyDict_SetItem(body.annotations.get(), name, annotations_dict(field.annotations).get()));
  }
  return is_known;
}

Ref ClassBuilder::default_of(const Field& field) {
  if (!field.default_value) return Ref::share(Py_None);
  return values_.value(*field.default_value, bound_.schema(), field.type);
}

Ref ClassBuilder::make_arguments(const schema::Function& function) {
  Body body;
  for (const Field& field : function.arguments) add_field(body, field);
  const Ref extra = checked(PyDict_New());
  return make_lazily(function.name + "_args", body, function.doc, extra.get());
}

// thriftpy2's order: success is the last of thrift_spec and the first of default_spec.
Ref ClassBuilder::make_result(const schema::Function& function) {
  const bool is_void = bound_.schema().types()[function.result].kind == TypeKind::void_;
  const Ref success = interned("success");
  Body body;
  if (!is_void) append_default(body.default_spec, success.get(), Py_None);
  for (const Field& field : function.throws) add_field(body, field);
  if (!is_void) {
    const Ref spec = specs_.field(success.get(), function.result, false);
    checked_status(PyDict_SetItem(body.thrift_spec.get(), number(0).get(), spec.get()));
  }
  const Ref extra = checked(PyDict_New());
  set(extra, keys_.oneway, function.is_oneway ? Py_True : Py_False);
  return make_lazily(function.name + "_result", body, {}, extra.get());
}

Ref ClassBuilder::make_plain_class(PyObject* maker, const std::string& name, PyObject* base,
                                   PyObject* body_dict, int line, const std::string& doc) {
  const Ref body = Ref::share(body_dict);
  set(body, keys_.module, names_.module.get());
  set(body, keys_.line, number(line).get());
  set(body, keys_.file, names_.file.get());
  if (!doc.empty()) set(body, keys_.doc, text_of(doc).get());
  return checked(PyObject_CallFunction(maker, "N(O)O", text_of(name).release(), base, body.get()));
}

void ClassBuilder::describe(PyObject* attributes, const Body& body, PyObject* line, const std::string& doc) {
  const Ref extra = Ref::share(attributes);
  set(extra, keys_.ttype, keys_.struct_number.get());
  set(extra, keys_.tspec, body.tspec.get());
  set(extra, keys_.line, line);
  set(extra, keys_.file, names_.file.get());
  set(extra, keys_.lines, body.lines.get());
  set(extra, keys_.field_annotations, body.annotations.get());
  if (!doc.empty()) set(extra, keys_.doc, text_of(doc).get());
}

Ref ClassBuilder::make_class(const std::string& name, PyTypeObject* base, const Body& body, PyObject* line,
                             const std::string& doc, PyObject* extra_attributes) {
  describe(extra_attributes, body, line, doc);
  return payload::make_class(text_of(name).get(), names_.module.get(), base, body.thrift_spec.get(),
                             body.default_spec.get(), extra_attributes);
}

Ref ClassBuilder::make_lazily(const std::string& name, const Body& body, const std::string& doc,
                              PyObject* extra_attributes) {
  describe(extra_attributes, body, Py_None, doc);
  return make_lazy_class(interned(name).get(), names_.module.get(), body.thrift_spec.get(),
                         body.default_spec.get(), extra_attributes);
}

}  // namespace fastthrift::python
