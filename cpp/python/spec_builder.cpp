#include "python/spec_builder.hpp"

#include <cstddef>
#include <utility>

namespace fastthrift::python {
namespace {

using schema::Type;
using schema::TypeKind;

constexpr auto last_plain = TypeKind::uuid;

// thriftpy2's numbers: the wire's, and 18 for a string that is binary.
int number_of(TypeKind kind) {
  switch (kind) {
    case TypeKind::void_:
      return 1;
    case TypeKind::bool_:
      return 2;
    case TypeKind::i8:
      return 3;
    case TypeKind::double_:
      return 4;
    case TypeKind::i16:
      return 6;
    case TypeKind::i32:
    case TypeKind::enum_:
      return 8;
    case TypeKind::i64:
      return 10;
    case TypeKind::string:
      return 11;
    case TypeKind::struct_:
      return 12;
    case TypeKind::map:
      return 13;
    case TypeKind::set:
      return 14;
    case TypeKind::list:
      return 15;
    case TypeKind::uuid:
      return 16;
    case TypeKind::binary:
      return 18;
  }
  return 0;
}

Ref pair(PyObject* first, PyObject* second) { return checked(PyTuple_Pack(2, first, second)); }

PyObject* truth(bool value) { return value ? Py_True : Py_False; }

}  // namespace

SpecBuilder::SpecBuilder(const BoundSchema& bound) : bound_(bound), others_(bound.schema().types().size()) {}

SpecBuilder::Specs& SpecBuilder::specs(schema::Index index) {
  const Type& type = bound_.schema().types()[index];
  return type.kind <= last_plain ? plain_[static_cast<std::size_t>(type.kind)] : others_[index];
}

PyObject* SpecBuilder::type(schema::Index index) {
  Specs& found = specs(index);
  if (!found.type) {
    Ref made = make(bound_.schema().types()[index]);
    // Making it may let another thread run, which has what it found here in hand.
    if (!found.type) found.type = std::move(made);
  }
  return found.type.get();
}

Ref SpecBuilder::make(const Type& type) {
  Ref number = checked(PyLong_FromLong(number_of(type.kind)));
  switch (type.kind) {
    case TypeKind::enum_: {
      const Ref& made = bound_.of(type.owner).enums[type.definition];
      return made ? pair(number.get(), made.get()) : Ref();
    }
    case TypeKind::struct_: {
      const Ref& made = bound_.of(type.owner).structs[type.definition];
      return made ? pair(number.get(), made.get()) : Ref();
    }
    case TypeKind::list:
    case TypeKind::set: {
      PyObject* element = this->type(type.element);
      return element != nullptr ? pair(number.get(), element) : Ref();
    }
    case TypeKind::map: {
      PyObject* key = this->type(type.key);
      PyObject* value = this->type(type.element);
      if (key == nullptr || value == nullptr) return Ref();
      return pair(number.get(), pair(key, value).get());
    }
    default:
      return number;
  }
}

Ref SpecBuilder::field(PyObject* name, schema::Index index, bool required) {
  PyObject* type = this->type(index);
  if (type == nullptr) return Ref();
  if (!PyTuple_Check(type)) return checked(PyTuple_Pack(3, type, name, truth(required)));
  return checked(
      PyTuple_Pack(4, PyTuple_GET_ITEM(type, 0), name, PyTuple_GET_ITEM(type, 1), truth(required)));
}

Ref SpecBuilder::unresolved(PyObject* name, bool required) {
  return checked(Py_BuildValue("(iOO)", number_of(TypeKind::void_), name, truth(required)));
}

PyObject* SpecBuilder::entry(schema::Index index, bool required) {
  Ref& entry = specs(index).entries[required ? 1 : 0];
  if (!entry) {
    PyObject* type = this->type(index);
    if (type == nullptr) return nullptr;
    Ref made = pair(truth(required), type);
    if (!entry) entry = std::move(made);
  }
  return entry.get();
}

int SpecBuilder::traverse(visitproc visit, void* arg) const {
  // Plain types are numbers; their entries hold nothing that could be part of a cycle.
  for (const Specs& specs : others_) {
    Py_VISIT(specs.type.get());
    for (const Ref& entry : specs.entries) Py_VISIT(entry.get());
  }
  return 0;
}

}  // namespace fastthrift::python
