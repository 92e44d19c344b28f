#include "idl/unicode.hpp"

#include <cstdio>
#include <cstring>

namespace fastthrift::idl {
namespace {

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// What str.isprintable denies, by ranges: controls, separators other than the space, format characters,
// private use.
bool is_printable(std::uint32_t c) {
  if (c < 0x20 || (c >= 0x7F && c <= 0xA0) || c == 0xAD) return false;
  if (c < 0x600) return true;
  if (c == 0x1680 || c == 0x180E || (c >= 0x2000 && c <= 0x200F) || (c >= 0x2028 && c <= 0x202F))
    return false;
  if ((c >= 0x205F && c <= 0x206F) || c == 0x3000 || (c >= 0xE000 && c <= 0xF8FF) || c == 0xFEFF)
    return false;
  if (c >= 0xFFF0 && c <= 0xFFFB) return false;
  return (c & 0xFFFE) != 0xFFFE && c < 0xE0000;
}

void append_quoted(std::string& out, std::string_view text, char quote) {
  char escape[16];
  while (!text.empty()) {
    const CodePoint point = code_point(text);
    const std::size_t size = point.size == 0 ? 1 : point.size;
    const std::uint32_t c = point.size == 0 ? static_cast<unsigned char>(text.front()) : point.value;
    if (c == static_cast<unsigned char>(quote) || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (point.size != 0 && is_printable(c)) {
      out.append(text.substr(0, size));
    } else {
      std::snprintf(escape, sizeof(escape), c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x", c);
      out += escape;
    }
    text.remove_prefix(size);
  }
}

}  // namespace

CodePoint code_point(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  if (first < 0x80) return {first, 1};
  const std::size_t size = first >= 0xF5 ? 0 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 0;
  if (size == 0 || text.size() < size) return {};
  std::uint32_t value = first & (0xFF >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if (!is_continuation(text[i])) return {};
    value = value << 6 | (static_cast<unsigned char>(text[i]) & 0x3F);
  }
  const bool is_overlong = (size == 3 && value < 0x800) || (size == 4 && value < 0x10000);
  if (is_overlong || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return {};
  return {value, size};
}

std::size_t find_invalid(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    std::uint64_t eight;
    if (text.size() - at >= 8) {
      std::memcpy(&eight, text.data() + at, 8);
      if ((eight & 0x8080808080808080u) == 0) {
        at += 8;
        continue;
      }
    }
    const std::size_t size = code_point(text.substr(at)).size;
    if (size == 0) return at;
    at += size;
  }
  return std::string_view::npos;
}

std::string replace_invalid(std::string_view text) {
  std::string out;
  while (true) {
    const std::size_t at = find_invalid(text);
    out.append(text.substr(0, at));
    if (at == std::string_view::npos) return out;
    out += "\xEF\xBF\xBD";
    text.remove_prefix(at + 1);
  }
}

std::string repr(std::string_view text) {
  const bool has_single = text.find('\'') != std::string_view::npos;
  const char quote = has_single && text.find('"') == std::string_view::npos ? '"' : '\'';
  constexpr std::size_t longest = 200;
  std::string out(1, quote);
  if (text.size() <= longest) {
    append_quoted(out, text, quote);
  } else {
    std::size_t head = longest / 2;
    std::size_t tail = text.size() - longest / 2;
    while (head > 0 && is_continuation(text[head])) --head;
    while (tail < text.size() && is_continuation(text[tail])) ++tail;
    append_quoted(out, text.substr(0, head), quote);
    out += "...";
    append_quoted(out, text.substr(tail), quote);
  }
  return out + quote;
}

}  // namespace fastthrift::idl
