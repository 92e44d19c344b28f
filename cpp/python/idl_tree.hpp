#pragma once

#include <Python.h>

#include <memory>

#include <pybind11/pybind11.h>

#include "idl/ast.hpp"

namespace fastthrift::python {

using DocumentClass = pybind11::class_<idl::Document>;

// Shows a document's tree to Python, for the code generator: its definitions with places, doc comments,
// annotations and values as they are written. Every object keeps the document alive.
void bind_tree(pybind11::module_& module, DocumentClass& document);

}  // namespace fastthrift::python
