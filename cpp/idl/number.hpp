#pragma once

#include <string>
#include <string_view>

// Numbers as IDL files write them. Independent of the locale.
namespace fastthrift::idl {

// `text` is [+-] digits with a point or an exponent, or digits alone. Too large gives infinity, too small
// zero.
double double_of(std::string_view text);

// As Python's repr writes it: the shortest text that reads back as the same number.
std::string repr(double number);

// Digits of any length in base 16 (without 0x) as decimal digits.
std::string decimal_of_hex(std::string_view digits);

}  // namespace fastthrift::idl
