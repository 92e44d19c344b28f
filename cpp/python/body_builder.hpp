#pragma once

#include "python/bound_schema.hpp"
#include "python/errors.hpp"
#include "python/payload_slots.hpp"
#include "python/ref.hpp"
#include "python/spec_builder.hpp"
#include "python/value_builder.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace fastthrift::python {

// {name: value or None}
Ref annotations_dict(const schema::Annotations& annotations);

Ref interned(const std::string& text);
Ref text_of(const std::string& text);

// What all classes of a module have in common.
struct ModuleNames {
  Ref module;  // `__module__`, not always the module's `__name__`
  Ref file;    // `__thrift_file__`: str or None
};

// Makes what a class statement's body would hold, from the fields of a struct or of a method.
//
// A program uses few of the classes of its IDL, so most bodies are made when somebody first looks into the
// class: this lives as long as the file's BoundSchema. Which can wait says `can_wait`; bodies whose defaults
// may fail, or are objects that others hold too, cannot.
class BodyBuilder : public BodySource {
 public:
  BodyBuilder(BoundSchema& bound, const ModuleNames& names);

  Body body_of(std::uint32_t index) override;
  Body body_of(const schema::Function& function, bool is_result) override;
  PyObject* module_name() const override { return names_.module.get(); }
  int traverse(visitproc visit, void* arg) const override;

  // Fields of types that are not made yet get their names only, and `unresolved` has them then.
  Body struct_body(schema::Index index, ValueBuilder& values);
  Body arguments_body(const schema::Function& function, ValueBuilder& values);
  Body result_body(const schema::Function& function, ValueBuilder& values);

  // While not all classes are made: where fields are noted whose types are not known.
  struct Unresolved {
    schema::Index definition;
    std::uint32_t position;
  };
  std::vector<Unresolved>* unresolved = nullptr;

  bool can_wait(const std::vector<schema::Field>& fields) const;
  // How many of these fields are slots.
  std::size_t count_slots(const std::vector<schema::Field>& fields) const;

  // A field's name as an interned string: most fields share theirs with others of the file. Borrowed.
  PyObject* name_of(const schema::Field& field);
  SpecBuilder& specs() { return specs_; }

 private:
  // The attributes of every class, interned once.
  struct Keys {
    Ref ttype = interned("_ttype");
    Ref tspec = interned("_tspec");
    Ref line = interned("__thrift_lineno__");
    Ref file = interned("__thrift_file__");
    Ref lines = interned("__thrift_field_linenos__");
    Ref field_annotations = interned("__thrift_field_annotations__");
    Ref annotations = interned("__thrift_annotations__");
    Ref doc = interned("__doc__");
    Ref oneway = interned("oneway");
    Ref success = interned("success");
    Ref struct_number = checked(PyLong_FromLong(12));
  };
  // What grows field by field.
  struct Parts {
    Ref thrift_spec = checked(PyDict_New());
    Ref default_spec = checked(PyList_New(0));
    Ref tspec = checked(PyDict_New());
    Ref lines = checked(PyDict_New());
    Ref annotations = checked(PyDict_New());
    std::vector<Ref> slots;
  };

  // Adds a field; false while its type is not known.
  bool add_field(Parts& parts, const schema::Field& field, ValueBuilder& values);
  Body finish(Parts parts, Ref attributes, PyObject* line, const std::string& doc);

  BoundSchema& bound_;
  const ModuleNames names_;
  const Keys keys_;
  const payload::SlotRule rule_;
  SpecBuilder specs_;
  ValueBuilder plain_values_;
  std::unordered_map<std::string_view, Ref> field_names_;
};

}  // namespace fastthrift::python
