#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "idl/ast.hpp"

namespace fastthrift::idl {

// Reads one file's text (UTF-8, a byte order mark is skipped). Throws IdlError: the text is thriftpy2's where
// it has a fixed one, then what was expected. Linear in the text; nesting is bounded (Limits below), no input
// hangs.
struct ParseOptions {
  // Names that may not be used (thriftpy2's list); empty: every name that is not a keyword of the grammar.
  std::vector<std::string> reserved;
  // The grammar of Apache's compiler and no more: what it refuses is an error here too.
  bool strict = false;
  // The doc comments of fields and of an enum's items too; a load has no use for them.
  bool member_docs = true;
};
Document parse(std::string_view text, std::string file, const ParseOptions& options = {});

constexpr std::size_t max_file_bytes = 16 * 1024 * 1024;
constexpr std::size_t max_identifier_bytes = 1024;
constexpr std::size_t max_values = 1'000'000;  // of all constants and defaults of a file, elements included
constexpr int max_type_depth = 256;            // containers inside each other
constexpr int max_value_depth = 256;           // constants inside each other

}  // namespace fastthrift::idl
