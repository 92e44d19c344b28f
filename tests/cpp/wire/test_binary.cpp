#include "wire/binary.hpp"

#include <boost/core/lightweight_test.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "../hex.hpp"
#include "../trickle.hpp"
#include "reader_and_writer.hpp"
#include "value_by_value.hpp"

using namespace fastthrift;
using namespace fastthrift::wire;
using test::from_hex;
using test::squeezed;
using test::to_hex;
using Bad = ProtocolError::Kind;

namespace {

using Writer = test::ValueByValue<BinaryWriter>;

using test::defaults;

struct Source : test::SourceOf<BinaryReader> {
  explicit Source(std::string_view hex, const Limits& limits = defaults, BinaryOptions options = {})
      : SourceOf(hex, limits, options) {}
};

template <class Body>
std::string written(Body&& body, BinaryOptions options = {}) {
  return test::written_by<Writer>(body, options);
}

template <class Body>
void refused(const char* what, std::string_view hex, Bad kind, std::string_view words, Body&& body) {
  test::check_refused<Source>(what, hex, kind, words, body);
}

void test_messages_are_the_bytes_of_the_specification() {
  test::check_messages<Source, Writer>(&test::TestMessage::binary);
}

void test_old_messages_have_no_version() {
  const struct {
    std::string_view name;
    std::int32_t sequence_id;
    std::string_view hex;
  } table[] = {{"n", 5, "00000001 6e 01 00000005"},
               {"add", 0, "00000003 616464 01 00000000"},
               {"", -1, "00000000 01 ffffffff"}};
  for (const auto& row : table) {
    BOOST_TEST_EQ(written([&](Writer& w) { w.message_begin(row.name, MessageType::call, row.sequence_id); },
                          {.strict_read = true, .strict_write = false}),
                  squeezed(row.hex));
    Source source(row.hex, defaults, {.strict_read = false});
    const MessageHeader header = source.reader.message_begin();
    BOOST_TEST_EQ(header.name, row.name);
    BOOST_TEST(header.type == MessageType::call);
    BOOST_TEST_EQ(header.sequence_id, row.sequence_id);
    BOOST_TEST_EQ(source.in.at_hand(), 0u);
    refused("strict", row.hex, Bad::bad_version, "No protocol version header",
            [](BinaryReader& reader) { reader.message_begin(); });
  }
  // A reader that accepts the old form accepts the new one.
  Source strict("80010001 00000003 616464 00000000", defaults, {.strict_read = false});
  BOOST_TEST_EQ(strict.reader.message_begin().name, "add");
}

void test_what_no_name_begins_with_is_refused_before_the_rest_came() {
  // Of a frame around a strict or a compact message the length stands where an old message has that of its
  // name.
  for (std::string_view hex : {"0000001e 80", "0000001e 82", "00000003 ff", "00000003 c0"}) {
    Source source(hex, defaults, {.strict_read = false});
    bool is_refused = false;
    try {
      source.reader.message_begin();
    } catch (const ProtocolError& error) {
      is_refused = error.kind() == Bad::bad_version;
      BOOST_TEST(std::string(error.what()).find("no method name") != std::string::npos);
    }
    BOOST_TEST(is_refused);
    BOOST_TEST_EQ(BinaryReader::message_extent(from_hex(hex), defaults, {.strict_read = false}), 5u);
  }
  // UTF-8 is no reason to refuse.
  Source named("00000002 c3a9 01 00000007", defaults, {.strict_read = false});
  BOOST_TEST_EQ(named.reader.message_begin().name, "\xc3\xa9");
  // Of a name nothing has come yet: one byte more says what it is.
  BOOST_TEST_EQ(BinaryReader::message_extent(from_hex("00000003"), defaults, {.strict_read = false}), 5u);
  BOOST_TEST_EQ(BinaryReader::message_extent(from_hex("00000003 61"), defaults, {.strict_read = false}), 12u);
  BOOST_TEST_EQ(BinaryReader::message_extent(from_hex("00000000"), defaults, {.strict_read = false}), 9u);
}

void test_third_byte_of_the_version_word_says_nothing() {
  Source source("8001aa01 00000001 61 00000007");
  const MessageHeader header = source.reader.message_begin();
  BOOST_TEST_EQ(header.name, "a");
  BOOST_TEST(header.type == MessageType::call);
  BOOST_TEST_EQ(header.sequence_id, 7);
}

void test_message_headers_that_are_none_are_refused() {
  const struct {
    const char* what;
    std::string_view hex;
    Bad kind;
    std::string_view words;
  } table[] = {
      {"version 2", "80020001 00000001 61 00000000", Bad::bad_version,
       "Bad version in read_message_begin: -2147352575"},
      {"compact", "82210003", Bad::bad_version, "Bad version in read_message_begin: -2111766525"},
      {"all ones", "ffffffff", Bad::bad_version, "Bad version in read_message_begin: -1"},
      {"text", "47455420", Bad::bad_version, "No protocol version header"},
      {"type 0", "80010000 00000001 61 00000000", Bad::invalid_data, "Invalid message type 0"},
      {"type 5", "80010005 00000001 61 00000000", Bad::invalid_data, "Invalid message type 5"},
      {"type 255", "800100ff 00000001 61 00000000", Bad::invalid_data, "Invalid message type 255"},
      {"name of size -1", "80010001 ffffffff", Bad::negative_size, "Negative size -1"},
      {"name over the limit", "80010001 00000401", Bad::invalid_data, "Method name of size 1025"},
      {"name of 2 GiB", "80010001 7fffffff", Bad::invalid_data, "Method name of size 2147483647"},
  };
  for (const auto& row : table) {
    refused(row.what, row.hex, row.kind, row.words, [](BinaryReader& reader) { reader.message_begin(); });
  }
  Source old("00000001 61 09 00000000", defaults, {.strict_read = false});
  BOOST_TEST_THROWS(old.reader.message_begin(), ProtocolError);
}

void test_name_stays_valid_over_a_stream() {
  for (bool strict : {true, false}) {
    test::Trickle in(
        from_hex(strict ? "80010001 00000003 616464 00000007 ff" : "00000003 616464 01 00000007 ff"));
    BinaryReader reader(in, defaults, {.strict_read = strict});
    const MessageHeader header = reader.message_begin();
    BOOST_TEST_EQ(header.name, "add");
    BOOST_TEST_EQ(header.sequence_id, 7);
    BOOST_TEST_EQ(in.given(), strict ? 15u : 12u);
  }
}

void test_values_are_the_bytes_of_the_specification() {
  BOOST_TEST_EQ(written([](Writer& w) { w.boolean(true), w.boolean(false); }), "0100");
  BOOST_TEST_EQ(written([](Writer& w) { w.i8(127), w.i8(-128), w.i8(-1); }), "7f80ff");
  BOOST_TEST_EQ(written([](Writer& w) { w.i16(1), w.i16(-2), w.i16(-32768); }), squeezed("0001 fffe 8000"));
  BOOST_TEST_EQ(written([](Writer& w) { w.i32(300), w.i32(std::numeric_limits<std::int32_t>::min()); }),
                squeezed("0000012c 80000000"));
  BOOST_TEST_EQ(written([](Writer& w) { w.i64(std::int64_t{1} << 40), w.i64(-1); }),
                squeezed("0000010000000000 ffffffffffffffff"));
  BOOST_TEST_EQ(written([](Writer& w) { w.float64(1.0), w.float64(1.5), w.float64(-0.0); }),
                squeezed("3ff0000000000000 3ff8000000000000 8000000000000000"));
  BOOST_TEST_EQ(written([](Writer& w) { w.string("", 0), w.string("h\xc3\xa9y", 4); }),
                squeezed("00000000 00000004 68c3a979"));
  const auto id = from_hex("00112233445566778899aabbccddeeff");
  BOOST_TEST_EQ(written([&](Writer& w) { w.uuid(id.data()); }), to_hex(id));
  BOOST_TEST_EQ(written([](Writer& w) { w.list_begin(TType::i32, 0), w.list_begin(TType::uuid, 1000000); }),
                squeezed("08 00000000 10 000f4240"));
  BOOST_TEST_EQ(written([](Writer& w) { w.map_begin(TType::string, TType::i32, 1); }),
                squeezed("0b 08 00000001"));
  BOOST_TEST_EQ(written([](Writer& w) { w.map_begin(TType::struct_, TType::set, 0); }),
                squeezed("0c 0e 00000000"));

  BOOST_TEST_EQ(Source("01").reader.boolean(), true);
  BOOST_TEST_EQ(Source("00").reader.boolean(), false);
  BOOST_TEST_EQ(Source("02").reader.boolean(), true);
  BOOST_TEST_EQ(Source("ff").reader.boolean(), true);
  BOOST_TEST_EQ(Source("80").reader.i8(), -128);
  BOOST_TEST_EQ(Source("8000").reader.i16(), -32768);
  BOOST_TEST_EQ(Source("80000000").reader.i32(), std::numeric_limits<std::int32_t>::min());
  BOOST_TEST_EQ(Source("8000000000000000").reader.i64(), std::numeric_limits<std::int64_t>::min());
  BOOST_TEST_EQ(Source("3ff8000000000000").reader.float64(), 1.5);
  BOOST_TEST(std::signbit(Source("8000000000000000").reader.float64()));
  BOOST_TEST(std::isnan(Source("7ff8000000000000").reader.float64()));
  BOOST_TEST_EQ(to_hex(Source("00000004 68c3a979").reader.string()), "68c3a979");
  BOOST_TEST_EQ(Source("00000000").reader.string().size(), 0u);
}

void test_field_headers_are_the_bytes_of_the_specification() {
  for (std::int32_t id : {1, 0, -1, -2, 300, 32767, -32768}) {
    const std::string hex =
        written([&](Writer& w) { w.field_begin(TType::i32, static_cast<std::int16_t>(id)); });
    BOOST_TEST_EQ(hex.size(), 6u);
    const FieldHeader field = Source(hex).reader.field_begin();
    BOOST_TEST(field.type == TType::i32);
    BOOST_TEST_EQ(field.id, id);
  }
  BOOST_TEST_EQ(written([](Writer& w) { w.field_begin(TType::string, -1); }), squeezed("0b ffff"));
  BOOST_TEST_EQ(written([](Writer& w) {
                  const auto saved = w.struct_begin();
                  w.field_boolean(1, true);
                  w.field_boolean(20, false);
                  w.struct_end(saved);
                }),
                squeezed("02 0001 01 02 0014 00 00"));
  Source stop("00");
  BOOST_TEST(stop.reader.field_begin().type == TType::stop);
  BOOST_TEST_EQ(stop.in.at_hand(), 0u);
}

void test_type_of_a_field_is_one_of_the_specification_or_18() {
  for (unsigned code = 0; code < 256; ++code) {
    const char digits[] = "0123456789abcdef";
    const std::string hex = {digits[code >> 4], digits[code & 15]};
    const bool known =
        code == 2 || code == 3 || code == 4 || code == 6 || code == 8 || (code >= 10 && code <= 16);
    if (code == 0) continue;
    if (known) {
      BOOST_TEST_EQ(static_cast<unsigned>(Source(hex + "0001").reader.field_begin().type), code);
    } else if (code == 18) {  // thriftpy2's BINARY
      BOOST_TEST(Source(hex + "0001").reader.field_begin().type == TType::string);
    } else {
      refused("field", hex + "0001", Bad::invalid_data, "Invalid type " + std::to_string(code),
              [](BinaryReader& reader) { reader.field_begin(); });
    }
    // In front of nothing any type will do; in front of something it must be known.
    BOOST_TEST_EQ(Source(hex + "00000000").reader.list_begin().size, 0u);
    BOOST_TEST_EQ(Source(hex + hex + "00000000").reader.map_begin().size, 0u);
    if (!known && code != 18) {
      const std::string values(64, '0');
      refused("list", hex + "00000001" + values, Bad::invalid_data, "Invalid type " + std::to_string(code),
              [](BinaryReader& reader) { reader.list_begin(); });
      refused("map key", hex + "03 00000001" + values, Bad::invalid_data,
              "Invalid type " + std::to_string(code), [](BinaryReader& reader) { reader.map_begin(); });
      refused("map value", "03" + hex + "00000001" + values, Bad::invalid_data,
              "Invalid type " + std::to_string(code), [](BinaryReader& reader) { reader.map_begin(); });
    }
  }
}

void test_hostile_sizes_are_refused_at_once() {
  const auto list = [](BinaryReader& reader) { reader.list_begin(); };
  const auto map = [](BinaryReader& reader) { reader.map_begin(); };
  const auto string = [](BinaryReader& reader) { reader.string(); };
  refused("list of void, 2^31-1", "01 7fffffff", Bad::invalid_data, "Invalid type 1", list);
  refused("list of i8, 2^31-1", "03 7fffffff 00", Bad::size_limit, "container of size 2147483647", list);
  refused("list of structs, 2^31-1", "0c 7fffffff 00", Bad::size_limit, "container of size 2147483647", list);
  refused("list of -1", "08 ffffffff", Bad::negative_size, "Negative size -1", list);
  refused("list of -2^31", "08 80000000", Bad::negative_size, "Negative size -2147483648", list);
  refused("list of 2 i32 in 7 bytes", "08 00000002 00000000000000", Bad::size_limit,
          "container of size 2 at offset 5, at most 1 can follow", list);
  refused("list of 2 strings in 7 bytes", "0b 00000002 00000000000000", Bad::size_limit,
          "container of size 2", list);
  refused("list of 2 maps in 11 bytes", "0d 00000002 0000000000000000000000", Bad::size_limit,
          "container of size 2", list);
  refused("list of 2 lists in 9 bytes", "0f 00000002 000000000000000000", Bad::size_limit,
          "container of size 2", list);
  refused("list of 2 uuids in 31 bytes", "10 00000002" + std::string(62, '0'), Bad::size_limit,
          "container of size 2", list);
  refused("map of void to void", "01 01 7fffffff", Bad::invalid_data, "Invalid type 1", map);
  refused("map of -1", "08 08 ffffffff", Bad::negative_size, "Negative size -1", map);
  refused("map of 2^31-1", "03 03 7fffffff 0000", Bad::size_limit, "container of size 2147483647", map);
  refused("map of 2 i32 to i64 in 23 bytes", "08 0a 00000002" + std::string(46, '0'), Bad::size_limit,
          "container of size 2", map);
  refused("string of -1", "ffffffff", Bad::negative_size, "Negative size -1", string);
  refused("string of 2^31-1", "7fffffff 61", Bad::size_limit, "string of size 2147483647", string);
  refused("string of one too many", "00000003 6162", Bad::size_limit,
          "string of size 3 at offset 4, at most 2", string);
}

void test_exactly_what_fits_is_accepted() {
  const struct {
    TType element;
    std::size_t bytes;
  } table[] = {{TType::bool_, 1}, {TType::i8, 1},      {TType::i16, 2},    {TType::i32, 4},
               {TType::i64, 8},   {TType::double_, 8}, {TType::string, 4}, {TType::struct_, 1},
               {TType::list, 5},  {TType::set, 5},     {TType::map, 6},    {TType::uuid, 16}};
  for (const auto& row : table) {
    for (std::size_t spare : {0, 1}) {
      const std::string head = written([&](Writer& w) { w.list_begin(row.element, 3); });
      const std::string body(2 * (3 * row.bytes - spare), '0');
      if (spare == 0) {
        BOOST_TEST_EQ(Source(head + body).reader.list_begin().size, 3u);
      } else {
        BOOST_TEST_THROWS(Source(head + body).reader.list_begin(), ProtocolError);
      }
    }
  }
}

void test_own_limits_of_strings_and_containers_hold() {
  Limits limits;
  limits.string = 2;
  limits.container = 2;
  BOOST_TEST_EQ(Source("00000002 6162", limits).reader.string().size(), 2u);
  BOOST_TEST_THROWS(Source("00000003 616263", limits).reader.string(), ProtocolError);
  BOOST_TEST_EQ(Source("03 00000002 0102", limits).reader.list_begin().size, 2u);
  BOOST_TEST_THROWS(Source("03 00000003 010203", limits).reader.list_begin(), ProtocolError);
  BOOST_TEST_EQ(Source("03 03 00000002 01020304", limits).reader.map_begin().size, 2u);
  BOOST_TEST_THROWS(Source("03 03 00000003 010203040506", limits).reader.map_begin(), ProtocolError);
}

void test_stream_may_declare_what_can_still_come() {
  test::Trickle in(from_hex("00000003 616263"), 3);
  BinaryReader reader(in, defaults);
  BOOST_TEST_EQ(to_hex(reader.string()), "616263");
  test::Trickle less(from_hex("00000003 616263"), 2);
  BinaryReader wary(less, defaults);
  BOOST_TEST_THROWS(wary.string(), ProtocolError);
  BOOST_TEST_EQ(less.given(), 4u);
}

void test_sizes_over_31_bits_are_not_written() {
  Buffer out;
  Writer writer(out);
  const std::size_t most = 0x7fffffff;
  BOOST_TEST_THROWS(writer.list_begin(TType::i8, most + 1), ProtocolError);
  BOOST_TEST_THROWS(writer.map_begin(TType::i8, TType::i8, most + 1), ProtocolError);
  BOOST_TEST_THROWS(writer.string("", most + 1), ProtocolError);
  BOOST_TEST_EQ(out.size(), 0u);
}

void test_struct_with_every_type_reads_and_writes_as_in_apache_thrift() {
  test::check_struct_with_every_type<Source, Writer>(test::every_type_binary);
}

}  // namespace

void test_binary() {
  test_messages_are_the_bytes_of_the_specification();
  test_old_messages_have_no_version();
  test_what_no_name_begins_with_is_refused_before_the_rest_came();
  test_third_byte_of_the_version_word_says_nothing();
  test_message_headers_that_are_none_are_refused();
  test_name_stays_valid_over_a_stream();
  test_values_are_the_bytes_of_the_specification();
  test_field_headers_are_the_bytes_of_the_specification();
  test_type_of_a_field_is_one_of_the_specification_or_18();
  test_hostile_sizes_are_refused_at_once();
  test_exactly_what_fits_is_accepted();
  test_own_limits_of_strings_and_containers_hold();
  test_stream_may_declare_what_can_still_come();
  test_sizes_over_31_bits_are_not_written();
  test_struct_with_every_type_reads_and_writes_as_in_apache_thrift();
}
