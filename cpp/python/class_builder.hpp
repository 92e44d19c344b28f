#pragma once

#include "python/bound_schema.hpp"
#include "python/errors.hpp"
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

// Makes the payload classes of a file: structs, unions, exceptions, and the arguments and results of its
// services.
//
// Structs refer to each other in any direction, so first every class is made, with fields whose types are not
// known yet where their classes come later; then `resolve` puts those right. Only a default that is itself a
// struct cannot wait: its class is made first.
class ClassBuilder {
 public:
  ClassBuilder(BoundSchema& bound, const ModuleNames& names);

  void make_structs();
  // What stands for the classes of a method until they are made: see lazy_class.hpp.
  Ref make_arguments(const schema::Function& function);
  Ref make_result(const schema::Function& function);

  // A class that is no payload: an enum or a service. `maker` is called as `type` would be.
  Ref make_plain_class(PyObject* maker, const std::string& name, PyObject* base, PyObject* body, int line,
                       const std::string& doc);

  SpecBuilder& specs() { return specs_; }
  ValueBuilder& values() { return values_; }

 private:
  enum class State : std::uint8_t { absent, begun, made };
  // A field whose class was not there when its struct was made.
  struct Unresolved {
    schema::Index definition;
    std::uint32_t position;
  };
  // The parts of a class body, from its fields.
  struct Body {
    Ref thrift_spec = checked(PyDict_New());
    Ref default_spec = checked(PyList_New(0));
    Ref tspec = checked(PyDict_New());
    Ref lines = checked(PyDict_New());
    Ref annotations = checked(PyDict_New());
  };

  // The attributes of every class, interned once: a module may have thousands.
  struct Keys {
    Ref ttype = interned("_ttype");
    Ref tspec = interned("_tspec");
    Ref line = interned("__thrift_lineno__");
    Ref file = interned("__thrift_file__");
    Ref lines = interned("__thrift_field_linenos__");
    Ref field_annotations = interned("__thrift_field_annotations__");
    Ref annotations = interned("__thrift_annotations__");
    Ref doc = interned("__doc__");
    Ref module = interned("__module__");
    Ref oneway = interned("oneway");
    Ref struct_number = checked(PyLong_FromLong(12));
  };

  // A field's name as an interned string: most fields share theirs with others of the file.
  PyObject* name_of(const schema::Field& field);
  void make_struct(schema::Index index);
  void resolve();
  // Adds a field; false while its type is not known.
  bool add_field(Body& body, const schema::Field& field);
  Ref default_of(const schema::Field& field);
  // Puts what every class has into its attributes.
  void describe(PyObject* attributes, const Body& body, PyObject* line, const std::string& doc);
  Ref make_class(const std::string& name, PyTypeObject* base, const Body& body, PyObject* line,
                 const std::string& doc, PyObject* extra);
  Ref make_lazily(const std::string& name, const Body& body, const std::string& doc, PyObject* extra);

  BoundSchema& bound_;
  const ModuleNames& names_;
  const Keys keys_;
  SpecBuilder specs_;
  ValueBuilder values_;
  Ref exception_;  // TException, once there is one
  std::vector<State> states_;
  std::vector<Unresolved> unresolved_;
  std::unordered_map<std::string_view, Ref> field_names_;
};

}  // namespace fastthrift::python
