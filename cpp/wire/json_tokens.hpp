#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/buffer.hpp"
#include "base/input.hpp"
#include "base/limits.hpp"

// What a text in JSON is made of: marks, strings, numbers and words, with or without spaces between them.
namespace fastthrift::wire {

// -1 for what is no hex digit.
int hex_value(std::uint8_t byte);

class JsonTokens {
 public:
  JsonTokens(Input& in, const Limits& limits) : in_(in), limits_(limits) {}

  Input& input() { return in_; }
  const Limits& limits() const { return limits_; }

  // The next byte that is no space; it is still to be taken.
  std::uint8_t peek();
  void expect(char byte);

  // Brackets that must still come, so that a stream may be asked for as much.
  void opened(std::size_t brackets = 1) { closing_ += brackets; }
  void closed(std::size_t brackets = 1) { closing_ -= brackets; }

  // Reads on until the quote that ends it, from the one that `peek` has shown. What these give is valid until
  // the next read, and the same as `text`.
  std::string_view quoted();
  // A number or word, in quotes or not.
  std::string_view token();
  Buffer& text() { return text_; }

  std::int64_t integer(std::int64_t least, std::int64_t most, const char* what);
  std::int64_t whole_number(std::string_view text, std::int64_t least, std::int64_t most, const char* what);
  double real();

  // Goes over the rest of a string whose first quote is taken, and appends it to `copy` where there is one.
  void skip_string(Buffer* copy);

  [[noreturn]] void refuse(const char* expected);
  [[noreturn]] void refuse_text(const char* expected, std::string_view found);

 private:
  void escape();
  std::uint32_t four_digits();

  Input& in_;
  const Limits& limits_;
  std::size_t closing_ = 0;
  Buffer text_;
};

}  // namespace fastthrift::wire
