#pragma once

#include "python/body_builder.hpp"
#include "python/bound_schema.hpp"
#include "python/errors.hpp"
#include "python/ref.hpp"
#include "python/spec_builder.hpp"
#include "python/value_builder.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace fastthrift::python {

// Makes the payload classes of a file: structs, unions, exceptions, and the arguments and results of its
// services.
//
// Structs refer to each other in any direction, so first every class is made, most of them as outlines. Those
// that cannot wait for their bodies get them with fields whose types are not known yet where their classes
// come later; then `resolve` puts those right. Only a default that is itself a struct cannot wait: its class
// is made first.
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

  SpecBuilder& specs() { return bodies_.specs(); }
  ValueBuilder& values() { return values_; }

 private:
  enum class State : std::uint8_t { absent, begun, made };
  struct Keys {
    Ref line = interned("__thrift_lineno__");
    Ref file = interned("__thrift_file__");
    Ref doc = interned("__doc__");
    Ref module = interned("__module__");
  };

  void make_struct(schema::Index index);
  Ref make_at_once(schema::Index index);
  Ref make_outline(schema::Index index);
  void resolve();
  void measure(schema::Index index);
  Ref make_lazily(const std::string& name, const Body& body);

  BoundSchema& bound_;
  const ModuleNames& names_;
  const Keys keys_;
  BodyBuilder& bodies_;  // the schema's
  ValueBuilder values_;
  Ref exception_;  // TException, once there is one
  std::vector<State> states_;
  std::vector<BodyBuilder::Unresolved> unresolved_;
};

}  // namespace fastthrift::python
