#pragma once

#include "python/ref.hpp"

namespace fastthrift::python {

// A value as a member of a set or a key of a map, where Python wants what can be hashed: a list becomes a
// tuple, a set a frozenset, a dict what `of_dict` makes of it. Throws PythonError, and what that throws.
Ref hashable(Ref value, Ref (*of_dict)(Ref dict));

}  // namespace fastthrift::python
