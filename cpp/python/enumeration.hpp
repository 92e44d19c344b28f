#pragma once

#include "python/ref.hpp"

// Enums of an IDL are classes of ints, whose values are plain ints, or classes of enum.IntEnum.
namespace fastthrift::python {

// Whether the class is one of enum.IntEnum, whose values are its members.
bool has_members(PyObject* enumeration);

// The member with this value; a number that none has stays a number.
Ref member_of(PyTypeObject* enumeration, Ref number);

}  // namespace fastthrift::python
