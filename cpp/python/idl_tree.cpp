#include "python/idl_tree.hpp"

#include <pybind11/stl.h>

#include <utility>
#include <variant>

namespace fastthrift::python {
namespace {

namespace py = pybind11;

template <class Node>
std::pair<int, int> place_of(const Node& node) {
  return {node.place.line, node.place.column};
}

template <class Node>
py::list annotations_of(const Node& node) {
  py::list pairs;
  for (const auto& annotation : node.annotations)
    pairs.append(py::make_tuple(annotation.name, annotation.value));
  return pairs;
}

const char* name_of(idl::BaseType base) {
  static constexpr const char* names[] = {"void", "bool",   "i8",     "i16",    "i32",
                                          "i64",  "double", "string", "binary", "uuid"};
  return names[static_cast<int>(base)];
}

const char* kind_of(const idl::Type& type) {
  static constexpr const char* names[] = {"base", "named", "list", "set", "map"};
  return names[static_cast<int>(type.kind)];
}

const char* kind_of(const idl::ConstValue& value) {
  static constexpr const char* names[] = {"boolean", "integer", "big_integer", "number",
                                          "text",    "name",    "list",        "map"};
  return names[static_cast<int>(value.kind)];
}

const char* kind_of(const idl::Struct& definition) {
  static constexpr const char* names[] = {"struct", "union", "exception"};
  return names[static_cast<int>(definition.kind)];
}

const char* requiredness_of(const idl::Field& field) {
  static constexpr const char* names[] = {"default", "required", "optional"};
  return names[static_cast<int>(field.requiredness)];
}

// What every definition and member has.
template <class Node>
py::class_<Node> bind_named(py::module_& module, const char* name) {
  return py::class_<Node>(module, name)
      .def_readonly("name", &Node::name)
      .def_readonly("doc", &Node::doc)
      .def_property_readonly("annotations", annotations_of<Node>)
      .def_property_readonly("place", place_of<Node>);
}

py::list namespaces_of(const idl::Document& document) {
  py::list all;
  for (const auto& each : document.namespaces)
    all.append(py::make_tuple(each.scope, each.name, place_of(each)));
  return all;
}

}  // namespace

void bind_tree(py::module_& module, DocumentClass& document) {
  py::class_<idl::Type>(module, "IdlType")
      .def_property_readonly("kind", py::overload_cast<const idl::Type&>(kind_of))
      .def_property_readonly("base", [](const idl::Type& type) { return name_of(type.base); })
      .def_readonly("name", &idl::Type::name)
      .def_readonly("arguments", &idl::Type::arguments)
      .def_property_readonly("annotations", annotations_of<idl::Type>)
      .def_property_readonly("place", place_of<idl::Type>);
  py::class_<idl::ConstValue>(module, "IdlValue")
      .def_property_readonly("kind", py::overload_cast<const idl::ConstValue&>(kind_of))
      .def_readonly("boolean", &idl::ConstValue::boolean)
      .def_readonly("integer", &idl::ConstValue::integer)
      .def_readonly("number", &idl::ConstValue::number)
      .def_readonly("text", &idl::ConstValue::text)
      .def_readonly("items", &idl::ConstValue::items)
      .def_property_readonly("place", place_of<idl::ConstValue>);
  bind_named<idl::Field>(module, "IdlField")
      .def_readonly("id", &idl::Field::id)
      .def_property_readonly("requiredness", requiredness_of)
      .def_readonly("type", &idl::Field::type)
      .def_readonly("default_value", &idl::Field::default_value);
  bind_named<idl::Struct>(module, "IdlStruct")
      .def_property_readonly("kind", py::overload_cast<const idl::Struct&>(kind_of))
      .def_readonly("fields", &idl::Struct::fields);
  bind_named<idl::EnumItem>(module, "IdlEnumItem").def_readonly("value", &idl::EnumItem::value);
  bind_named<idl::Enum>(module, "IdlEnum").def_readonly("items", &idl::Enum::items);
  bind_named<idl::Senum>(module, "IdlSenum").def_readonly("items", &idl::Senum::items);
  bind_named<idl::Typedef>(module, "IdlTypedef").def_readonly("type", &idl::Typedef::type);
  bind_named<idl::Const>(module, "IdlConst")
      .def_readonly("type", &idl::Const::type)
      .def_readonly("value", &idl::Const::value);
  bind_named<idl::Function>(module, "IdlFunction")
      .def_readonly("is_oneway", &idl::Function::is_oneway)
      .def_readonly("result", &idl::Function::result)
      .def_readonly("arguments", &idl::Function::arguments)
      .def_readonly("throws", &idl::Function::throws);
  bind_named<idl::Service>(module, "IdlService")
      .def_readonly("extends", &idl::Service::extends)
      .def_property_readonly("extends_place",
                             [](const idl::Service& service) {
                               return std::pair(service.extends_place.line, service.extends_place.column);
                             })
      .def_readonly("functions", &idl::Service::functions);
  document.def_readonly("doc", &idl::Document::doc)
      .def_readonly("definitions", &idl::Document::definitions)
      .def_property_readonly("namespaces", namespaces_of, "[(scope, name, (line, column))] as written.");
}

}  // namespace fastthrift::python
