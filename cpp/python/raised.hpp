#pragma once

#include "python/ref.hpp"

#include <string>
#include <string_view>

// Exceptions as objects: taken from where they were raised, and what they say.
namespace fastthrift::python {

// The exception that is set, with its traceback; clears it.
Ref take_raised();
// The C++ exception being handled as a Python one; the error indicator is clear afterwards.
Ref take_current();

// str(object), or the name of its class.
std::string text_of_object(PyObject* object);
// As a str, whatever the bytes are.
Ref escaped_text(std::string_view text);

}  // namespace fastthrift::python
