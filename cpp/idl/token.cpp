#include "idl/token.hpp"

#include "idl/number.hpp"
#include "idl/unicode.hpp"

namespace fastthrift::idl {

std::string unescaped(const Token& token) {
  if (!token.has_escapes) return std::string(token.text);
  std::string out;
  out.reserve(token.text.size());
  for (std::size_t i = 0; i < token.text.size(); ++i) {
    char c = token.text[i];
    if (c == '\\') {  // the lexer let only known escapes through
      c = token.text[++i];
      c = c == 't' ? '\t' : c == 'r' ? '\r' : c == 'n' ? '\n' : c;
    }
    out += c;
  }
  return out;
}

std::string decimal(const Token& token) {
  std::string_view digits = token.text;
  const bool is_negative = digits[0] == '-';
  if (is_negative || digits[0] == '+') digits.remove_prefix(1);
  std::string value;
  if (digits.size() > 2 && (digits[1] | 0x20) == 'x') {
    value = decimal_of_hex(digits.substr(2));
  } else {
    while (digits.size() > 1 && digits[0] == '0') digits.remove_prefix(1);
    value = digits;
  }
  return is_negative && value != "0" ? "-" + value : value;
}

std::string repr(const Token& token) {
  switch (token.kind) {
    case Token::Kind::boolean:
      return token.text == "true" ? "True" : "False";
    case Token::Kind::integer:
      return decimal(token);
    case Token::Kind::number:
      return repr(double_of(token.text));
    case Token::Kind::text:
      return repr(std::string_view(unescaped(token)));
    default:
      return repr(token.text);
  }
}

}  // namespace fastthrift::idl
