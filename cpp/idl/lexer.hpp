#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "idl/token.hpp"

namespace fastthrift::idl {

// Names that a file may not use, with a table of first letters and lengths that answers most questions.
class ReservedNames {
 public:
  explicit ReservedNames(std::vector<std::string> names);
  ReservedNames(const ReservedNames&) = delete;
  ReservedNames& operator=(const ReservedNames&) = delete;

  bool contains(std::string_view word) const {
    return word.size() < 64 && (lengths_[static_cast<unsigned char>(word[0])] >> word.size() & 1) != 0 &&
           names_.count(word) != 0;
  }

 private:
  const std::vector<std::string> words_;
  std::unordered_set<std::string_view> names_;  // of words_
  std::array<std::uint64_t, 256> lengths_{};
};

// Cuts a text into tokens, one at a time. A copy goes on from the same place, which is how the parser looks
// ahead.
class Lexer {
 public:
  // All three must outlive the lexer.
  Lexer(std::string_view text, const std::string& file, const ReservedNames& reserved);

  // The next token; `end` for ever at the end. Throws IdlError.
  Token next();

  // Makes a name longer by what follows it without a blank: hyphens and names. Only namespaces have them.
  void extend_hyphenated(Token& token);

  // What stands between /** and */ in the latest doc comment that was passed and not taken yet.
  std::optional<std::string_view> take_doc();

 private:
  void skip_blanks();
  void skip_block_comment();
  void count_continuations(std::size_t begin, std::size_t end);
  Place place_at(std::size_t offset) const;
  Token word();
  Token number();
  Token text();
  Token finish(Token::Kind kind, std::size_t end);
  [[noreturn]] void fail(const std::string& problem, std::size_t offset, const char* hint = "") const;
  [[noreturn]] void fail_illegal(std::size_t offset, const char* hint = "") const;

  std::string_view text_;
  const std::string* file_;
  const ReservedNames* reserved_;
  std::size_t at_ = 0;
  int line_ = 1;
  std::size_t line_start_ = 0;
  std::size_t continuations_ = 0;  // bytes of this line that are not characters of their own
  std::optional<std::string_view> doc_;
};

}  // namespace fastthrift::idl
