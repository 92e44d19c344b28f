#pragma once

#include <cstdint>
#include <string_view>

#include "base/buffer.hpp"
#include "wire/base64.hpp"

// The pieces that a text in JSON is written of.
namespace fastthrift::wire {

void append_integer(Buffer& out, std::int64_t value);

// A string in quotes with what must be escaped in it. Refuses what is not UTF-8.
void append_quoted(Buffer& out, std::string_view text);
// The same in ASCII alone, as Python's json writes it: all else as \uXXXX, in pairs beyond U+FFFF.
void append_ascii_quoted(Buffer& out, std::string_view text);

// A uuid's 16 bytes, or bytes in base64, in quotes.
void append_uuid(Buffer& out, const std::uint8_t* bytes);
void append_binary(Buffer& out, Bytes bytes);

}  // namespace fastthrift::wire
