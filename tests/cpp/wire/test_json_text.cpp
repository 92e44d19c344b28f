#include "wire/json_text.hpp"

#include <boost/core/lightweight_test.hpp>

#include <limits>
#include <string>

#include "base/errors.hpp"

// The pieces of JSON text. The oracle is Python's json.dumps, with ensure_ascii and without.
namespace {

using namespace fastthrift;

template <class Append>
std::string text_of(Append append) {
  Buffer out;
  append(out);
  return {reinterpret_cast<const char*>(out.data()), out.size()};
}

std::string quoted(std::string_view text) {
  return text_of([text](Buffer& out) { wire::append_quoted(out, text); });
}
std::string ascii(std::string_view text) {
  return text_of([text](Buffer& out) { wire::append_ascii_quoted(out, text); });
}

const struct {
  std::string_view text;
  const char* as_it_is;
  const char* in_ascii;
} strings[] = {
    {"", R"("")", R"("")"},
    {"plain words", R"("plain words")", R"("plain words")"},
    {"a\"b\\c/d", R"("a\"b\\c/d")", R"("a\"b\\c/d")"},
    {"\b\f\n\r\t", R"("\b\f\n\r\t")", R"("\b\f\n\r\t")"},
    {std::string_view("\0\x1f\x7f", 3), "\"\\u0000\\u001f\x7f\"", R"("\u0000\u001f\u007f")"},
    {"p\xc3\xa3o", "\"p\xc3\xa3o\"", R"("p\u00e3o")"},
    {"\xe2\x82\xac!", "\"\xe2\x82\xac!\"", R"("\u20ac!")"},
    {"\xef\xbf\xbf", "\"\xef\xbf\xbf\"", R"("\uffff")"},
    {"\xf0\x90\x80\x80", "\"\xf0\x90\x80\x80\"", R"("\ud800\udc00")"},
    {"\xf0\x9f\x98\x80.", "\"\xf0\x9f\x98\x80.\"", R"("\ud83d\ude00.")"},
    {"\xf4\x8f\xbf\xbf", "\"\xf4\x8f\xbf\xbf\"", R"("\udbff\udfff")"},
};

void test_strings_have_the_escapes_that_python_writes() {
  for (const auto& each : strings) {
    BOOST_TEST_EQ(quoted(each.text), each.as_it_is);
    BOOST_TEST_EQ(ascii(each.text), each.in_ascii);
  }
}

void test_what_is_not_utf8_is_refused() {
  for (const char* text : {"\xff", "ok \xc3", "\xed\xa0\x80", "\xc0\x80", "\xf4\x90\x80\x80", "\x80"}) {
    BOOST_TEST_THROWS(quoted(text), ProtocolError);
    BOOST_TEST_THROWS(ascii(text), ProtocolError);
  }
}

void test_integers_of_any_size_are_digits() {
  const struct {
    std::int64_t value;
    const char* text;
  } numbers[] = {{0, "0"},
                 {-1, "-1"},
                 {2147483648, "2147483648"},
                 {std::numeric_limits<std::int64_t>::max(), "9223372036854775807"},
                 {std::numeric_limits<std::int64_t>::min(), "-9223372036854775808"}};
  for (const auto& each : numbers) {
    BOOST_TEST_EQ(text_of([&](Buffer& out) { wire::append_integer(out, each.value); }), each.text);
  }
}

void test_bytes_stand_in_quotes() {
  const std::uint8_t bytes[] = {0,    0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
                                0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};
  BOOST_TEST_EQ(text_of([&](Buffer& out) { wire::append_uuid(out, bytes); }),
                R"("00112233-4455-6677-8899-aabbccddeeff")");
  BOOST_TEST_EQ(text_of([&](Buffer& out) { wire::append_binary(out, {bytes, 4}); }), R"("ABEiMw==")");
}

}  // namespace

void test_json_text() {
  test_strings_have_the_escapes_that_python_writes();
  test_what_is_not_utf8_is_refused();
  test_integers_of_any_size_are_digits();
  test_bytes_stand_in_quotes();
}
