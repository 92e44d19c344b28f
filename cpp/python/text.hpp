#pragma once

#include "python/errors.hpp"
#include "python/ref.hpp"

#include <cstdint>
#include <cstring>

#include "base/bytes.hpp"

// Strings between the wire (UTF-8) and Python. Most are short and ASCII, so that case is taken without the
// decoder.
namespace fastthrift::python {

inline bool is_ascii(const std::uint8_t* at, std::size_t n) {
  constexpr std::uint64_t high = 0x8080808080808080;
  std::uint64_t word = 0, seen = 0;
  if (n < 8) {
    for (std::size_t i = 0; i < n; ++i) seen |= at[i];
    return (seen & 0x80) == 0;
  }
  const std::uint8_t* last = at + n - 8;  // the last word overlaps the one before it
  for (; at < last; at += 8) {
    std::memcpy(&word, at, 8);
    seen |= word;
  }
  std::memcpy(&word, last, 8);
  return ((seen | word) & high) == 0;
}

inline Ref bytes_of(Bytes bytes) {
  return checked(PyBytes_FromStringAndSize(reinterpret_cast<const char*>(bytes.data()),
                                           static_cast<Py_ssize_t>(bytes.size())));
}

// Text that is not ASCII; where it is not UTF-8 either, bytes (thriftpy2's rule) or, if strict,
// UnicodeDecodeError.
Ref decoded_text(Bytes bytes, bool is_strict);

inline Ref text_of(Bytes bytes, bool is_strict) {
  // Python shares the strings of no and of one character, which PyUnicode_New does not know.
  if (bytes.size() < 2 || !is_ascii(bytes.data(), bytes.size())) [[unlikely]]
    return decoded_text(bytes, is_strict);
  Ref text = checked(PyUnicode_New(static_cast<Py_ssize_t>(bytes.size()), 127));
  std::memcpy(PyUnicode_1BYTE_DATA(text.get()), bytes.data(), bytes.size());
  return text;
}

}  // namespace fastthrift::python
