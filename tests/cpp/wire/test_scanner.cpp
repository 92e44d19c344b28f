#include "wire/scanner.hpp"

#include <boost/core/lightweight_test.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "../hex.hpp"
#include "messages.hpp"
#include "random_message.hpp"
#include "wire/binary.hpp"
#include "wire/compact.hpp"

using namespace fastthrift;
using namespace fastthrift::wire;
using test::from_hex;

namespace {

const Limits defaults;

// Shows one more byte at a time, each time in a fresh block of memory, so that the sanitizer sees a read past
// the end. Returns how many bytes were shown when the scanner gave a size or an error, and what.
template <class Reader>
std::string trickled(const std::vector<std::uint8_t>& bytes, typename Reader::Options options = {},
                     const Limits& limits = defaults) {
  MessageScanner<Reader> scanner(limits, options);
  for (std::size_t shown = 0; shown <= bytes.size(); ++shown) {
    const std::vector<std::uint8_t> block(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(shown));
    try {
      if (const std::size_t size = scanner.scan(block))
        return std::to_string(shown) + " size " + std::to_string(size);
      if (scanner.wanted() <= shown) return "wants nothing more at " + std::to_string(shown);
    } catch (const ProtocolError& error) {
      return std::to_string(shown) + " " + std::to_string(static_cast<int>(error.kind())) + ": " +
             error.what();
    } catch (const TransportError& error) {
      return std::to_string(shown) + " transport " + std::to_string(static_cast<int>(error.kind()));
    }
  }
  return "more";
}

template <class Reader>
std::string shown_whole(const std::vector<std::uint8_t>& bytes, typename Reader::Options options = {},
                        const Limits& limits = defaults) {
  MessageScanner<Reader> scanner(limits, options);
  try {
    const std::size_t size = scanner.scan(bytes);
    return size != 0 ? "size " + std::to_string(size) : "more";
  } catch (const ProtocolError& error) {
    return std::to_string(static_cast<int>(error.kind())) + ": " + error.what();
  } catch (const TransportError& error) {
    return "transport " + std::to_string(static_cast<int>(error.kind()));
  }
}

template <class Reader>
void check_message(const std::vector<std::uint8_t>& bytes, typename Reader::Options options = {}) {
  const std::string size = "size " + std::to_string(bytes.size());
  BOOST_TEST_EQ(shown_whole<Reader>(bytes, options), size);
  auto longer = bytes;
  longer.insert(longer.end(), 20, 0xff);
  BOOST_TEST_EQ(shown_whole<Reader>(longer, options), size);
  BOOST_TEST_EQ(trickled<Reader>(bytes, options), std::to_string(bytes.size()) + " " + size);
}

void test_messages_end_where_they_end_whole_and_byte_by_byte() {
  for (const test::TestMessage& row : test::messages) {
    check_message<BinaryReader>(from_hex(std::string(row.binary) + std::string(row.binary_body)));
    check_message<CompactReader>(from_hex(std::string(row.compact) + std::string(row.compact_body)));
  }
  check_message<BinaryReader>(
      from_hex("80010001 00000001 61 00000007 " + std::string(test::every_type_binary)));
  check_message<CompactReader>(from_hex("8221 07 01 61" + std::string(test::every_type_compact)));
  check_message<BinaryReader>(from_hex("00000003 616464 01 00000000 08000100000001 00"),
                              {.strict_read = false});
  check_message<BinaryReader>(from_hex("80010001 00000003 616464 00000000 00"), {.strict_read = false});
}

template <class Reader, class Writer>
void random_messages_end_where_they_end_in_random_pieces() {
  test::Dice dice(7);
  MessageScanner<Reader> scanner(defaults, {});  // one for all, as on a connection
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    const auto bytes = test::random_message<Writer>(seed, 5);
    if (seed <= 300) check_message<Reader>(bytes);
    std::size_t shown = 0, size = 0;
    while (size == 0 && shown < bytes.size()) {
      shown = std::min(bytes.size(), shown + 1 + dice.below(dice.below(3) == 0 ? 200 : 12));
      size = scanner.scan(Bytes(bytes).first(shown));
      BOOST_TEST_EQ(size, shown == bytes.size() ? bytes.size() : 0u);
      // What it says it wants is never too much.
      if (size == 0) BOOST_TEST(scanner.wanted() > shown && scanner.wanted() <= bytes.size());
    }
  }
}

void test_hostile_messages_are_refused_as_soon_as_their_bytes_are_there() {
  const std::string b = "80010001 00000001 61 00000000", c = "8221 00 01 61";  // 13 and 5 bytes
  const struct {
    const char* what;
    bool compact;
    std::string hex;
    std::string outcome;  // bytes shown, kind and the first words
  } table[] = {
      {"no version", false, "00000003 616464", "4 4: No protocol version header"},
      {"bad version", false, "80020001", "4 4: Bad version in read_message_begin"},
      {"bad message type", false, "80010009 00000001 61 00000000 00", "13 1: Invalid message type 9"},
      {"negative name", false, "80010001 ffffffff", "8 2: Negative size -1"},
      {"long name", false, "80010001 00000401", "8 1: Method name of size 1025"},
      {"huge name", false, "80010001 7fffffff", "8 1: Method name of size 2147483647"},
      {"void list", false, b + "0f 0061 01 7fffffff", "21 1: Invalid type 1"},
      {"void map", false, b + "0d 0061 01 01 7fffffff", "22 1: Invalid type 1"},
      {"type 5", false, b + "05 0001", "16 1: Invalid type 5"},
      {"type 0x7f", false, b + "7f 0001", "16 1: Invalid type 127"},
      {"type 0xff", false, b + "ff 0001", "16 1: Invalid type 255"},
      {"list of 2^31-1", false, b + "0f 0001 03 7fffffff", "21 3: Size limit: container of size 2147483647"},
      {"list of -1", false, b + "0f 0001 03 ffffffff", "21 2: Negative size -1"},
      {"i64 list over the message", false, b + "0f 0001 0a 00c80001",
       "21 3: Size limit: container of size 13107201"},
      {"map of 2^31-1", false, b + "0d 0001 03 03 7fffffff",
       "22 3: Size limit: container of size 2147483647"},
      {"string of 2^31-1", false, b + "0b 0001 7fffffff", "20 3: Size limit: string of size 2147483647"},
      {"string of -1", false, b + "0b 0001 ffffffff", "20 2: Negative size -1"},
      {"string over the message", false, b + "0b 0001 06400000",
       "20 3: Size limit: string of size 104857600"},
      {"protocol id", true, "80", "1 4: Bad protocol id in the message: 128"},
      {"version", true, "8222", "2 4: Bad version: 2 (expect 1)"},
      {"message type", true, "8201 00 00", "4 1: Invalid message type 0"},
      {"sequence id without end", true, "8221 ffffffffffffffff", "7 1: Variable-length int over 5 bytes"},
      {"sequence id of 33 bits", true, "8221 ffffffff1f", "7 1: Variable-length int over 5 bytes"},
      {"name length without end", true, "8221 00 ffffffffffffffff", "8 1: Variable-length int over 5 bytes"},
      {"name length", true, "8221 00 8108", "5 1: Method name of size 1025"},
      {"void list", true, c + "19 fe ffffffff07", "12 1: Invalid type 14"},
      {"list of type 0", true, c + "19 10", "7 1: Invalid type 0"},
      {"void map", true, c + "1b ffffffff07 ee", "12 1: Invalid type 14"},
      {"map size without end", true, c + "1b ffffffffffffff", "11 1: Variable-length int over 5 bytes"},
      {"type 14", true, c + "1e", "6 1: Invalid type 14"},
      {"type 15, long form", true, c + "0f", "6 1: Invalid type 15"},
      {"field id without end", true, c + "05 ffffffff", "9 1: Variable-length int over 3 bytes"},
      {"field id of 17 bits", true, c + "05 808004", "9 1: Variable-length int over 3 bytes"},
      {"i32 of 20 bytes", true, c + "15 ffffffffffffffffffff", "11 1: Variable-length int over 5 bytes"},
      {"i64 of 20 bytes", true, c + "16 ffffffffffffffffffffffffffff",
       "16 1: Variable-length int over 10 bytes"},
      {"list of 2^31-1", true, c + "19 f3 ffffffff07", "12 3: Size limit: container of size 2147483647"},
      {"list of 2^32-1", true, c + "19 f3 ffffffff0f", "12 3: Size limit: container of size 4294967295"},
      {"string of 2^31-1", true, c + "18 ffffffff07", "11 3: Size limit: string of size 2147483647"},
      {"string of 2^32-1", true, c + "18 ffffffff0f", "11 3: Size limit: string of size 4294967295"},
  };
  for (const auto& row : table) {
    const auto bytes = from_hex(row.hex);
    const std::string slowly = row.compact ? trickled<CompactReader>(bytes) : trickled<BinaryReader>(bytes);
    const std::string whole =
        row.compact ? shown_whole<CompactReader>(bytes) : shown_whole<BinaryReader>(bytes);
    if (!BOOST_TEST_EQ(slowly.substr(0, row.outcome.size()), row.outcome)) {
      BOOST_LIGHTWEIGHT_TEST_OSTREAM << row.what << ": " << slowly << '\n';
    }
    // The same error, text included, however the bytes came.
    BOOST_TEST_EQ(whole, slowly.substr(slowly.find(' ') + 1));
  }
}

void test_nesting_is_bounded_with_the_arguments_counted() {
  for (std::size_t structs : {63, 64, 200000}) {
    std::string binary = "80010001 00000001 61 00000000", compact = "8221 00 01 61";
    for (std::size_t n = 0; n < structs; ++n) binary += "0c0001", compact += "1c";
    const std::string stops(2 * (structs + 1), '0');
    const std::string too_deep = "6: maximum nesting depth exceeded while reading a Thrift struct";
    const auto in_binary = from_hex(binary + stops), in_compact = from_hex(compact + stops);
    BOOST_TEST_EQ(shown_whole<BinaryReader>(in_binary),
                  structs == 63 ? "size " + std::to_string(in_binary.size()) : too_deep);
    BOOST_TEST_EQ(shown_whole<CompactReader>(in_compact),
                  structs == 63 ? "size " + std::to_string(in_compact.size()) : too_deep);
  }
}

void test_message_limit_holds_for_messages_that_declare_no_size() {
  Limits limits;
  limits.message = 1000;
  for (std::size_t fields : {140, 141, 142, 1000}) {
    std::string hex = "80010001 00000001 61 00000000";
    for (std::size_t n = 0; n < fields; ++n) hex += "08000100000001";
    const auto bytes = from_hex(hex + "00");
    const bool fits = bytes.size() <= 1000;
    BOOST_TEST_EQ(fits, fields <= 140);
    const std::string size = "size " + std::to_string(bytes.size());
    BOOST_TEST_EQ(shown_whole<BinaryReader>(bytes, {}, limits), fits ? size : "transport 6");
    const std::string slowly = trickled<BinaryReader>(bytes, {}, limits);
    BOOST_TEST_EQ(slowly, fits ? std::to_string(bytes.size()) + " " + size : "1000 transport 6");
  }
}

void test_own_limits_of_strings_and_containers_hold() {
  Limits limits;
  limits.string = 3;
  limits.container = 3;
  BOOST_TEST_EQ(shown_whole<CompactReader>(from_hex("8221 00 01 61 18 03 616263 00"), {}, limits), "size 11");
  BOOST_TEST(shown_whole<CompactReader>(from_hex("8221 00 01 61 18 04"), {}, limits)
                 .starts_with("3: Size limit: string of size 4"));
  BOOST_TEST_EQ(shown_whole<CompactReader>(from_hex("8221 00 01 61 19 33 010203 00"), {}, limits), "size 11");
  BOOST_TEST(shown_whole<CompactReader>(from_hex("8221 00 01 61 19 43"), {}, limits)
                 .starts_with("3: Size limit: container of size 4"));
}

// A big message in small pieces costs about what it costs whole: bytes are not looked at again.
template <class Reader, class Writer>
void long_messages_in_small_pieces_cost_linear_time(std::size_t elements) {
  Buffer out;
  test::ValueByValue<Writer> writer(out);
  writer.message_begin("many", MessageType::call, 1);
  const auto saved = writer.struct_begin();
  writer.field_begin(TType::list, 1);
  writer.list_begin(TType::string, elements);
  for (std::size_t n = 0; n < elements; ++n) writer.string("0123456789", n % 10);
  writer.field_begin(TType::string, 2);
  const std::string big(1 << 20, 'x');
  writer.string(big.data(), big.size());
  writer.struct_end(saved);
  MessageScanner<Reader> scanner(defaults, {});
  const auto start = std::chrono::steady_clock::now();
  std::size_t size = 0;
  for (std::size_t shown = 0; shown < out.size();) {
    shown = std::min(out.size(), shown + 64);
    size = scanner.scan(out.bytes().first(shown));
  }
  BOOST_TEST_EQ(size, out.size());
  BOOST_TEST(std::chrono::steady_clock::now() - start < std::chrono::seconds(2));
}

void test_empty_bytes_are_no_message_and_no_error() {
  BOOST_TEST_EQ(shown_whole<BinaryReader>({}), "more");
  BOOST_TEST_EQ(shown_whole<CompactReader>({}), "more");
  MessageScanner<BinaryReader> scanner(defaults, {});
  BOOST_TEST_EQ(scanner.wanted(), 1u);
}

void test_wanted_grows_to_what_the_bytes_declare() {
  MessageScanner<BinaryReader> scanner(defaults, {});
  const auto bytes = from_hex("80010001 00000003 616464 00000000 0b 0001 000003e8");
  const struct {
    std::size_t shown, wanted;
  } table[] = {{0, 1}, {1, 4}, {4, 8}, {7, 8}, {8, 15}, {14, 15}, {15, 16}, {16, 18}, {18, 22}, {22, 1022}};
  for (const auto& row : table) {
    BOOST_TEST_EQ(scanner.scan(Bytes(bytes).first(row.shown)), 0u);
    BOOST_TEST_EQ(scanner.wanted(), row.wanted);
  }
}

}  // namespace

void test_scanner() {
  test_messages_end_where_they_end_whole_and_byte_by_byte();
  random_messages_end_where_they_end_in_random_pieces<BinaryReader, BinaryWriter>();
  random_messages_end_where_they_end_in_random_pieces<CompactReader, CompactWriter>();
  test_hostile_messages_are_refused_as_soon_as_their_bytes_are_there();
  test_nesting_is_bounded_with_the_arguments_counted();
  test_message_limit_holds_for_messages_that_declare_no_size();
  test_own_limits_of_strings_and_containers_hold();
  long_messages_in_small_pieces_cost_linear_time<BinaryReader, BinaryWriter>(500000);
  long_messages_in_small_pieces_cost_linear_time<CompactReader, CompactWriter>(500000);
  test_empty_bytes_are_no_message_and_no_error();
  test_wanted_grows_to_what_the_bytes_declare();
}
