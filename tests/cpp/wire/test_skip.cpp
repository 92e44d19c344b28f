#include "wire/skip.hpp"

#include <boost/core/lightweight_test.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "../hex.hpp"
#include "../trickle.hpp"
#include "messages.hpp"
#include "random_message.hpp"
#include "wire/binary.hpp"
#include "wire/compact.hpp"

using namespace fastthrift;
using namespace fastthrift::wire;
using test::from_hex;
using Bad = ProtocolError::Kind;

namespace {

const Limits defaults;

// The offset behind the value, or the text of the error.
template <class Reader>
std::string skipped(const std::vector<std::uint8_t>& bytes, TType type, std::size_t depth = 0,
                    const Limits& limits = defaults) {
  Input in(bytes);
  Reader reader(in, limits);
  try {
    skip(reader, type, depth);
    return std::to_string(in.offset());
  } catch (const ProtocolError& error) {
    return std::to_string(static_cast<int>(error.kind())) + ": " + error.what();
  } catch (const TransportError&) {
    return "end";
  }
}

void test_value_of_each_type_is_passed_exactly() {
  const struct {
    TType type;
    std::string_view binary;
    std::string_view compact;
  } table[] = {
      {TType::bool_, "01", "01"},
      {TType::i8, "ff", "ff"},
      {TType::i16, "0001", "808001"},
      {TType::i32, "00000001", "8080808001"},
      {TType::i64, "0000000000000001", "80808080808080808001"},
      {TType::double_, "3ff0000000000000", "000000000000f03f"},
      {TType::uuid, "00112233445566778899aabbccddeeff", "00112233445566778899aabbccddeeff"},
      {TType::string, "00000000", "00"},
      {TType::string, "00000003 616263", "03 616263"},
      {TType::struct_, "00", "00"},
      {TType::struct_, test::every_type_binary, test::every_type_compact},
      {TType::list, "08 00000000", "05"},
      {TType::list, "01 00000000", "0e"},
      {TType::list, "08 00000002 00000001 00000002", "25 02 04"},
      {TType::set, "02 00000003 010001", "31 010201"},
      {TType::list, "0b 00000002 00000001 61 00000000", "28 01 61 00"},
      {TType::list, "0f 00000002 03 00000001 07 03 00000000", "29 13 07 03"},
      {TType::list, "0c 00000003 00 02 0001 01 00 00", "3c 00 11 00 00"},
      {TType::map, "00 00 00000000", "00"},
      {TType::map, "01 05 00000000", "8000"},
      {TType::map, "08 03 00000002 00000001 02 00000003 04", "02 53 02 02 06 04"},
      {TType::map, "0b 0f 00000001 00000001 6b 02 00000002 0100", "01 89 01 6b 21 01 02"},
      {TType::map, "03 0a 00000001 05 0000000000000001", "01 36 05 02"},
      {TType::map, "0c 0c 00000002 00 00 00 00", "02 cc 00 00 00 00"},
  };
  for (const auto& row : table) {
    const auto binary = from_hex(row.binary), compact = from_hex(row.compact);
    auto longer = binary;
    longer.insert(longer.end(), 20, 0xff);
    BOOST_TEST_EQ(skipped<BinaryReader>(binary, row.type), std::to_string(binary.size()));
    BOOST_TEST_EQ(skipped<BinaryReader>(longer, row.type), std::to_string(binary.size()));
    longer = compact;
    longer.insert(longer.end(), 20, 0xff);
    BOOST_TEST_EQ(skipped<CompactReader>(compact, row.type), std::to_string(compact.size()));
    BOOST_TEST_EQ(skipped<CompactReader>(longer, row.type), std::to_string(compact.size()));
  }
}

void test_bool_of_a_compact_field_takes_no_byte() {
  const auto bytes = from_hex("11 12 15 0a 00");
  Input in(bytes);
  CompactReader reader(in, defaults);
  reader.struct_begin();
  for (std::size_t offset : {1, 2}) {
    skip(reader, reader.field_begin().type, 1);
    BOOST_TEST_EQ(in.offset(), offset);
  }
  BOOST_TEST_EQ(reader.field_begin().id, 3);
  BOOST_TEST_EQ(reader.i32(), 5);
  BOOST_TEST(reader.field_begin().type == TType::stop);
}

void test_last_field_id_comes_back_after_a_skipped_struct() {
  // {1: {5: i32 1, 6: {1: true}}, 2: i32 7}
  const auto bytes = from_hex("1c 55 02 1c 11 00 00 15 0e 00");
  Input in(bytes);
  CompactReader reader(in, defaults);
  reader.struct_begin();
  const FieldHeader first = reader.field_begin();
  BOOST_TEST_EQ(first.id, 1);
  skip(reader, first.type, 1);
  BOOST_TEST_EQ(reader.field_begin().id, 2);
  BOOST_TEST_EQ(reader.i32(), 7);
  BOOST_TEST(reader.field_begin().type == TType::stop);
}

template <class Reader, class Writer>
void random_values_are_passed_exactly() {
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    test::Dice dice(seed);
    Buffer out;
    test::ValueByValue<Writer> writer(out);
    test::RandomValues<test::ValueByValue<Writer>>(writer, dice).structure(5);
    const std::vector<std::uint8_t> bytes(out.data(), out.data() + out.size());
    BOOST_TEST_EQ(skipped<Reader>(bytes, TType::struct_), std::to_string(bytes.size()));
    // A stream is asked for nothing behind the value.
    auto stream = bytes;
    stream.insert(stream.end(), 20, 0xff);
    test::Trickle in(stream);
    Reader reader(in, defaults);
    skip(reader, TType::struct_, 0);
    BOOST_TEST_EQ(in.offset(), bytes.size());
    BOOST_TEST_EQ(in.given(), bytes.size());
    // Each cut is an error: the end of the input, or a size that cannot be.
    if (seed <= 200) {
      for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
        const std::string outcome = skipped<Reader>(
            {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(cut)}, TType::struct_);
        BOOST_TEST(outcome == "end" || outcome.starts_with("3: Size limit"));
      }
    }
  }
}

void test_hostile_values_are_refused_at_once() {
  const struct {
    const char* what;
    TType type;
    std::string_view binary;
    std::string_view compact;
    const char* error;
  } table[] = {
      {"list of void", TType::list, "01 7fffffff", "fe ffffffff07", "1: Invalid type"},
      {"list of type 0", TType::list, "00 7fffffff", "f0 ffffffff07", "1: Invalid type 0"},
      {"map of void to void", TType::map, "01 01 7fffffff", "ffffffff07 ee", "1: Invalid type"},
      {"void list in an unknown field", TType::struct_, "0f 0061 01 7fffffff", "09 c201 fe ffffffff07",
       "1: Invalid type"},
      {"list of 2^31-1 empty structs", TType::list, "0c 7fffffff", "fc ffffffff07", "3: Size limit"},
      {"list of 2^31-1 empty lists", TType::list, "0f 7fffffff 00", "f9 ffffffff07 00", "3: Size limit"},
      {"list of 2^31-1 bools", TType::list, "02 7fffffff 00", "f1 ffffffff07 00", "3: Size limit"},
      {"map of 2^31-1", TType::map, "03 03 7fffffff 00", "ffffffff07 33 00", "3: Size limit"},
      {"string of 2^31-1", TType::string, "7fffffff 00", "ffffffff07 00", "3: Size limit"},
      {"unknown field type", TType::struct_, "05 0001 00", "1e 00", "1: Invalid type"},
      {"unknown field type 0x7f", TType::struct_, "7f 0001 00", "1f 00", "1: Invalid type"},
      {"type void itself", TType::void_, "00", "00", "1: Invalid type 1"},
  };
  for (const auto& row : table) {
    BOOST_TEST_EQ(
        skipped<BinaryReader>(from_hex(row.binary), row.type).substr(0, std::string(row.error).size()),
        row.error);
    BOOST_TEST_EQ(
        skipped<CompactReader>(from_hex(row.compact), row.type).substr(0, std::string(row.error).size()),
        row.error);
  }
  BOOST_TEST(skipped<BinaryReader>(from_hex("08 ffffffff"), TType::list).starts_with("2: Negative size -1"));
  BOOST_TEST(skipped<BinaryReader>(from_hex("ffffffff"), TType::string).starts_with("2: Negative size -1"));
  BOOST_TEST(skipped<CompactReader>(std::vector<std::uint8_t>(20, 0xff), TType::i64)
                 .starts_with("1: Variable-length"));
  BOOST_TEST(skipped<CompactReader>(std::vector<std::uint8_t>(20, 0xff), TType::string)
                 .starts_with("1: Variable-length"));
}

std::vector<std::uint8_t> repeated(std::string_view hex, std::size_t times, std::string_view end) {
  const auto piece = from_hex(hex);
  std::vector<std::uint8_t> bytes;
  for (std::size_t n = 0; n < times; ++n) bytes.insert(bytes.end(), piece.begin(), piece.end());
  const auto last = from_hex(end);
  bytes.insert(bytes.end(), last.begin(), last.end());
  return bytes;
}

void test_depth_is_counted_with_the_outermost_and_what_is_around() {
  const std::string stop(128, '0');  // 64 stops
  const struct {
    const char* what;
    TType type;
    std::string_view binary;
    std::string_view compact;
    std::string_view binary_last;
    std::string_view compact_last;
    const char* error;
  } table[] = {
      {"structs", TType::struct_, "0c 0001", "1c", stop, stop,
       "6: maximum nesting depth exceeded while skipping a Thrift struct"},
      {"lists", TType::list, "0f 00000001", "19", "03 00000000", "03",
       "6: maximum nesting depth exceeded while skipping a Thrift container"},
      {"sets", TType::set, "0e 00000001", "1a", "08 00000001 00000000", "15 00",
       "6: maximum nesting depth exceeded while skipping a Thrift container"},
      {"maps", TType::map, "03 0d 00000001 00", "01 3b 00", "03 03 00000001 0000", "01 33 0000",
       "6: maximum nesting depth exceeded while skipping a Thrift container"},
  };
  for (const auto& row : table) {
    // 63 around the innermost one are 64, the most; with one open around them they are too many.
    for (std::size_t around : {62, 63, 64, 65}) {
      const auto binary = repeated(row.binary, around, row.binary_last);
      const auto compact = repeated(row.compact, around, row.compact_last);
      for (std::size_t open : {0, 1, 2}) {
        const bool fits = around + 1 + open <= 64;
        const std::string in_binary = skipped<BinaryReader>(binary, row.type, open);
        const std::string in_compact = skipped<CompactReader>(compact, row.type, open);
        if (fits) {
          BOOST_TEST(in_binary != "end" && in_binary.find(':') == std::string::npos);
          BOOST_TEST(in_compact != "end" && in_compact.find(':') == std::string::npos);
        } else {
          BOOST_TEST_EQ(in_binary, row.error);
          BOOST_TEST_EQ(in_compact, row.error);
        }
      }
    }
    BOOST_TEST_EQ(skipped<BinaryReader>(repeated(row.binary, 200000, row.binary_last), row.type), row.error);
    BOOST_TEST_EQ(skipped<CompactReader>(repeated(row.compact, 200000, row.compact_last), row.type),
                  row.error);
  }
}

void test_without_a_depth_limit_nesting_costs_memory_only() {
  Limits limits;
  limits.depth = Limits::no_limit;
  const auto binary = repeated("0f 00000001", 200000, "03 00000000");
  const auto compact = repeated("1c", 200000, std::string(400002, '0'));
  BOOST_TEST_EQ(skipped<BinaryReader>(binary, TType::list, 0, limits), std::to_string(binary.size()));
  BOOST_TEST_EQ(skipped<CompactReader>(compact, TType::struct_, 0, limits), std::to_string(compact.size()));
}

void test_limit_below_what_is_open_refuses_everything_nested() {
  Limits limits;
  limits.depth = 2;
  BOOST_TEST(skipped<BinaryReader>(from_hex("00"), TType::struct_, 3, limits).starts_with("6:"));
  BOOST_TEST_EQ(skipped<BinaryReader>(from_hex("00000001"), TType::i32, 3, limits), "4");
}

// R5 of the safety goals: 50 ns a byte at the most; here with a wide margin for slow machines.
void test_time_is_proportional_to_the_bytes() {
  const struct {
    const char* what;
    std::vector<std::uint8_t> bytes;
  } table[] = {
      {"a million empty structs", repeated("00", 1000000, "")},
      {"a million empty lists", repeated("03", 1000000, "")},
  };
  for (const auto& row : table) {
    auto bytes = from_hex(row.bytes[0] == 0 ? "fc c0843d" : "f9 c0843d");
    bytes.insert(bytes.end(), row.bytes.begin(), row.bytes.end());
    const auto start = std::chrono::steady_clock::now();
    BOOST_TEST_EQ(skipped<CompactReader>(bytes, TType::list), std::to_string(bytes.size()));
    BOOST_TEST(std::chrono::steady_clock::now() - start < std::chrono::seconds(1));
  }
  // A run of fixed size is one step, however long.
  auto run = from_hex("0a 00c00000");
  run.resize(5 + 8 * 0xc00000);
  const auto start = std::chrono::steady_clock::now();
  BOOST_TEST_EQ(skipped<BinaryReader>(run, TType::list), std::to_string(run.size()));
  BOOST_TEST(std::chrono::steady_clock::now() - start < std::chrono::milliseconds(20));
}

void test_long_string_of_a_stream_is_not_held_at_once() {
  // 1 MB: asked for in pieces, so that a stream needs no such buffer.
  class Pieces : public test::Trickle {
   public:
    using Trickle::Trickle;
    std::size_t largest = 0;

   protected:
    void refill(std::size_t n) override {
      largest = n > largest ? n : largest;
      Trickle::refill(n);
    }
  };
  auto bytes = from_hex("000f4240");
  bytes.resize(4 + 1000000);
  Pieces in(bytes);
  BinaryReader reader(in, defaults);
  skip(reader, TType::string, 0);
  BOOST_TEST_EQ(in.offset(), bytes.size());
  BOOST_TEST_LE(in.largest, 16384u);
}

}  // namespace

void test_skip() {
  test_value_of_each_type_is_passed_exactly();
  test_bool_of_a_compact_field_takes_no_byte();
  test_last_field_id_comes_back_after_a_skipped_struct();
  random_values_are_passed_exactly<BinaryReader, BinaryWriter>();
  random_values_are_passed_exactly<CompactReader, CompactWriter>();
  test_hostile_values_are_refused_at_once();
  test_depth_is_counted_with_the_outermost_and_what_is_around();
  test_without_a_depth_limit_nesting_costs_memory_only();
  test_limit_below_what_is_open_refuses_everything_nested();
  test_time_is_proportional_to_the_bytes();
  test_long_string_of_a_stream_is_not_held_at_once();
}
