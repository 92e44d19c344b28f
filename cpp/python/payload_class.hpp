#pragma once

#include "python/ref.hpp"

#include <cstddef>
#include <cstdint>

// The class of a struct of an IDL, made without type(): for thousands of them that is most of a load.
//
// What is made at once is an outline: a whole class for everybody who names it, derives from it or asks what
// it is, but with no more in its namespace than `__module__` and `__doc__`. The body comes when somebody
// touches an attribute of the class, calls it or makes an instance by any other way. Nobody sees a class
// without its body: of these ways each passes through TPayloadMeta or through the class's own C slots.
namespace fastthrift::python::payload {

// A class below TPayload itself with this name and namespace, whose slots are the fields of `initializer`, as
// `make_type` makes it. Null where it has to: before `learn_from`, and where somebody has changed what
// type() would see in TPayload.
Ref make_struct_class(PyObject* name, PyObject* ns, PyObject* initializer);

// The outline of a class with so many slots; `bound_schema` has the body of the struct at `index`. Null like
// the above. `doc` may be null.
Ref make_outline(PyObject* name, PyObject* module_name, PyObject* doc, std::size_t slots,
                 PyObject* bound_schema, std::uint32_t index);

// Gives an outline its body. Throws PythonError; the class is an outline as before then.
void complete(PyTypeObject* type);

// Tells it what type() has put into a class with an `__init__` of its own.
void learn_from(PyTypeObject* made);

}  // namespace fastthrift::python::payload
