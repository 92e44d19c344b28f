#pragma once

#include <string>
#include <string_view>

#include "idl/lexer.hpp"

namespace fastthrift::idl {

// The parser's view of a file: the token in front of it, and what to do about it. Every `expect` fails with
// thriftpy2's grammar error and what was expected.
class Tokens {
 public:
  Tokens(std::string_view text, const std::string& file, const ReservedNames& reserved, bool strict);

  const Token& current() const { return current_; }
  bool is(char sign) const { return current_.is_sign(sign); }
  bool is(Keyword keyword) const {
    return current_.kind == Token::Kind::keyword && current_.keyword == keyword;
  }
  bool is(Token::Kind kind) const { return current_.kind == kind; }
  // A word that has a meaning only in some places, e.g. "senum".
  bool is_name(std::string_view name) const { return is(Token::Kind::identifier) && current_.text == name; }

  // Gives the current token and goes on to the next one.
  Token take();
  bool accept(char sign);
  bool accept(Keyword keyword);
  // A comma or a semicolon, if there is one.
  bool accept_separator() { return accept(',') || accept(';'); }

  void expect(char sign, const char* expected);
  // A name that is no keyword; with `or_keyword` any word.
  Token expect_name(const char* expected, bool or_keyword = false);
  // The name of something that is being defined. Strictly it has no dot, and the younger keywords are none.
  Token expect_new_name(const char* expected, bool or_keyword = false);
  std::string expect_text(const char* expected);

  // The token behind the current one, or `distance` tokens behind it.
  Token peek(int distance = 1) const;
  // Makes the current name longer by hyphens that follow it.
  void extend_hyphenated();
  // The cleaned text of the doc comment in front of the current token, or of an earlier one that nobody took.
  std::string take_doc();
  // The same in front of a field or an enum's item.
  std::string take_member_doc() { return member_docs ? take_doc() : (drop_doc(), std::string()); }
  void drop_doc() { lexer_.take_doc(); }

  [[noreturn]] void fail(const std::string& expected) const;
  // An error of the parser's own, at the place of a token.
  [[noreturn]] void fail_at(const Place& place, const std::string& problem,
                            const std::string& hint = {}) const;

  // Containers inside containers, constants inside constants: at most so many, or an error.
  class Depth {
   public:
    Depth(const Tokens& tokens, int& depth, int limit, const char* what);
    ~Depth() { --depth_; }
    Depth(const Depth&) = delete;
    Depth& operator=(const Depth&) = delete;

   private:
    int& depth_;
  };
  const bool strict;  // see ParseOptions
  bool member_docs = true;
  int type_depth = 0;
  int value_depth = 0;
  std::size_t values = 0;  // that were read

 private:
  const std::string& file_;
  Lexer lexer_;
  Token current_;
};

}  // namespace fastthrift::idl
