#include "wire/json_text.hpp"

#include <charconv>

#include "base/errors.hpp"
#include "idl/unicode.hpp"

namespace fastthrift::wire {
namespace {

constexpr char hex[] = "0123456789abcdef";

// 0: goes out as it is; 'u': as \u00XX; otherwise the letter behind the backslash.
constexpr char escape_of(std::uint8_t byte) {
  switch (byte) {
    case '"':
    case '\\':
      return static_cast<char>(byte);
    case '\b':
      return 'b';
    case '\f':
      return 'f';
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    default:
      return byte < 0x20 ? 'u' : 0;
  }
}

void put(Buffer& out, char byte) { *out.extend(1) = static_cast<std::uint8_t>(byte); }

void append_four_digits(Buffer& out, std::uint32_t unit) {
  const char text[] = {'\\',          'u', hex[unit >> 12 & 15], hex[unit >> 8 & 15], hex[unit >> 4 & 15],
                       hex[unit & 15]};
  out.append(text, sizeof text);
}

void append_escaped(Buffer& out, std::uint8_t byte, char letter) {
  if (letter == 'u') return append_four_digits(out, byte);
  put(out, '\\');
  put(out, letter);
}

[[noreturn]] void refuse_text() {
  throw ProtocolError(ProtocolError::Kind::invalid_data, "a string of JSON must be UTF-8");
}

}  // namespace

void append_integer(Buffer& out, std::int64_t value) {
  constexpr std::size_t most = 20;  // of -2^63
  char* at = reinterpret_cast<char*>(out.prepare(most));
  out.commit(static_cast<std::size_t>(std::to_chars(at, at + most, value).ptr - at));
}

void append_quoted(Buffer& out, std::string_view text) {
  std::uint8_t seen = 0;
  for (const char byte : text) seen |= static_cast<std::uint8_t>(byte);
  if (seen >= 0x80 && idl::find_invalid(text) != std::string_view::npos) refuse_text();
  put(out, '"');
  std::size_t done = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(text[i]);
    const char letter = escape_of(byte);
    if (letter == 0) [[likely]]
      continue;
    out.append(text.substr(done, i - done));
    done = i + 1;
    append_escaped(out, byte, letter);
  }
  out.append(text.substr(done));
  put(out, '"');
}

void append_ascii_quoted(Buffer& out, std::string_view text) {
  put(out, '"');
  std::size_t done = 0;
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<std::uint8_t>(text[i]);
    const char letter = byte == 0x7f ? 'u' : escape_of(byte);
    if (letter == 0 && byte < 0x80) [[likely]] {
      ++i;
      continue;
    }
    out.append(text.substr(done, i - done));
    if (letter != 0) {
      append_escaped(out, byte, letter);
      ++i;
    } else {
      const idl::CodePoint point = idl::code_point(text.substr(i));
      if (point.size == 0) refuse_text();
      if (point.value >= 0x10000) append_four_digits(out, 0xd800 + ((point.value - 0x10000) >> 10));
      append_four_digits(out, point.value < 0x10000 ? point.value : 0xdc00 + (point.value & 0x3ff));
      i += point.size;
    }
    done = i;
  }
  out.append(text.substr(done));
  put(out, '"');
}

void append_uuid(Buffer& out, const std::uint8_t* bytes) {
  put(out, '"');
  for (int i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) put(out, '-');
    put(out, hex[bytes[i] >> 4]);
    put(out, hex[bytes[i] & 15]);
  }
  put(out, '"');
}

// Padded, as Apache's Python and thriftpy2 write it.
void append_binary(Buffer& out, Bytes bytes) {
  put(out, '"');
  append_base64(out, bytes);
  put(out, '"');
}

}  // namespace fastthrift::wire
