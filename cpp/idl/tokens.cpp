#include "idl/tokens.hpp"

#include <algorithm>
#include <iterator>

#include "base/errors.hpp"
#include "idl/doc_comment.hpp"
#include "idl/unicode.hpp"

namespace fastthrift::idl {

namespace {

// Apache's keywords that are names for thriftpy2; those in front name no field either.
constexpr std::string_view younger_keywords[] = {"cpp_type",  "xsd_all", "xsd_optional", "xsd_nillable",
                                                 "xsd_attrs", "async",   "uuid"};
constexpr std::size_t never_names = 5;

}  // namespace

Tokens::Tokens(std::string_view text, const std::string& file, const ReservedNames& reserved, bool is_strict)
    : strict(is_strict), file_(file), lexer_(text, file, reserved), current_(lexer_.next()) {}

Token Tokens::take() {
  const Token token = current_;
  current_ = lexer_.next();
  return token;
}

bool Tokens::accept(char sign) {
  if (!is(sign)) return false;
  take();
  return true;
}

bool Tokens::accept(Keyword keyword) {
  if (!is(keyword)) return false;
  take();
  return true;
}

void Tokens::expect(char sign, const char* expected) {
  if (!accept(sign)) fail(expected);
}

Token Tokens::expect_name(const char* expected, bool or_keyword) {
  if (!is(Token::Kind::identifier) && !(or_keyword && is(Token::Kind::keyword))) fail(expected);
  return take();
}

Token Tokens::expect_new_name(const char* expected, bool or_keyword) {
  if (!strict) return expect_name(expected, or_keyword);
  const auto* const end = or_keyword ? younger_keywords + never_names : std::end(younger_keywords);
  if (std::find(std::begin(younger_keywords), end, current_.text) != end) fail(expected);
  const Token name = expect_name(expected, or_keyword);
  if (name.text.find('.') != std::string_view::npos) {
    fail_at(name.place, "Identifier " + std::string(name.text) + " can't have a dot.");
  }
  return name;
}

std::string Tokens::expect_text(const char* expected) {
  if (!is(Token::Kind::text)) fail(expected);
  return unescaped(take());
}

Token Tokens::peek(int distance) const {
  Lexer ahead = lexer_;
  while (--distance > 0) ahead.next();
  return ahead.next();
}

void Tokens::extend_hyphenated() { lexer_.extend_hyphenated(current_); }

std::string Tokens::take_doc() {
  const auto comment = lexer_.take_doc();
  return comment ? doc_text(*comment) : std::string();
}

void Tokens::fail(const std::string& expected) const {
  const std::string file = file_.empty() ? "None" : file_;
  const Place& place = current_.place;
  const std::string problem =
      strict                 ? "syntax error (last token was '" + replace_invalid(current_.text) + "')"
      : is(Token::Kind::end) ? "Grammar error at EOF of the file '" + file + "'"
                             : "Grammar error " + repr(current_) + " at line " + std::to_string(place.line) +
                                   " of the file '" + file + "'";
  throw IdlError(IdlError::Kind::grammar, problem, {file_, place.line, place.column}, "expected " + expected);
}

void Tokens::fail_at(const Place& place, const std::string& problem, const std::string& hint) const {
  throw IdlError(IdlError::Kind::parser, problem, {file_, place.line, place.column}, hint);
}

Tokens::Depth::Depth(const Tokens& tokens, int& depth, int limit, const char* what) : depth_(depth) {
  if (depth >= limit) {
    const Place& place = tokens.current().place;
    tokens.fail_at(place, std::string(what) + " are nested too deeply at line " + std::to_string(place.line),
                   "at most " + std::to_string(limit) + " levels are allowed");
  }
  ++depth_;
}

}  // namespace fastthrift::idl
