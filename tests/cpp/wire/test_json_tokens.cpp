#include "wire/json_tokens.hpp"

#include <boost/core/lightweight_test.hpp>

#include <cmath>
#include <limits>
#include <string>

#include "../trickle.hpp"
#include "base/errors.hpp"

// What a JSON text is made of, read whole and from a stream that never gives a byte too many.
namespace {

using namespace fastthrift;
using wire::JsonTokens;

Bytes bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// `read` of the text with a bracket behind it, which must be what is left.
template <class Read>
auto read(const std::string& text, Read read) {
  const Limits limits;
  const std::string whole = text + "]";
  Input in(bytes_of(whole));
  JsonTokens tokens(in, limits);
  tokens.opened();
  const auto value = read(tokens);
  tokens.expect(']');
  BOOST_TEST_EQ(in.at_hand(), 0u);
  return value;
}

std::string string_of(const std::string& text) {
  return read(text, [](JsonTokens& tokens) {
    tokens.peek();
    return std::string(tokens.quoted());
  });
}
double real_of(const std::string& text) {
  return read(text, [](JsonTokens& tokens) { return tokens.real(); });
}
std::int64_t integer_of(const std::string& text) {
  return read(text, [](JsonTokens& tokens) { return tokens.integer(-100, 100, "a small number"); });
}

void test_strings_are_read_with_their_escapes() {
  const struct {
    const char* text;
    std::string value;
  } strings[] = {{R"("")", ""},
                 {R"("plain")", "plain"},
                 {" \t\r\n\"spaces\" ", "spaces"},
                 {R"("\"\\\/\b\f\n\r\t")", "\"\\/\b\f\n\r\t"},
                 {R"("\u0041\u00e9\u20AC")", "A\xc3\xa9\xe2\x82\xac"},
                 {R"("\ud83d\ude00")", "\xf0\x9f\x98\x80"},
                 {R"("\u0000")", std::string(1, '\0')},
                 {"\"p\xc3\xa3o\"", "p\xc3\xa3o"}};
  for (const auto& each : strings) BOOST_TEST_EQ(string_of(each.text), each.value);
}

void test_strings_that_are_none_are_refused() {
  for (const char* text : {R"("\x")", R"("\u12g4")", R"("\ud800")", R"("\ud800\u0041")", R"("\udc00")",
                           "\"\xff\"", "\"\xed\xa0\x80\""}) {
    BOOST_TEST_THROWS(string_of(text), ProtocolError);
  }
  BOOST_TEST_THROWS(string_of("\"no end"), TransportError);
}

void test_numbers_stand_in_quotes_or_not() {
  BOOST_TEST_EQ(integer_of("5"), 5);
  BOOST_TEST_EQ(integer_of("\"-100\""), -100);
  BOOST_TEST_EQ(real_of("-0.5"), -0.5);
  BOOST_TEST_EQ(real_of("\"1e3\""), 1000.0);
  BOOST_TEST_EQ(real_of(".5"), 0.5);
  BOOST_TEST_EQ(real_of("5."), 5.0);
  BOOST_TEST_EQ(real_of("+2"), 2.0);
  BOOST_TEST(std::signbit(real_of("-0.0")));
  for (const char* text : {"\"NaN\"", "NaN", "nan"}) BOOST_TEST(std::isnan(real_of(text)));
  constexpr double infinity = std::numeric_limits<double>::infinity();
  for (const char* text : {"\"Infinity\"", "inf"}) BOOST_TEST_EQ(real_of(text), infinity);
  for (const char* text : {"\"-Infinity\"", "-inf"}) BOOST_TEST_EQ(real_of(text), -infinity);
}

void test_numbers_that_are_none_are_refused() {
  for (const char* text : {"101", "-101", "1.0", "1x", "\"\"", "99999999999999999999", "+1", "[1"}) {
    BOOST_TEST_THROWS(integer_of(text), ProtocolError);
  }
  for (const char* text : {".", "1e", "1e+", "--1", "0x10", "1.2.3", "Inf", "\"\"", "{1"}) {
    BOOST_TEST_THROWS(real_of(text), ProtocolError);
  }
  BOOST_TEST_THROWS(real_of(std::string(2000, '1')), ProtocolError);
}

void test_a_string_is_passed_over_as_it_stands() {
  const std::string text = R"(a\"b\\" rest)";
  const Limits limits;
  Input in(bytes_of(text));
  JsonTokens tokens(in, limits);
  Buffer copy;
  tokens.skip_string(&copy);
  BOOST_TEST_EQ(std::string(reinterpret_cast<const char*>(copy.data()), copy.size()), R"(a\"b\\")");
  BOOST_TEST_EQ(in.at_hand(), 5u);
}

void test_a_string_over_the_limit_is_refused() {
  Limits limits;
  limits.string = 3;
  for (const std::string text : {"\"abcd\"]", "\"ab\\u0041d\"]"}) {
    Input in(bytes_of(text));
    JsonTokens tokens(in, limits);
    BOOST_TEST_THROWS(tokens.quoted(), ProtocolError);
    Input again(bytes_of(text));
    again.advance(1);
    BOOST_TEST_THROWS(JsonTokens(again, limits).skip_string(nullptr), ProtocolError);
  }
}

void test_a_stream_is_asked_for_no_byte_too_many() {
  const std::string text = " \"a\\u0042c\" , -12 ]";
  const Limits limits;
  fastthrift::test::Trickle in({text.begin(), text.end()});
  JsonTokens tokens(in, limits);
  tokens.opened();
  tokens.peek();
  BOOST_TEST_EQ(std::string(tokens.quoted()), "aBc");
  tokens.expect(',');
  BOOST_TEST_EQ(tokens.integer(-100, 100, "a number"), -12);
  tokens.expect(']');
  BOOST_TEST_EQ(in.given(), text.size());
}

}  // namespace

void test_json_tokens() {
  test_strings_are_read_with_their_escapes();
  test_strings_that_are_none_are_refused();
  test_numbers_stand_in_quotes_or_not();
  test_numbers_that_are_none_are_refused();
  test_a_string_is_passed_over_as_it_stands();
  test_a_string_over_the_limit_is_refused();
  test_a_stream_is_asked_for_no_byte_too_many();
}
