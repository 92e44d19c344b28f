#pragma once

#include <vector>

#include "idl/ast.hpp"
#include "idl/tokens.hpp"

// The parts that definitions are made of. Each function reads one from its first token to its last.
namespace fastthrift::idl {

Type read_type(Tokens& tokens, const char* expected);

ConstValue read_value(Tokens& tokens);

// (a = "x", b), or nothing where no parenthesis stands.
Annotations read_annotations(Tokens& tokens);

// Fields up to the closing sign, which is taken as well.
std::vector<Field> read_fields(Tokens& tokens, char close);

}  // namespace fastthrift::idl
