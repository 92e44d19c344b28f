#include "python/module_builder.hpp"

#include <cstddef>
#include <utility>

namespace fastthrift::python {
namespace {

using schema::DefinitionKind;
using schema::StructKind;

constexpr int enum_number = 8;

void put(PyObject* dict, const char* name, PyObject* value) {
  checked_status(PyDict_SetItemString(dict, name, value));
}

// dict[name] of a dict that is made when it is not there yet.
Ref nested(PyObject* dict, const char* name) {
  const Ref key = checked(PyUnicode_FromString(name));
  if (PyObject* found = PyDict_GetItemWithError(dict, key.get())) return Ref::share(found);
  if (PyErr_Occurred()) throw PythonError();
  Ref made = checked(PyDict_New());
  checked_status(PyDict_SetItem(dict, key.get(), made.get()));
  return made;
}

const char* meta_kind(StructKind kind) {
  switch (kind) {
    case StructKind::struct_:
      return "structs";
    case StructKind::union_:
      return "unions";
    case StructKind::exception:
      return "exceptions";
  }
  return "structs";
}

}  // namespace

ModuleBuilder::ModuleBuilder(BoundSchema& bound, ModuleNames names, PyObject* module, PyObject* includes,
                             PyObject* enum_maker)
    : bound_(bound),
      schema_(bound.schema()),
      names_(std::move(names)),
      module_(module),
      includes_(includes),
      enum_maker_(enum_maker),
      dict_(Ref::share(PyModule_GetDict(module))),
      classes_(bound, names_),
      services_(bound, classes_) {
  // What `collections` has, without the rest of it, which not everybody has imported.
  const Ref collections = checked(PyImport_ImportModule("_collections"));
  meta_ = checked(
      PyObject_CallMethod(collections.get(), "defaultdict", "O", reinterpret_cast<PyObject*>(&PyList_Type)));
}

void ModuleBuilder::build() {
  add_header();
  add_includes();
  for (std::size_t i = 0; i < schema_.enums().size(); ++i) bound_.enums[i] = make_enum(schema_.enums()[i]);
  classes_.make_structs();
  for (const schema::Definition& definition : schema_.definitions()) add_definition(definition);
}

void ModuleBuilder::add_header() {
  put(dict_.get(), "__thrift_file__", names_.file.get());
  const Ref namespaces = checked(PyDict_New());
  for (const auto& [scope, name] : schema_.namespaces()) {
    checked_status(PyDict_SetItem(namespaces.get(), text_of(scope).get(), text_of(name).get()));
  }
  put(dict_.get(), "__thrift_namespaces__", namespaces.get());
  put(dict_.get(), "__thrift_meta__", meta_.get());
  if (!schema_.doc().empty()) put(dict_.get(), "__doc__", text_of(schema_.doc()).get());
}

void ModuleBuilder::add_includes() {
  for (std::size_t i = 0; i < schema_.includes().size(); ++i) {
    const Ref name = text_of(schema_.includes()[i].name);
    PyObject* included = PyList_GetItem(includes_, static_cast<Py_ssize_t>(i));
    if (included == nullptr) throw PythonError();
    if (PyDict_GetItemWithError(dict_.get(), name.get()) == included) continue;  // included twice
    if (PyErr_Occurred()) throw PythonError();
    checked_status(PyDict_SetItem(dict_.get(), name.get(), included));
    add_meta("includes", included);
  }
}

void ModuleBuilder::add_definition(const schema::Definition& definition) {
  switch (definition.kind) {
    case DefinitionKind::typedef_:
      return add_typedef(schema_.typedefs()[definition.index]);
    case DefinitionKind::constant:
      return add_constant(definition.index);
    case DefinitionKind::enum_: {
      PyObject* made = bound_.enums[definition.index].get();
      set(schema_.enums()[definition.index].name, made);
      return add_meta("enums", made);
    }
    case DefinitionKind::struct_: {
      const schema::Struct& declared = schema_.structs()[definition.index];
      PyObject* made = bound_.structs[definition.index].get();
      checked_status(PyDict_SetItem(dict_.get(), reinterpret_cast<PyHeapTypeObject*>(made)->ht_name, made));
      return add_meta(meta_kind(declared.kind), made);
    }
    case DefinitionKind::service: {
      const schema::Service& declared = schema_.services()[definition.index];
      PyObject* made = services_.service(definition.index);
      set(declared.name, made);
      return add_meta("services", made);
    }
  }
}

void ModuleBuilder::add_typedef(const schema::Typedef& declared) {
  set(declared.name, classes_.specs().type(declared.type));
  if (declared.annotations.empty()) return;
  const Ref all = nested(dict_.get(), "__thrift_typedef_annotations__");
  checked_status(
      PyDict_SetItem(all.get(), text_of(declared.name).get(), annotations_dict(declared.annotations).get()));
}

void ModuleBuilder::add_constant(schema::Index index) {
  const schema::Constant& declared = schema_.constants()[index];
  PyObject* value = classes_.values().constant(index);
  set(declared.name, value);
  add_meta("consts", value);
  if (declared.annotations.empty()) return;
  const Ref all = nested(dict_.get(), "__thrift_const_annotations__");
  checked_status(
      PyDict_SetItem(all.get(), text_of(declared.name).get(), annotations_dict(declared.annotations).get()));
}

Ref ModuleBuilder::make_enum(const schema::Enum& declared) {
  const Ref body = checked(PyDict_New());
  const Ref names = checked(PyDict_New());
  const Ref values = checked(PyDict_New());
  const Ref lines = checked(PyDict_New());
  const Ref annotations = checked(PyDict_New());
  for (const schema::EnumItem& item : declared.items) {
    const Ref name = interned(item.name);
    const Ref value = checked(PyLong_FromLongLong(item.value));
    checked_status(PyDict_SetItem(body.get(), name.get(), value.get()));
    checked_status(PyDict_SetItem(names.get(), value.get(), name.get()));  // of two names the last one counts
    checked_status(PyDict_SetItem(values.get(), name.get(), value.get()));
    checked_status(PyDict_SetItem(lines.get(), name.get(), checked(PyLong_FromLong(item.place.line)).get()));
    if (item.annotations.empty()) continue;
    checked_status(PyDict_SetItem(annotations.get(), name.get(), annotations_dict(item.annotations).get()));
  }
  put(body.get(), "_VALUES_TO_NAMES", names.get());
  put(body.get(), "_NAMES_TO_VALUES", values.get());
  put(body.get(), "_ttype", checked(PyLong_FromLong(enum_number)).get());
  put(body.get(), "__thrift_item_linenos__", lines.get());
  put(body.get(), "__thrift_item_annotations__", annotations.get());
  put(body.get(), "__thrift_annotations__", annotations_dict(declared.annotations).get());
  return classes_.make_plain_class(enum_maker_, declared.name,
                                   reinterpret_cast<PyObject*>(&PyBaseObject_Type), body.get(),
                                   declared.place.line, declared.doc);
}

void ModuleBuilder::set(const std::string& name, PyObject* value) {
  checked_status(PyDict_SetItem(dict_.get(), interned(name).get(), value));
}

void ModuleBuilder::add_meta(const char* kind, PyObject* value) {
  const Ref list = checked(PyObject_GetItem(meta_.get(), checked(PyUnicode_FromString(kind)).get()));
  checked_status(PyList_Append(list.get(), value));
}

}  // namespace fastthrift::python
