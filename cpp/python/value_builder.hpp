#pragma once

#include "python/bound_schema.hpp"
#include "python/errors.hpp"
#include "python/ref.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace fastthrift::python {

// Makes the Python objects of constants and default values. A reference to a constant is that constant's
// object. Values that are structs need their class: `need_struct` is asked to make it first where it is one
// of this file.
class ValueBuilder {
 public:
  ValueBuilder(BoundSchema& bound, std::function<void(schema::Index)> need_struct);

  // The value of a type given by its index in `owner`, which is where the type is written.
  Ref value(const schema::Value& value, const schema::Schema& owner, schema::Index type);

  // How much a value holds once it is made.
  ValueSize size(const schema::Value& value) const;

  // A constant of this file, made at its first use. Borrowed.
  PyObject* constant(schema::Index index);

 private:
  Ref item(const schema::Type& type, Ref number);
  Ref text(const std::string& text, schema::TypeKind kind);
  Ref list(const schema::Value& value, const schema::Schema& owner, schema::Index element);
  Ref set(const schema::Value& value, const schema::Schema& owner, schema::Index element);
  Ref map(const schema::Value& value, const schema::Schema& owner, const schema::Type& type);
  Ref key(const schema::Value& value, const schema::Schema& owner, schema::Index type);
  void count_references(const schema::Value& value);
  Ref structure(const schema::Value& value);
  [[noreturn]] void fail(const char* problem, const std::string& name, const schema::Place& place) const;

  BoundSchema& bound_;
  std::function<void(schema::Index)> need_struct_;
  Ref uuid_;  // uuid.UUID, once a value needs it
  int depth_ = 0;
  std::uint64_t made_ = 0;
};

}  // namespace fastthrift::python
