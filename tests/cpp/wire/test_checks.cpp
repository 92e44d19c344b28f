#include "wire/checks.hpp"

#include <boost/core/lightweight_test.hpp>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "base/errors.hpp"
#include "wire/json_names.hpp"

using namespace fastthrift;
using namespace fastthrift::wire;
using Kind = ProtocolError::Kind;

namespace {

constexpr std::uint64_t huge = std::numeric_limits<std::uint64_t>::max();

// An input with so many bytes, of which some have been read.
struct Source {
  explicit Source(std::size_t n, std::size_t read = 0) : bytes(n), in(bytes) { in.advance(read); }
  std::vector<std::uint8_t> bytes;
  Input in;
};

// A stream: little is at hand, more can come.
class Stream : public Input {
 public:
  Stream(Bytes window, std::size_t left) : Input(window), left_(left) {}
  std::size_t left() const override { return left_; }

 private:
  std::size_t left_;
};

template <class Body>
std::string refused(Kind kind, Body&& body) {
  try {
    body();
  } catch (const ProtocolError& error) {
    BOOST_TEST(error.kind() == kind);
    return error.what();
  }
  return "taken";
}

void test_refusals_say_what_came_and_where() {
  const Source source(20, 7);
  const Input& in = source.in;
  BOOST_TEST_EQ(refused(Kind::negative_size, [&] { refuse_negative_size(-1, in); }),
                "Negative size -1 at offset 7");
  BOOST_TEST_EQ(refused(Kind::negative_size,
                        [&] { refuse_negative_size(std::numeric_limits<std::int64_t>::min(), in); }),
                "Negative size -9223372036854775808 at offset 7");
  BOOST_TEST_EQ(refused(Kind::size_limit, [&] { refuse_size("map", 9, 8, in); }),
                "Size limit: map of size 9 at offset 7, at most 8 can follow");
  BOOST_TEST_EQ(refused(Kind::size_limit, [&] { refuse_size("string", huge, 0, in); }),
                "Size limit: string of size 18446744073709551615 at offset 7, at most 0 can follow");
  BOOST_TEST_EQ(refused(Kind::invalid_data, [&] { refuse_type(99, in); }), "Invalid type 99 at offset 7");
  BOOST_TEST_EQ(refused(Kind::invalid_data, [&] { refuse_message_type(0, in); }),
                "Invalid message type 0 at offset 7");
  BOOST_TEST_EQ(refused(Kind::invalid_data, [&] { refuse_varint(16, in); }),
                "Variable-length int over 3 bytes or 16 bits at offset 7");
  BOOST_TEST_EQ(refused(Kind::invalid_data, [&] { refuse_varint(32, in); }),
                "Variable-length int over 5 bytes or 32 bits at offset 7");
  BOOST_TEST_EQ(refused(Kind::invalid_data, [&] { refuse_varint(64, in); }),
                "Variable-length int over 10 bytes or 64 bits at offset 7");
  BOOST_TEST_EQ(refused(Kind::invalid_data, [&] { refuse_field_id(32768, in); }),
                "Invalid field id 32768 at offset 7: over 32767");
  BOOST_TEST_EQ(refused(Kind::invalid_data, [&] { refuse_method_name(1025, 1024, in); }),
                "Method name of size 1025 at offset 7, at most 1024 is allowed");
  BOOST_TEST_EQ(refused(Kind::depth_limit, [&] { refuse_depth("reading a Thrift struct"); }),
                "maximum nesting depth exceeded while reading a Thrift struct");
}

void test_a_message_over_its_limit_is_a_failure_of_the_transport() {
  try {
    refuse_message(101, 100);
    BOOST_ERROR("no exception");
  } catch (const TransportError& error) {
    BOOST_TEST(error.kind() == TransportError::Kind::size_limit);
    BOOST_TEST_EQ(std::string(error.what()), "Message of 101 bytes and more is over the limit of 100");
  }
}

void test_message_types_are_one_to_four() {
  const Source source(4);
  for (unsigned code = 1; code <= 4; ++code) {
    BOOST_TEST_EQ(static_cast<unsigned>(checked_message_type(code, source.in)), code);
  }
  for (unsigned code : {0u, 5u, 6u, 7u, 127u, 128u, 255u, 0xFFFFFFFFu}) {
    BOOST_TEST_EQ(refused(Kind::invalid_data, [&] { (void)checked_message_type(code, source.in); }),
                  "Invalid message type " + std::to_string(code) + " at offset 0");
  }
}

void test_a_string_is_no_longer_than_what_can_come_and_than_its_limit() {
  const struct {
    std::size_t at_hand;
    std::size_t left;
    std::size_t limit;
    std::uint64_t size;
    const char* said;
  } table[] = {
      {10, 10, Limits::no_limit, 0, "taken"},
      {10, 10, Limits::no_limit, 10, "taken"},
      {10, 10, Limits::no_limit, 11, "Size limit: string of size 11 at offset 0, at most 10 can follow"},
      {10, 10, 5, 5, "taken"},
      {10, 10, 5, 6, "Size limit: string of size 6 at offset 0, at most 5 can follow"},
      {10, 10, 20, 15, "Size limit: string of size 15 at offset 0, at most 10 can follow"},
      {2, 100, Limits::no_limit, 100, "taken"},
      {2, 100, Limits::no_limit, 101, "Size limit: string of size 101 at offset 0, at most 100 can follow"},
      {2, 100, 50, 60, "Size limit: string of size 60 at offset 0, at most 50 can follow"},
      {0, 0, Limits::no_limit, 0, "taken"},
      {0, 0, Limits::no_limit, 1, "Size limit: string of size 1 at offset 0, at most 0 can follow"},
      {10, 10, Limits::no_limit, 0xFFFFFFFF,
       "Size limit: string of size 4294967295 at offset 0, at most 10 can follow"},
      {10, 10, 0, 1, "Size limit: string of size 1 at offset 0, at most 0 can follow"},
  };
  for (const auto& row : table) {
    const std::vector<std::uint8_t> bytes(row.at_hand);
    const Stream in(bytes, row.left);
    Limits limits;
    limits.string = row.limit;
    BOOST_TEST_EQ(refused(Kind::size_limit, [&] { check_string(row.size, in, limits); }), row.said);
  }
}

void test_elements_have_a_least_size() {
  const struct {
    std::size_t at_hand;
    std::size_t left;
    std::size_t minimum;
    std::size_t limit;
    std::uint64_t size;
    const char* said;
  } table[] = {
      {16, 16, 4, Limits::no_limit, 4, "taken"},
      {16, 16, 4, Limits::no_limit, 5, "Size limit: container of size 5 at offset 0, at most 4 can follow"},
      {16, 16, 1, Limits::no_limit, 16, "taken"},
      {16, 16, 1, Limits::no_limit, 17,
       "Size limit: container of size 17 at offset 0, at most 16 can follow"},
      {17, 17, 8, Limits::no_limit, 3, "Size limit: container of size 3 at offset 0, at most 2 can follow"},
      {2, 64, 8, Limits::no_limit, 8, "taken"},
      {2, 64, 8, Limits::no_limit, 9, "Size limit: container of size 9 at offset 0, at most 8 can follow"},
      {16, 16, 1, 3, 3, "taken"},
      {16, 16, 1, 3, 4, "Size limit: container of size 4 at offset 0, at most 3 can follow"},
      {16, 16, 16, Limits::no_limit, 0x7FFFFFFF,
       "Size limit: container of size 2147483647 at offset 0, at most 1 can follow"},
      {0, 0, 1, Limits::no_limit, 0, "taken"},
      {0, 0, 16, 5, 1, "Size limit: container of size 1 at offset 0, at most 0 can follow"},
  };
  for (const auto& row : table) {
    const std::vector<std::uint8_t> bytes(row.at_hand);
    const Stream in(bytes, row.left);
    Limits limits;
    limits.container = row.limit;
    BOOST_TEST_EQ(refused(Kind::size_limit, [&] { check_container(row.size, row.minimum, in, limits); }),
                  row.said);
  }
}

// The names are those of Apache's JSON protocol, in every language.
void test_json_has_a_short_name_for_every_type() {
  const struct {
    TType type;
    std::string_view name;
  } table[] = {{TType::bool_, "tf"}, {TType::i8, "i8"},       {TType::i16, "i16"},    {TType::i32, "i32"},
               {TType::i64, "i64"},  {TType::double_, "dbl"}, {TType::string, "str"}, {TType::struct_, "rec"},
               {TType::map, "map"},  {TType::list, "lst"},    {TType::set, "set"},    {TType::uuid, "uid"}};
  for (const auto& row : table) {
    BOOST_TEST_EQ(json_name(row.type), row.name);
    BOOST_TEST(json_type(row.name) == row.type);
  }
  for (std::string_view none : {"", "tf ", "TF", "bool", "i", "i128", "recs", "?"}) {
    BOOST_TEST(json_type(none) == TType::void_);
  }
  for (TType none : {TType::stop, TType::void_, static_cast<TType>(5), static_cast<TType>(99)}) {
    BOOST_TEST_EQ(json_name(none), "?");
  }
}

}  // namespace

void test_checks() {
  test_refusals_say_what_came_and_where();
  test_a_message_over_its_limit_is_a_failure_of_the_transport();
  test_message_types_are_one_to_four();
  test_a_string_is_no_longer_than_what_can_come_and_than_its_limit();
  test_elements_have_a_least_size();
  test_json_has_a_short_name_for_every_type();
}
