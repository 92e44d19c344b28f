#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// UTF-8, as far as reading and quoting IDL needs it.
namespace fastthrift::idl {

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t size = 0;  // in bytes; 0: the bytes are not UTF-8
};

// The first code point of a text that is not empty.
CodePoint code_point(std::string_view text);

// Where the first byte stands that is not UTF-8; npos if none.
std::size_t find_invalid(std::string_view text);

// The text with every byte that is not UTF-8 replaced by U+FFFD.
std::string replace_invalid(std::string_view text);

// As Python's repr writes a str: 'it', "it's", '\n', '\ufeff'. Long texts are cut in the middle.
std::string repr(std::string_view text);

}  // namespace fastthrift::idl
