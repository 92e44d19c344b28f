#pragma once

#include "python/errors.hpp"
#include "python/new_object.hpp"
#include "python/ref.hpp"

#include <cstdint>
#include <cstring>

#include "base/bytes.hpp"
#include "base/hints.hpp"

// Strings between the wire (UTF-8) and Python. Most are short and ASCII, so that case is taken without the
// decoder.
namespace fastthrift::python {

// By words; two or four that overlap cover every size up to 32.
FASTTHRIFT_INLINE bool is_ascii(const std::uint8_t* at, std::size_t n) {
  constexpr std::uint64_t high = 0x8080808080808080;
  const auto word = [](const std::uint8_t* from) {
    std::uint64_t bytes;
    std::memcpy(&bytes, from, 8);
    return bytes;
  };
  if (n < 8) {
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < n; ++i) seen |= at[i];
    return (seen & 0x80) == 0;
  }
  const std::uint8_t* const end = at + n;
  if (n <= 16) return ((word(at) | word(end - 8)) & high) == 0;
  std::uint64_t seen = word(end - 16) | word(end - 8);
  for (; end - at > 32; at += 32) {
    seen |= word(at) | word(at + 8) | word(at + 16) | word(at + 24);
  }
  if (end - at > 16) seen |= word(at) | word(at + 8);
  return (seen & high) == 0;
}

inline Ref bytes_of(Bytes bytes) {
  return checked(PyBytes_FromStringAndSize(reinterpret_cast<const char*>(bytes.data()),
                                           static_cast<Py_ssize_t>(bytes.size())));
}

// Text that is not ASCII; where it is not UTF-8 either, bytes (thriftpy2's rule) or, if strict,
// UnicodeDecodeError.
Ref decoded_text(Bytes bytes, bool is_strict);

inline Ref text_of(Bytes bytes, bool is_strict) {
  // Python shares the strings of no and of one character, which new_ascii does not know.
  if (bytes.size() < 2 || !is_ascii(bytes.data(), bytes.size())) [[unlikely]]
    return decoded_text(bytes, is_strict);
  std::uint8_t* characters = nullptr;
  Ref text = checked(new_ascii(bytes.size(), characters));
  std::memcpy(characters, bytes.data(), bytes.size());
  return text;
}

}  // namespace fastthrift::python
