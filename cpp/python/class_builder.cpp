#include "python/class_builder.hpp"

#include "python/lazy_class.hpp"
#include "python/payload.hpp"
#include "python/payload_class.hpp"

#include <cstddef>
#include <memory>

#include "base/errors.hpp"

namespace fastthrift::python {
namespace {

using schema::Field;
using schema::Index;
using schema::Requiredness;

void set(const Ref& dict, const Ref& name, PyObject* value) {
  checked_status(PyDict_SetItem(dict.get(), name.get(), value));
}

Ref number(long value) { return checked(PyLong_FromLong(value)); }

BodyBuilder& bodies_for(BoundSchema& bound, const ModuleNames& names) {
  auto made = std::make_unique<BodyBuilder>(bound, names);
  BodyBuilder& bodies = *made;
  bound.bodies = std::move(made);
  return bodies;
}

}  // namespace

ClassBuilder::ClassBuilder(BoundSchema& bound, const ModuleNames& names)
    : bound_(bound),
      names_(names),
      bodies_(bodies_for(bound, names)),
      values_(bound, [this](Index index) { make_struct(index); }),
      states_(bound.structs.size(), State::absent) {}

void ClassBuilder::make_structs() {
  bodies_.unresolved = &unresolved_;
  for (Index index = 0; index < bound_.structs.size(); ++index) make_struct(index);
  bodies_.unresolved = nullptr;
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
  Ref made = make_outline(index);
  if (made) {
    measure(index);
  } else {
    made = make_at_once(index);
  }
  bound_.structs[index] = std::move(made);
  states_[index] = State::made;
}

Ref ClassBuilder::make_outline(Index index) {
  const schema::Struct& declared = bound_.schema().structs()[index];
  if (declared.kind == schema::StructKind::exception || !bodies_.can_wait(declared.fields)) return Ref();
  const Ref doc = declared.doc.empty() ? Ref() : text_of(declared.doc);
  return payload::make_outline(interned(declared.name).get(), names_.module.get(), doc.get(),
                               bodies_.count_slots(declared.fields), bound_.object(), index);
}

Ref ClassBuilder::make_at_once(Index index) {
  const schema::Struct& declared = bound_.schema().structs()[index];
  const Body body = bodies_.struct_body(index, values_);
  measure(index);

  PyTypeObject* base = payload::base();
  if (declared.kind == schema::StructKind::exception) {
    if (!exception_) {
      const Ref module = checked(PyImport_ImportModule("fastthrift.thrift"));
      exception_ = checked(PyObject_GetAttrString(module.get(), "TException"));
    }
    base = reinterpret_cast<PyTypeObject*>(exception_.get());
  }
  return payload::make_class(interned(declared.name).get(), names_.module.get(), base, body.thrift_spec.get(),
                             body.default_spec.get(), body.attributes.get());
}

void ClassBuilder::measure(Index index) {
  const schema::Struct& declared = bound_.schema().structs()[index];
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
}

// `thrift_spec` and `_tspec` keep their order: the keys are there already.
void ClassBuilder::resolve() {
  for (const BodyBuilder::Unresolved& each : unresolved_) {
    const Field& field = bound_.schema().structs()[each.definition].fields[each.position];
    const bool required = field.requiredness == Requiredness::required;
    PyObject* made = bound_.structs[each.definition].get();
    PyObject* name = bodies_.name_of(field);
    const Ref thrift_spec = checked(PyObject_GetAttrString(made, "thrift_spec"));
    const Ref tspec = checked(PyObject_GetAttrString(made, "_tspec"));
    const Ref spec = specs().field(name, field.type, required);
    checked_status(PyDict_SetItem(thrift_spec.get(), number(field.id).get(), spec.get()));
    checked_status(PyDict_SetItem(tspec.get(), name, specs().entry(field.type, required)));
  }
  unresolved_.clear();
}

Ref ClassBuilder::make_arguments(const schema::Function& function) {
  const std::string name = function.name + "_args";
  if (bodies_.can_wait(function.arguments)) {
    return make_lazy_class(interned(name).get(), bound_.object(), function, false);
  }
  return make_lazily(name, bodies_.arguments_body(function, values_));
}

Ref ClassBuilder::make_result(const schema::Function& function) {
  const std::string name = function.name + "_result";
  if (bodies_.can_wait(function.throws)) {
    return make_lazy_class(interned(name).get(), bound_.object(), function, true);
  }
  return make_lazily(name, bodies_.result_body(function, values_));
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

Ref ClassBuilder::make_lazily(const std::string& name, const Body& body) {
  return make_lazy_class(interned(name).get(), names_.module.get(), body);
}

}  // namespace fastthrift::python
