#include "idl/lexer.hpp"

#include <algorithm>
#include <utility>

#include "base/errors.hpp"
#include "idl/parser.hpp"
#include "idl/unicode.hpp"

namespace fastthrift::idl {
namespace {

constexpr std::size_t max_number_bytes = 1024;

constexpr std::uint8_t letter = 1;  // may begin a name
constexpr std::uint8_t digit = 2;
constexpr std::uint8_t hex = 4;
constexpr std::uint8_t sign = 8;

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (int c = 'a'; c <= 'z'; ++c) classes[c] = classes[c - 'a' + 'A'] = letter;
  for (int c = 'a'; c <= 'f'; ++c) classes[c] = classes[c - 'a' + 'A'] = letter | hex;
  for (int c = '0'; c <= '9'; ++c) classes[c] = digit | hex;
  classes['_'] = letter;
  for (const char c : std::string_view(":;,=*{}()<>[]&")) classes[static_cast<unsigned char>(c)] = sign;
  return classes;
}
constexpr std::array<std::uint8_t, 256> classes = make_classes();

bool is(char c, std::uint8_t mask) { return (classes[static_cast<unsigned char>(c)] & mask) != 0; }

struct KeywordName {
  std::string_view name;
  Keyword keyword;
};
constexpr KeywordName keyword_names[] = {
    {"binary", Keyword::binary},
    {"bool", Keyword::bool_},
    {"byte", Keyword::byte},
    {"const", Keyword::const_},
    {"cpp_include", Keyword::cpp_include},
    {"double", Keyword::double_},
    {"enum", Keyword::enum_},
    {"exception", Keyword::exception},
    {"extends", Keyword::extends},
    {"i16", Keyword::i16},
    {"i32", Keyword::i32},
    {"i64", Keyword::i64},
    {"i8", Keyword::i8},
    {"include", Keyword::include},
    {"list", Keyword::list},
    {"map", Keyword::map},
    {"namespace", Keyword::namespace_},
    {"oneway", Keyword::oneway},
    {"optional", Keyword::optional},
    {"required", Keyword::required},
    {"service", Keyword::service},
    {"set", Keyword::set},
    {"string", Keyword::string},
    {"struct", Keyword::struct_},
    {"throws", Keyword::throws},
    {"typedef", Keyword::typedef_},
    {"union", Keyword::union_},
    {"void", Keyword::void_},
};

// Where the names of each first letter begin in keyword_names, which is sorted.
constexpr std::array<std::uint8_t, 27> make_starts() {
  std::array<std::uint8_t, 27> starts{};
  std::uint8_t at = 0;
  for (int c = 0; c < 26; ++c) {
    starts[c] = at;
    while (at < std::size(keyword_names) && keyword_names[at].name[0] == 'a' + c) ++at;
  }
  starts[26] = at;
  return starts;
}
constexpr std::array<std::uint8_t, 27> starts = make_starts();
static_assert(starts[26] == std::size(keyword_names), "keyword_names is sorted");

Keyword keyword_of(std::string_view word) {
  const unsigned first = static_cast<unsigned char>(word[0]) - 'a';
  if (first >= 26) return Keyword::none;
  for (std::size_t i = starts[first]; i < starts[first + 1]; ++i) {
    if (keyword_names[i].name == word) return keyword_names[i].keyword;
  }
  return Keyword::none;
}

}  // namespace

ReservedNames::ReservedNames(std::vector<std::string> names) : words_(std::move(names)) {
  for (const std::string& name : words_) {
    if (name.empty() || name.size() >= 64) continue;
    names_.insert(name);
    lengths_[static_cast<unsigned char>(name[0])] |= std::uint64_t{1} << name.size();
  }
}

Lexer::Lexer(std::string_view text, const std::string& file, const ReservedNames& reserved)
    : text_(text), file_(&file), reserved_(&reserved) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text_.substr(0, 3) == byte_order_mark) at_ = line_start_ = 3;
}

Token Lexer::next() {
  skip_blanks();
  if (at_ == text_.size()) return finish(Token::Kind::end, at_);
  const char c = text_[at_];
  if (is(c, letter)) return word();
  if (is(c, sign)) return finish(Token::Kind::sign, at_ + 1);
  if (c == '"' || c == '\'') return text();
  return number();
}

void Lexer::extend_hyphenated(Token& token) {
  std::size_t end = at_;
  while (end < text_.size() && (is(text_[end], letter | digit) || text_[end] == '-' || text_[end] == '.'))
    ++end;
  while (end > at_ && !is(text_[end - 1], letter | digit)) --end;
  token.text = std::string_view(token.text.data(), token.text.size() + (end - at_));
  if (token.text.size() > max_identifier_bytes) fail("Name is too long: " + repr(token.text), at_);
  at_ = end;
}

std::optional<std::string_view> Lexer::take_doc() {
  const auto doc = doc_;
  doc_.reset();
  return doc;
}

void Lexer::skip_blanks() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == '\n') {
      ++line_;
      line_start_ = ++at_;
      continuations_ = 0;
    } else if (c == ' ' || c == '\t' || c == '\r') {
      ++at_;
    } else if (c == '#' || (c == '/' && text_.substr(at_ + 1, 1) == "/")) {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (c == '/' && text_.substr(at_ + 1, 1) == "*") {
      skip_block_comment();
    } else {
      return;
    }
  }
}

void Lexer::skip_block_comment() {
  const std::size_t begin = at_;
  const std::size_t close = text_.find("*/", begin + 2);
  if (close == std::string_view::npos) fail_illegal(begin, "the comment is never closed");
  const std::string_view inside = text_.substr(begin + 2, close - begin - 2);
  if (inside.size() > 1 && inside[0] == '*' && inside[1] != '*') doc_ = inside.substr(1);
  at_ = close + 2;
  std::size_t last_line = begin;
  for (std::size_t feed = inside.find('\n'); feed != std::string_view::npos;
       feed = inside.find('\n', feed + 1)) {
    ++line_;
    last_line = line_start_ = begin + 2 + feed + 1;
    continuations_ = 0;
  }
  count_continuations(last_line, at_);
}

void Lexer::count_continuations(std::size_t begin, std::size_t end) {
  for (; begin < end; ++begin) continuations_ += (static_cast<unsigned char>(text_[begin]) & 0xC0) == 0x80;
}

Place Lexer::place_at(std::size_t offset) const {
  return {line_, static_cast<int>(offset - line_start_ - continuations_) + 1};
}

Token Lexer::word() {
  std::size_t end = at_ + 1;
  bool is_plain = true;
  while (end < text_.size()) {
    if (is(text_[end], letter | digit)) {
      ++end;
    } else if (text_[end] == '.' && end + 1 < text_.size() && is(text_[end + 1], letter | digit)) {
      end += 2;
      is_plain = false;
    } else {
      break;
    }
  }
  const std::string_view word = text_.substr(at_, end - at_);
  if (word.size() > max_identifier_bytes) {
    fail("Name is too long: " + repr(word) + " has " + std::to_string(word.size()) + " bytes, at most " +
             std::to_string(max_identifier_bytes) + " are allowed",
         at_);
  }
  if (is_plain) {
    if (word == "true" || word == "false") return finish(Token::Kind::boolean, end);
    if (const Keyword keyword = keyword_of(word); keyword != Keyword::none) {
      Token token = finish(Token::Kind::keyword, end);
      token.keyword = keyword;
      return token;
    }
  }
  if (reserved_->contains(word)) {
    fail("Cannot use reserved language keyword: " + repr(word) + " at line " + std::to_string(line_), at_);
  }
  return finish(Token::Kind::identifier, end);
}

Token Lexer::number() {
  const auto skip = [this](std::size_t from, std::uint8_t mask) {
    while (from < text_.size() && is(text_[from], mask)) ++from;
    return from;
  };
  const auto at = [this](std::size_t offset) { return offset < text_.size() ? text_[offset] : '\0'; };

  const std::size_t begin = at_ + (at(at_) == '-' || at(at_) == '+' ? 1 : 0);
  Token::Kind kind = Token::Kind::integer;
  std::size_t end = begin;
  if (at(begin) == '0' && (at(begin + 1) | 0x20) == 'x' && is(at(begin + 2), hex)) {
    end = skip(begin + 2, hex);
  } else {
    end = skip(begin, digit);
    const bool has_digits = end > begin;
    if (at(end) == '.' && (has_digits || is(at(end + 1), digit))) {
      end = skip(end + 1, digit);
      kind = Token::Kind::number;
    }
    if (end == begin) fail_illegal(at_);
    if ((at(end) | 0x20) == 'e') {
      const std::size_t exponent = end + (at(end + 1) == '-' || at(end + 1) == '+' ? 2 : 1);
      if (is(at(exponent), digit)) {
        end = skip(exponent, digit);
        kind = Token::Kind::number;
      }
    }
  }
  if (end - at_ > max_number_bytes) {
    fail("Number is too long: " + repr(text_.substr(at_, end - at_)) + " at line " + std::to_string(line_),
         at_);
  }
  return finish(kind, end);
}

Token Lexer::text() {
  const std::size_t open = at_;
  std::size_t end = open + 1;
  bool has_escapes = false;
  for (;; ++end) {
    if (end >= text_.size() || text_[end] == '\n') fail_illegal(open, "the string is not closed on its line");
    if (text_[end] == text_[open]) break;
    if (text_[end] != '\\') continue;
    has_escapes = true;
    ++end;
    if (end >= text_.size() || text_[end] == '\n') fail_illegal(open, "the string is not closed on its line");
    if (std::string_view("trn\\'\"").find(text_[end]) == std::string_view::npos) {
      const std::size_t size = std::max<std::size_t>(code_point(text_.substr(end)).size, 1);
      const std::string_view escaped = text_.substr(end, size);
      fail("Unexpected escaping character: " + replace_invalid(escaped), end - 1);
    }
  }
  const std::string_view inside = text_.substr(open + 1, end - open - 1);
  if (const std::size_t invalid = find_invalid(inside); invalid != std::string_view::npos) {
    fail_illegal(open + 1 + invalid, "the text is not UTF-8");
  }
  Token token = finish(Token::Kind::text, end + 1);
  token.text = inside;
  token.has_escapes = has_escapes;
  count_continuations(open, at_);
  return token;
}

Token Lexer::finish(Token::Kind kind, std::size_t end) {
  Token token;
  token.kind = kind;
  token.text = text_.substr(at_, end - at_);
  token.place = place_at(at_);
  at_ = end;
  return token;
}

void Lexer::fail(const std::string& problem, std::size_t offset, const char* hint) const {
  const Place place = place_at(offset);
  throw IdlError(IdlError::Kind::lexer, problem, {*file_, place.line, place.column}, hint);
}

void Lexer::fail_illegal(std::size_t offset, const char* hint) const {
  const std::size_t size = std::max<std::size_t>(code_point(text_.substr(offset)).size, 1);
  fail("Illegal character " + repr(text_.substr(offset, size)) + " at line " + std::to_string(line_), offset,
       hint);
}

}  // namespace fastthrift::idl
