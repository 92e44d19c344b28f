#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/buffer.hpp"
#include "base/bytes.hpp"

// RFC 4648, section 4.
namespace fastthrift::wire {

// With padding.
void append_base64(Buffer& out, Bytes bytes);

// The number of bytes that `text`, which has no padding, stands for; nothing where it is no base64. They are
// put where `to` points, which may be where the text is, and has room for as many bytes as it.
std::optional<std::size_t> decode_base64(std::string_view text, std::uint8_t* to);

}  // namespace fastthrift::wire
