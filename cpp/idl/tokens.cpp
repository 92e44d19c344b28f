#include "idl/tokens.hpp"

#include "base/errors.hpp"
#include "idl/doc_comment.hpp"

namespace fastthrift::idl {

Tokens::Tokens(std::string_view text, const std::string& file, const ReservedNames& reserved)
    : file_(file), lexer_(text, file, reserved), current_(lexer_.next()) {}

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
  const std::string problem = is(Token::Kind::end)
                                  ? "Grammar error at EOF of the file '" + file + "'"
                                  : "Grammar error " + repr(current_) + " at line " +
                                        std::to_string(place.line) + " of the file '" + file + "'";
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
