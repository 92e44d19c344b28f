#include "idl/unicode.hpp"

#include <boost/core/lightweight_test.hpp>
#include <string>
#include <string_view>

using namespace fastthrift::idl;

namespace {

void test_code_points_are_read_and_bad_ones_are_not() {
  const struct {
    std::string_view bytes;
    std::uint32_t value;
    std::size_t size;
  } table[] = {
      {"a", 'a', 1},
      {"\xC3\xA9", 0xE9, 2},
      {"\xEF\xBB\xBF", 0xFEFF, 3},
      {"\xF0\x9F\x98\x80", 0x1F600, 4},
      {"\xF4\x8F\xBF\xBF", 0x10FFFF, 4},
      {"\x80", 0, 0},              // a continuation first
      {"\xC3", 0, 0},              // cut off
      {"\xC3(", 0, 0},             // not continued
      {"\xC0\xAF", 0, 0},          // overlong
      {"\xE0\x80\xAF", 0, 0},      // overlong
      {"\xF0\x80\x80\xAF", 0, 0},  // overlong
      {"\xED\xA0\x80", 0, 0},      // a surrogate
      {"\xF4\x90\x80\x80", 0, 0},  // beyond the last one
      {"\xFF", 0, 0},
  };
  for (const auto& row : table) {
    const CodePoint point = code_point(row.bytes);
    BOOST_TEST_EQ(point.value, row.value);
    BOOST_TEST_EQ(point.size, row.size);
  }
}

void test_first_invalid_byte_is_found() {
  const struct {
    std::string_view text;
    std::size_t at;
  } table[] = {
      {"", std::string_view::npos},
      {"plain text of more than eight bytes", std::string_view::npos},
      {"\xC3\xA9t\xC3\xA9", std::string_view::npos},
      {"\xFF", 0},
      {"12345678\xFF", 8},
      {"1234567\xFF", 7},
      {"123456789012345\xC3", 15},
  };
  for (const auto& row : table) BOOST_TEST_EQ(find_invalid(row.text), row.at);
}

void test_invalid_bytes_are_replaced() {
  BOOST_TEST_EQ(replace_invalid("caf\xE9 au lait"), "caf\xEF\xBF\xBD au lait");
  BOOST_TEST_EQ(replace_invalid("caf\xC3\xA9"), "caf\xC3\xA9");
  BOOST_TEST_EQ(replace_invalid("\xFF\xFE"), "\xEF\xBF\xBD\xEF\xBF\xBD");
}

// The right column is what Python's repr prints.
void test_text_is_quoted_as_python_quotes_it() {
  using namespace std::string_view_literals;
  const struct {
    std::string_view text;
    std::string quoted;
  } table[] = {
      {"", "''"},
      {"a", "'a'"},
      {"it's", "\"it's\""},
      {"say \"it's\"", "'say \"it\\'s\"'"},
      {"a\"", "'a\"'"},
      {"\\", "'\\\\'"},
      {"tab\t", "'tab\\t'"},
      {"a\r\nb", "'a\\r\\nb'"},
      {"\x01\x7F", "'\\x01\\x7f'"},
      {"\0"sv, "'\\x00'"},
      {"\x0C", "'\\x0c'"},
      {"\xC3\xA9", "'\xC3\xA9'"},
      {"\xC2\xA0", "'\\xa0'"},
      {"\xEF\xBB\xBF", "'\\ufeff'"},
      {"\xE2\x80\x8B", "'\\u200b'"},
      {"\xF0\x9F\x98\x80", "'\xF0\x9F\x98\x80'"},
      {"\xFF", "'\\xff'"},
  };
  for (const auto& row : table) BOOST_TEST_EQ(repr(row.text), row.quoted);
}

void test_long_text_is_cut_between_characters() {
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += "\xC3\xA9";
  const std::string quoted = repr(std::string_view(text));
  BOOST_TEST(quoted.size() < 250);
  BOOST_TEST(quoted.find("...") != std::string::npos);
  BOOST_TEST_EQ(find_invalid(quoted), std::string_view::npos);
  BOOST_TEST(quoted.find("\\x") == std::string::npos);
}

}  // namespace

void test_unicode() {
  test_code_points_are_read_and_bad_ones_are_not();
  test_first_invalid_byte_is_found();
  test_invalid_bytes_are_replaced();
  test_text_is_quoted_as_python_quotes_it();
  test_long_text_is_cut_between_characters();
}
