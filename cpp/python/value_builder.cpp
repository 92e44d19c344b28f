#include "python/value_builder.hpp"

#include "python/enumeration.hpp"
#include "python/hashable.hpp"

#include <cstddef>
#include <utility>

#include "base/errors.hpp"

namespace fastthrift::python {
namespace {

using schema::Index;
using schema::Schema;
using schema::Value;

// Constants that refer to constants, defaults inside the struct values of other defaults: each is one step.
constexpr int max_depth = 512;

Ref hashable(Ref value);

// The values of a map that is to be hashed are hashed as well.
Ref frozen_dict_of(Ref dict) {
  if (!PyDict_CheckExact(dict.get())) return dict;  // is one already
  PyObject *key, *value;
  Py_ssize_t position = 0;
  while (PyDict_Next(dict.get(), &position, &key, &value)) {
    const Ref kept = Ref::share(key);  // replacing the value of a key that is there does not disturb the walk
    checked_status(PyDict_SetItem(dict.get(), kept.get(), hashable(Ref::share(value)).get()));
  }
  const Ref module = checked(PyImport_ImportModule("fastthrift.frozen"));
  return checked(PyObject_CallMethod(module.get(), "FrozenDict", "O", dict.get()));
}

Ref hashable(Ref value) { return hashable(std::move(value), frozen_dict_of); }

}  // namespace

ValueBuilder::ValueBuilder(BoundSchema& bound, std::function<void(Index)> need_struct)
    : bound_(bound), need_struct_(std::move(need_struct)) {}

Ref ValueBuilder::value(const Value& value, const Schema& owner, Index type_index) {
  struct Step {
    int& depth;
    explicit Step(int& depth) : depth(depth) { ++depth; }
    ~Step() { --depth; }
  } step(depth_);
  const schema::Type& type = owner.types()[type_index];
  switch (value.kind) {
    case Value::Kind::boolean:
      return Ref::share(value.boolean ? Py_True : Py_False);
    case Value::Kind::integer: {
      Ref number = checked(PyLong_FromLongLong(value.integer));
      return type.kind == schema::TypeKind::enum_ ? item(type, std::move(number)) : std::move(number);
    }
    case Value::Kind::big_integer:
      return checked(PyLong_FromString(value.text.c_str(), nullptr, 10));
    case Value::Kind::number:
      return checked(PyFloat_FromDouble(value.number));
    case Value::Kind::text:
      return text(value.text, type.kind);
    case Value::Kind::list:
      return list(value, owner, type.element);
    case Value::Kind::set:
      return set(value, owner, type.element);
    case Value::Kind::map:
      return map(value, owner, type);
    case Value::Kind::struct_:
      return structure(value);
    case Value::Kind::constant:
      if (value.owner == &bound_.schema()) return Ref::share(constant(value.definition));
      return bound_.of(value.owner).constants[value.definition];
  }
  return Ref::share(Py_None);
}

PyObject* ValueBuilder::constant(Index index) {
  if (!bound_.constants[index]) {
    const schema::Constant& constant = bound_.schema().constants()[index];
    if (depth_ > max_depth)
      fail("Constants refer to each other too deeply at", constant.name, constant.place);
    bound_.constants[index] = value(constant.value, bound_.schema(), constant.type);
    bound_.constant_sizes[index] = size(constant.value);
  }
  return bound_.constants[index].get();
}

ValueSize ValueBuilder::size(const Value& value) const {
  ValueSize size;
  if (value.kind == Value::Kind::constant) return bound_.of(value.owner).constant_sizes[value.definition];
  if (value.kind == Value::Kind::struct_) size = bound_.of(value.owner).struct_sizes[value.definition];
  for (const Value& item : value.items) size.add(this->size(item));
  return size;
}

void ValueBuilder::fail(const char* problem, const std::string& name, const schema::Place& place) const {
  throw IdlError(IdlError::Kind::parser, std::string(problem) + " '" + name + "'",
                 {bound_.schema().file(), place.line, place.column});
}

// An enum's item is an int, but a member where enums are classes of enum.IntEnum.
Ref ValueBuilder::item(const schema::Type& type, Ref number) {
  const Ref& made = bound_.of(type.owner).enums[type.definition];
  if (!made || !has_members(made.get())) return number;
  return member_of(reinterpret_cast<PyTypeObject*>(made.get()), std::move(number));
}

// thriftpy2 gives str for binary as well. An escape can make bytes that are no UTF-8; they survive as
// surrogates.
Ref ValueBuilder::text(const std::string& text, schema::TypeKind kind) {
  Ref decoded =
      checked(PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "surrogateescape"));
  if (kind != schema::TypeKind::uuid) return decoded;
  if (!uuid_) {
    const Ref module = checked(PyImport_ImportModule("uuid"));
    uuid_ = checked(PyObject_GetAttrString(module.get(), "UUID"));
  }
  return checked(PyObject_CallFunctionObjArgs(uuid_.get(), decoded.get(), nullptr));
}

Ref ValueBuilder::list(const Value& value, const Schema& owner, Index element) {
  Ref made = checked(PyList_New(static_cast<Py_ssize_t>(value.items.size())));
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    PyList_SET_ITEM(made.get(), static_cast<Py_ssize_t>(i),
                    this->value(value.items[i], owner, element).release());
  }
  return made;
}

Ref ValueBuilder::set(const Value& value, const Schema& owner, Index element) {
  Ref made = checked(PySet_New(nullptr));
  for (const Value& item : value.items) {
    checked_status(PySet_Add(made.get(), key(item, owner, element).get()));
  }
  return made;
}

Ref ValueBuilder::map(const Value& value, const Schema& owner, const schema::Type& type) {
  Ref made = checked(PyDict_New());
  for (std::size_t i = 0; i + 1 < value.items.size(); i += 2) {
    const Ref key = this->key(value.items[i], owner, type.key);
    const Ref item = this->value(value.items[i + 1], owner, type.element);
    checked_status(PyDict_SetItem(made.get(), key.get(), item.get()));
  }
  return made;
}

// What is hashed is walked whole, and lists are copied: constants that hold others twice, a few lines of
// them, would keep that busy for ever.
Ref ValueBuilder::key(const Value& value, const Schema& owner, Index type) {
  Ref made = this->value(value, owner, type);
  count_references(value);
  return hashable(std::move(made));
}

void ValueBuilder::count_references(const Value& value) {
  for (const Value& item : value.items) count_references(item);
  if (value.kind != Value::Kind::constant) return;
  made_ += size(value).objects - 1;
  const schema::Constant& constant = value.owner->constants()[value.definition];
  if (made_ > ValueSize::max_made)
    fail("Keys and members of sets hold too much with", constant.name, constant.place);
}

Ref ValueBuilder::structure(const Value& value) {
  const schema::Struct& declared = value.owner->structs()[value.definition];
  if (depth_ > max_depth)
    fail("Defaults contain each other too deeply at struct", declared.name, declared.place);
  if (value.owner == &bound_.schema()) need_struct_(value.definition);
  made_ += bound_.of(value.owner).struct_sizes[value.definition].objects - 1;  // itself is in the text
  if (made_ > ValueSize::max_made) fail("Constants hold too much with struct", declared.name, declared.place);
  const Ref arguments = checked(PyDict_New());
  for (std::size_t i = 0; i < value.fields.size(); ++i) {
    const schema::Field& field = declared.fields[value.fields[i]];
    const Ref item = this->value(value.items[i], *value.owner, field.type);
    checked_status(PyDict_SetItemString(arguments.get(), field.name.c_str(), item.get()));
  }
  const Ref nothing = checked(PyTuple_New(0));
  return checked(
      PyObject_Call(bound_.of(value.owner).structs[value.definition].get(), nothing.get(), arguments.get()));
}

}  // namespace fastthrift::python
