#include "wire/json_tokens.hpp"

#include <charconv>
#include <limits>

#include "base/errors.hpp"
#include "idl/number.hpp"
#include "idl/unicode.hpp"
#include "wire/checks.hpp"

namespace fastthrift::wire {
namespace {

// No number that means something is longer.
constexpr std::size_t longest_token = 1100;

bool is_space(std::uint8_t byte) { return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t'; }
bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }
bool is_of_token(std::uint8_t byte) {
  return is_digit(static_cast<char>(byte)) || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         byte == '-' || byte == '+' || byte == '.';
}

// [sign] digits [. digits] [e [sign] digits], with digits on one side of the point at least.
bool is_number(std::string_view text) {
  std::size_t i = 0;
  const auto digits = [&] {
    const std::size_t first = i;
    while (i < text.size() && is_digit(text[i])) ++i;
    return i - first;
  };
  const auto sign = [&] {
    if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
  };
  sign();
  std::size_t count = digits();
  if (i < text.size() && text[i] == '.') {
    ++i;
    count += digits();
  }
  if (count == 0) return false;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    sign();
    if (digits() == 0) return false;
  }
  return i == text.size();
}

std::string shown(std::string_view text) {
  constexpr std::size_t most = 40;
  return idl::repr(text.size() <= most ? text : text.substr(0, most));
}

}  // namespace

int hex_value(std::uint8_t byte) {
  if (byte >= '0' && byte <= '9') return byte - '0';
  if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
  if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
  return -1;
}

void JsonTokens::refuse(const char* expected) {
  const auto found = static_cast<char>(*in_.need(1));
  refuse_text(expected, {&found, 1});
}

void JsonTokens::refuse_text(const char* expected, std::string_view found) {
  throw ProtocolError(ProtocolError::Kind::invalid_data, std::string("JSON: expected ") + expected +
                                                             ", found " + shown(found) + " at offset " +
                                                             std::to_string(in_.offset()));
}

std::uint8_t JsonTokens::peek() {
  for (;;) {
    const std::uint8_t byte = *in_.need(closing_ != 0 ? closing_ : 1);
    if (!is_space(byte)) return byte;
    in_.advance(1);
  }
}

void JsonTokens::expect(char byte) {
  if (peek() != static_cast<std::uint8_t>(byte)) [[unlikely]] {
    const char expected[] = {'\'', byte, '\'', '\0'};
    refuse(expected);
  }
  in_.advance(1);
}

std::string_view JsonTokens::quoted() {
  in_.take(1);
  text_.clear();
  bool is_ascii = true;
  for (;;) {
    const std::uint8_t* at = in_.need(closing_ + 1);
    const std::size_t most = in_.at_hand();
    std::size_t n = 0;
    std::uint8_t seen = 0;
    while (n < most && at[n] != '"' && at[n] != '\\') seen |= at[n++];
    is_ascii = is_ascii && seen < 0x80;
    if (text_.size() + n > limits_.string) refuse_size("string", text_.size() + n, limits_.string, in_);
    text_.append(at, n);
    in_.advance(n);
    if (n == most) continue;
    const bool is_end = at[n] == '"';
    in_.advance(1);
    if (is_end) break;
    escape();
  }
  const std::string_view text(reinterpret_cast<const char*>(text_.data()), text_.size());
  if (!is_ascii && idl::find_invalid(text) != std::string_view::npos) refuse_text("UTF-8", text);
  return text;
}

std::uint32_t JsonTokens::four_digits() {
  const std::uint8_t* at = in_.need(4);
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) {
    const int digit = hex_value(at[i]);
    if (digit < 0) refuse_text("four hex digits", {reinterpret_cast<const char*>(at), 4});
    value = value << 4 | static_cast<std::uint32_t>(digit);
  }
  in_.advance(4);
  return value;
}

void JsonTokens::escape() {
  static constexpr std::string_view letters = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
  const auto letter = static_cast<char>(*in_.need(1));
  if (const std::size_t i = letters.find(letter); i != std::string_view::npos) {
    in_.advance(1);
    text_.append(meanings.substr(i, 1));
    return;
  }
  if (letter != 'u') refuse("an escape");
  in_.advance(1);
  std::uint32_t code = four_digits();
  if (code >= 0xd800 && code < 0xe000) {
    const std::uint8_t* next = in_.need(2);
    if (code >= 0xdc00 || next[0] != '\\' || next[1] != 'u') {
      refuse_text("a pair of surrogates", {reinterpret_cast<const char*>(next), 2});
    }
    in_.advance(2);
    const std::uint32_t low = four_digits();
    if (low < 0xdc00 || low > 0xdfff) refuse("a pair of surrogates");
    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
  }
  const auto put = [this](std::uint32_t byte) { *text_.extend(1) = static_cast<std::uint8_t>(byte); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xc0 | code >> 6);
  } else {
    if (code < 0x10000) {
      put(0xe0 | code >> 12);
    } else {
      put(0xf0 | code >> 18);
      put(0x80 | (code >> 12 & 0x3f));
    }
    put(0x80 | (code >> 6 & 0x3f));
  }
  put(0x80 | (code & 0x3f));
}

std::string_view JsonTokens::token() {
  if (peek() == '"') return quoted();
  text_.clear();
  // A value that is not in a message ends where its bytes end.
  while (closing_ != 0 || in_.at_hand() != 0) {
    const std::uint8_t byte = *in_.need(closing_ != 0 ? closing_ : 1);
    if (!is_of_token(byte)) break;
    if (text_.size() == longest_token) refuse("the end of a number");
    *text_.extend(1) = byte;
    in_.advance(1);
  }
  if (text_.empty()) refuse("a number");
  return {reinterpret_cast<const char*>(text_.data()), text_.size()};
}

std::int64_t JsonTokens::whole_number(std::string_view text, std::int64_t least, std::int64_t most,
                                      const char* what) {
  std::int64_t value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || rest != text.data() + text.size() || value < least || value > most) {
    refuse_text(what, text);
  }
  return value;
}

std::int64_t JsonTokens::integer(std::int64_t least, std::int64_t most, const char* what) {
  return whole_number(token(), least, most, what);
}

double JsonTokens::real() {
  const std::string_view text = token();
  const bool is_negative = text.starts_with('-');
  const std::string_view word = is_negative ? text.substr(1) : text;
  // In quotes by the specification; bare and short where Apache's Python and Node wrote them.
  if (word == "NaN" || word == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (word == "Infinity" || word == "inf") {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    return is_negative ? -infinity : infinity;
  }
  if (!is_number(text)) refuse_text("a double", text);
  return idl::double_of(text);
}

void JsonTokens::skip_string(Buffer* copy) {
  bool is_escaped = false;
  std::size_t length = 0;
  do {
    const std::uint8_t byte = *in_.need(closing_ + 1);
    in_.advance(1);
    if (copy != nullptr) *copy->extend(1) = byte;
    if (byte == '"' && !is_escaped) return;
    is_escaped = byte == '\\' && !is_escaped;
  } while (++length <= limits_.string);
  refuse_size("string", length, limits_.string, in_);
}

}  // namespace fastthrift::wire
