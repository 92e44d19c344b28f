#pragma once

#include "schema/schema.hpp"
#include "schema/scope.hpp"

namespace fastthrift::schema {

// Refuses structs whose defaults never end: `struct S { 1: S s = {} }` would have to hold itself, over
// however many others. The schema's fields have their defaults.
void check_defaults(const Schema& schema, const Scope& scope);

}  // namespace fastthrift::schema
