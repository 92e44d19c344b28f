#include "idl/number.hpp"

#include <boost/core/lightweight_test.hpp>
#include <cmath>
#include <limits>
#include <string>

using namespace fastthrift::idl;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

void test_doubles_are_what_the_text_says() {
  const struct {
    const char* text;
    double number;
  } table[] = {
      {"1.5", 1.5},
      {"5.", 5.0},
      {".5", 0.5},
      {"-.5", -0.5},
      {"+.5e+3", 500.0},
      {"1e3", 1000.0},
      {"1.5E-3", 0.0015},
      {"-0.0", -0.0},
      {"0.1", 0.1},
      {"1.e5", 100000.0},
      {"123", 123.0},
      {"+7", 7.0},
      {"1e400", infinity},
      {"-1e400", -infinity},
      {"1e-400", 0.0},
      {"4.9e-324", 4.9e-324},
      {"1.7976931348623157e308", 1.7976931348623157e308},
      {"99999999999999999999999", 1e23},
  };
  for (const auto& row : table) BOOST_TEST_EQ(double_of(row.text), row.number);
  BOOST_TEST(std::signbit(double_of("-0.0")));
}

// The right column is what Python's repr prints.
void test_doubles_are_shown_as_python_shows_them() {
  const struct {
    double number;
    const char* text;
  } table[] = {
      {0.5, "0.5"},
      {1.0, "1.0"},
      {1000.0, "1000.0"},
      {-1.5, "-1.5"},
      {0.1, "0.1"},
      {1e16, "1e+16"},
      {1e15, "1000000000000000.0"},
      {1e22, "1e+22"},
      {1.5e300, "1.5e+300"},
      {1e-4, "0.0001"},
      {1e-5, "1e-05"},
      {1.25e-7, "1.25e-07"},
      {123456.789, "123456.789"},
      {-0.0, "-0.0"},
      {0.0, "0.0"},
      {1.0 / 3, "0.3333333333333333"},
      {infinity, "inf"},
      {-infinity, "-inf"},
      {std::nan(""), "nan"},
      {5e-324, "5e-324"},
      {9007199254740993.0, "9007199254740992.0"},
  };
  for (const auto& row : table) BOOST_TEST_EQ(repr(row.number), row.text);
}

void test_hexadecimal_digits_of_any_length_become_decimal() {
  const struct {
    const char* hex;
    const char* decimal;
  } table[] = {
      {"0", "0"},
      {"000", "0"},
      {"1F", "31"},
      {"ff", "255"},
      {"3b9aca00", "1000000000"},
      {"FFFFFFFFFFFFFFFF", "18446744073709551615"},
      {"FFFFFFFFFFFFFFFFFF", "4722366482869645213695"},
      {"de0b6b3a7640000", "1000000000000000000"},
      {"100000000000000000000000000000000", "340282366920938463463374607431768211456"},
  };
  for (const auto& row : table) BOOST_TEST_EQ(decimal_of_hex(row.hex), row.decimal);
}

}  // namespace

void test_number() {
  test_doubles_are_what_the_text_says();
  test_doubles_are_shown_as_python_shows_them();
  test_hexadecimal_digits_of_any_length_become_decimal();
}
