#include "wire/compact.hpp"

#include <algorithm>
#include <boost/core/lightweight_test.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "../hex.hpp"
#include "reader_and_writer.hpp"
#include "value_by_value.hpp"

using namespace fastthrift;
using namespace fastthrift::wire;
using test::from_hex;
using test::squeezed;
using test::to_hex;
using Bad = ProtocolError::Kind;

namespace {

using Writer = test::ValueByValue<CompactWriter>;

using test::defaults;
using Source = test::SourceOf<CompactReader>;

template <class Body>
std::string written(Body&& body) {
  return test::written_by<Writer>(body);
}

template <class Body>
void refused(const char* what, std::string_view hex, Bad kind, std::string_view words, Body&& body) {
  test::check_refused<Source>(what, hex, kind, words, body);
}

void test_messages_are_the_bytes_of_the_specification() {
  test::check_messages<Source, Writer>(&test::TestMessage::compact);
}

void test_message_headers_that_are_none_are_refused() {
  const struct {
    const char* what;
    std::string_view hex;
    Bad kind;
    std::string_view words;
  } table[] = {
      {"binary's first byte", "80010001", Bad::bad_version, "Bad protocol id in the message: 128"},
      {"zero", "00", Bad::bad_version, "Bad protocol id in the message: 0"},
      {"version 2", "8222", Bad::bad_version, "Bad version: 2 (expect 1)"},
      {"version 31", "823f", Bad::bad_version, "Bad version: 31 (expect 1)"},
      {"type 0", "8201", Bad::invalid_data, "Invalid message type 0"},
      {"type 5", "82a1", Bad::invalid_data, "Invalid message type 5"},
      {"type 7", "82e1", Bad::invalid_data, "Invalid message type 7"},
      {"sequence id of 33 bits", "8221 ffffffff1f", Bad::invalid_data, "Variable-length int over 5 bytes"},
      {"sequence id of 6 bytes", "8221 8080808080 01", Bad::invalid_data, "Variable-length int over 5 bytes"},
      {"name over the limit", "8221 00 8108", Bad::invalid_data, "Method name of size 1025"},
      {"name of 4 GiB", "8221 00 ffffffff0f", Bad::invalid_data, "Method name of size 4294967295"},
      {"name over what is there", "8221 00 04 616263", Bad::size_limit, "string of size 4"},
  };
  for (const auto& row : table) {
    refused(row.what, row.hex, row.kind, row.words, [](CompactReader& reader) { reader.message_begin(); });
  }
}

void test_numbers_are_the_bytes_of_the_specification() {
  const struct {
    std::int64_t value;
    unsigned bits;
    std::string_view hex;
  } table[] = {
      {0, 16, "00"},
      {-1, 16, "01"},
      {1, 16, "02"},
      {63, 16, "7e"},
      {-64, 16, "7f"},
      {64, 16, "8001"},
      {300, 16, "d804"},
      {8191, 16, "fe7f"},
      {-8192, 16, "ff7f"},
      {8192, 16, "808001"},
      {32767, 16, "feff03"},
      {-32768, 16, "ffff03"},
      {0, 32, "00"},
      {5, 32, "0a"},
      {-1, 32, "01"},
      {99, 32, "c601"},
      {300, 32, "d804"},
      {1 << 20, 32, "80808001"},
      {2147483647, 32, "feffffff0f"},
      {-2147483647 - 1, 32, "ffffffff0f"},
      {0, 64, "00"},
      {std::int64_t{1} << 40, 64, "808080808040"},
      {-1, 64, "01"},
      {2147483648, 64, "8080808010"},
      {(std::int64_t{1} << 55) - 1, 64, "feffffffffffff7f"},
      {std::int64_t{1} << 55, 64, "808080808080808001"},
      {std::int64_t{1} << 61, 64, "808080808080808040"},
      {std::int64_t{1} << 62, 64, "80808080808080808001"},
      {std::numeric_limits<std::int64_t>::max(), 64, "feffffffffffffffff01"},
      {std::numeric_limits<std::int64_t>::min(), 64, "ffffffffffffffffff01"},
  };
  for (const auto& row : table) {
    BOOST_TEST_EQ(written([&](Writer& writer) {
                    if (row.bits == 16) writer.i16(static_cast<std::int16_t>(row.value));
                    if (row.bits == 32) writer.i32(static_cast<std::int32_t>(row.value));
                    if (row.bits == 64) writer.i64(row.value);
                  }),
                  row.hex);
    // Alone, and with bytes behind it, where eight are looked at together.
    for (const char* behind : {"", "ff", "0000000000000000", "ffffffffffffffffffffff"}) {
      Source source(std::string(row.hex) + behind);
      const std::int64_t value = row.bits == 16   ? source.reader.i16()
                                 : row.bits == 32 ? source.reader.i32()
                                                  : source.reader.i64();
      BOOST_TEST_EQ(value, row.value);
      BOOST_TEST_EQ(source.in.offset(), row.hex.size() / 2);
    }
  }
}

void test_every_number_of_16_bits_and_the_edges_of_the_others_round_trip() {
  Buffer out;
  Writer writer(out);
  std::vector<std::int64_t> edges;
  for (int bit = 0; bit < 64; ++bit) {
    for (std::uint64_t near : {~std::uint64_t{0}, std::uint64_t{0}, std::uint64_t{1}}) {
      edges.push_back(static_cast<std::int64_t>((std::uint64_t{1} << bit) + near));
      edges.push_back(static_cast<std::int64_t>(0 - ((std::uint64_t{1} << bit) + near)));
    }
  }
  for (std::int32_t value = -32768; value <= 32767; ++value) writer.i16(static_cast<std::int16_t>(value));
  for (std::int64_t value : edges) writer.i64(value);
  for (std::int64_t value : edges) writer.i32(static_cast<std::int32_t>(value));
  Input in(out.bytes());
  CompactReader reader(in, defaults);
  for (std::int32_t value = -32768; value <= 32767; ++value) {
    if (reader.i16() != value) BOOST_ERROR("i16");
  }
  for (std::int64_t value : edges) BOOST_TEST_EQ(reader.i64(), value);
  for (std::int64_t value : edges) BOOST_TEST_EQ(reader.i32(), static_cast<std::int32_t>(value));
  BOOST_TEST_EQ(in.at_hand(), 0u);
}

void test_numbers_that_are_too_long_are_refused() {
  const struct {
    const char* what;
    unsigned bits;
    std::string_view hex;
  } table[] = {
      {"i16 of 4 bytes", 16, "80808001"},
      {"i16 of 17 bits", 16, "808004"},
      {"i16 of 21 bits", 16, "ffff7f"},
      {"i32 of 6 bytes", 32, "808080808001"},
      {"i32 of 33 bits", 32, "8080808010"},
      {"i32 of 35 bits", 32, "ffffffff7f"},
      {"i64 of 11 bytes", 64, "8080808080808080808001"},
      {"i64 of 65 bits", 64, "80808080808080808002"},
      {"i64 of 20 bytes", 64, "ffffffffffffffffffffffffffffffffffffff01"},
      {"i32 of 20 bytes", 32, "ffffffffffffffffffffffffffffffffffffff01"},
  };
  for (const auto& row : table) {
    for (const char* behind : {"", "0000000000000000"}) {
      refused(row.what, std::string(row.hex) + behind, Bad::invalid_data, "Variable-length int over",
              [&](CompactReader& reader) {
                if (row.bits == 16) reader.i16();
                if (row.bits == 32) reader.i32();
                if (row.bits == 64) reader.i64();
              });
    }
  }
}

void test_needless_zero_bytes_of_a_number_are_accepted() {
  BOOST_TEST_EQ(Source("8000").reader.i32(), 0);
  BOOST_TEST_EQ(Source("8280808000").reader.i32(), 1);
  BOOST_TEST_EQ(Source("8280808000 0000000000").reader.i32(), 1);
}

void test_doubles_are_little_endian() {
  const struct {
    double value;
    std::string_view hex;
  } table[] = {{1.0, "000000000000f03f"},
               {1.5, "000000000000f83f"},
               {-0.0, "0000000000000080"},
               {std::numeric_limits<double>::infinity(), "000000000000f07f"},
               {5e-324, "0100000000000000"}};
  for (const auto& row : table) {
    BOOST_TEST_EQ(written([&](Writer& writer) { writer.float64(row.value); }), row.hex);
    Source source(row.hex);
    const double value = source.reader.float64();
    BOOST_TEST_EQ(value, row.value);
    BOOST_TEST_EQ(std::signbit(value), std::signbit(row.value));
  }
  BOOST_TEST(std::isnan(Source("000000000000f87f").reader.float64()));
}

void test_field_headers_are_the_bytes_of_the_specification() {
  const struct {
    const char* what;
    std::vector<std::int16_t> ids;
    std::string_view hex;
  } table[] = {
      {"first", {1}, "15"},
      {"steps of 1 and 15", {1, 2, 17}, "15 15 f5"},
      {"a step of 16", {16}, "05 20"},
      {"id 0 of a result", {0}, "05 00"},
      {"negative, downwards", {-1, -2}, "05 01 05 03"},
      {"from negative up to positive", {-1, 3}, "05 01 45"},
      {"down", {5, 3}, "55 05 06"},
      {"the same twice", {5, 5}, "55 05 0a"},
      {"the largest", {32767}, "05 feff03"},
      {"a step to the largest", {32760, 32767}, "05 f0ff03 75"},
      {"the smallest", {-32768}, "05 ffff03"},
      {"from the smallest to the largest", {-32768, 32767}, "05 ffff03 05 feff03"},
  };
  for (const auto& row : table) {
    BOOST_TEST_EQ(written([&](Writer& writer) {
                    writer.struct_begin();
                    for (std::int16_t id : row.ids) writer.field_begin(TType::i32, id);
                  }),
                  squeezed(row.hex));
    Source source(row.hex);
    source.reader.struct_begin();
    for (std::int16_t id : row.ids) {
      const FieldHeader field = source.reader.field_begin();
      BOOST_TEST(field.type == TType::i32);
      BOOST_TEST_EQ(field.id, id);
    }
    BOOST_TEST_EQ(source.in.at_hand(), 0u);
  }
}

void test_field_headers_that_are_none_are_refused() {
  const struct {
    const char* what;
    std::string_view hex;
    std::string_view words;
  } table[] = {
      {"type 14", "1e", "Invalid type 14"},
      {"type 15", "1f", "Invalid type 15"},
      {"type 14, long form", "0e 02", "Invalid type 14"},
      {"id over 16 bits", "05 808004", "Variable-length int over 3 bytes"},
      {"id of 4 bytes", "05 80808001", "Variable-length int over 3 bytes"},
      {"step over the largest id", "05 feff03 15", "Invalid field id 32768"},
      {"big step over the largest id", "05 feff03 f5", "Invalid field id 32782"},
  };
  for (const auto& row : table) {
    refused(row.what, row.hex, Bad::invalid_data, row.words, [](CompactReader& reader) {
      reader.struct_begin();
      reader.field_begin();
      reader.field_begin();
    });
  }
}

void test_type_0_ends_a_struct_whatever_step_it_has() {
  for (const std::string_view hex : {"00", "10", "80", "f0"}) {
    Source source(hex);
    source.reader.struct_begin();
    BOOST_TEST(source.reader.field_begin().type == TType::stop);
    BOOST_TEST_EQ(source.in.at_hand(), 0u);
  }
}

void test_last_field_id_comes_back_after_an_inner_struct() {
  const auto bytes = written([](Writer& writer) {
    const auto outer = writer.struct_begin();
    writer.field_begin(TType::struct_, 11);
    const auto inner = writer.struct_begin();
    writer.field_begin(TType::i32, 1);
    writer.i32(300);
    writer.struct_end(inner);
    writer.field_begin(TType::i32, 12);
    writer.i32(0);
    writer.struct_end(outer);
  });
  BOOST_TEST_EQ(bytes, squeezed("bc 15 d804 00 15 00 00"));
  Source source(bytes);
  CompactReader& reader = source.reader;
  const auto outer = reader.struct_begin();
  BOOST_TEST_EQ(reader.field_begin().id, 11);
  const auto inner = reader.struct_begin();
  BOOST_TEST_EQ(reader.field_begin().id, 1);
  BOOST_TEST_EQ(reader.i32(), 300);
  BOOST_TEST(reader.field_begin().type == TType::stop);
  reader.struct_end(inner);
  BOOST_TEST_EQ(reader.field_begin().id, 12);
  BOOST_TEST_EQ(reader.i32(), 0);
  BOOST_TEST(reader.field_begin().type == TType::stop);
  reader.struct_end(outer);
}

void test_bool_of_a_field_is_its_header() {
  BOOST_TEST_EQ(written([](Writer& writer) {
                  const auto saved = writer.struct_begin();
                  writer.field_boolean(1, true);
                  writer.field_boolean(2, false);
                  writer.field_boolean(20, false);
                  writer.struct_end(saved);
                }),
                squeezed("11 12 02 28 00"));
  Source source("11 12 02 28 00");
  source.reader.struct_begin();
  for (bool expected : {true, false, false}) {
    BOOST_TEST(source.reader.field_begin().type == TType::bool_);
    BOOST_TEST_EQ(source.reader.boolean(), expected);
  }
  BOOST_TEST(source.reader.field_begin().type == TType::stop);
}

void test_bool_that_nobody_asked_for_is_forgotten() {
  // field 1 true is dropped; field 2 is list<bool> [false]; field 3 an i8.
  Source source("11 19 11 02 13 05 00");
  source.reader.struct_begin();
  BOOST_TEST(source.reader.field_begin().type == TType::bool_);
  BOOST_TEST(source.reader.field_begin().type == TType::list);
  BOOST_TEST_EQ(source.reader.list_begin().size, 1u);
  BOOST_TEST_EQ(source.reader.boolean(), false);
  BOOST_TEST(source.reader.field_begin().type == TType::i8);
  BOOST_TEST_EQ(source.reader.i8(), 5);
  // The same right before the end: a bool read by hand afterwards takes its own byte.
  Source end("11 00 02");
  end.reader.struct_begin();
  end.reader.field_begin();
  end.reader.field_begin();
  BOOST_TEST_EQ(end.reader.boolean(), false);
  BOOST_TEST_EQ(end.in.at_hand(), 0u);
}

void test_bools_in_lists_are_one_byte_and_1_alone_is_true() {
  BOOST_TEST_EQ(written([](Writer& writer) {
                  writer.list_begin(TType::bool_, 4);
                  for (bool value : {true, false, true, false}) writer.boolean(value);
                }),
                squeezed("41 01 02 01 02"));
  for (const char* hex : {"51 01 02 00 03 ff", "52 01 02 00 03 ff"}) {
    Source source(hex);
    const ListHeader list = source.reader.list_begin();
    BOOST_TEST(list.element == TType::bool_);
    BOOST_TEST_EQ(list.size, 5u);
    for (bool expected : {true, false, false, false, false}) BOOST_TEST_EQ(source.reader.boolean(), expected);
  }
}

void test_containers_are_the_bytes_of_the_specification() {
  const struct {
    TType element;
    std::size_t size;
    std::string_view hex;
  } lists[] = {{TType::i32, 0, "05"},     {TType::i16, 2, "24"},        {TType::string, 14, "e8"},
               {TType::i16, 15, "f40f"},  {TType::struct_, 16, "fc10"}, {TType::uuid, 128, "fd8001"},
               {TType::map, 1, "1b"},     {TType::set, 1, "1a"},        {TType::list, 1, "19"},
               {TType::double_, 2, "27"}, {TType::i64, 3, "36"},        {TType::i8, 200000, "f3c09a0c"}};
  for (const auto& row : lists) {
    BOOST_TEST_EQ(written([&](Writer& writer) { writer.list_begin(row.element, row.size); }), row.hex);
    Source source(std::string(row.hex) + std::string(row.size * 32, '0'));
    const ListHeader list = source.reader.list_begin();
    BOOST_TEST(list.element == row.element);
    BOOST_TEST_EQ(list.size, row.size);
    BOOST_TEST_EQ(source.in.offset(), row.hex.size() / 2);
  }
  BOOST_TEST_EQ(written([](Writer& writer) { writer.map_begin(TType::string, TType::i32, 0); }), "00");
  BOOST_TEST_EQ(written([](Writer& writer) { writer.map_begin(TType::string, TType::i32, 1); }), "0185");
  BOOST_TEST_EQ(written([](Writer& writer) { writer.map_begin(TType::struct_, TType::bool_, 300); }),
                "ac02c1");
  const MapHeader map = Source("0185 0000").reader.map_begin();
  BOOST_TEST(map.key == TType::string && map.value == TType::i32 && map.size == 1);
  BOOST_TEST_EQ(Source("00").reader.map_begin().size, 0u);
  BOOST_TEST_EQ(Source("8000").reader.map_begin().size, 0u);
}

void test_empty_list_may_carry_any_type() {
  for (unsigned code = 0; code < 16; ++code) {
    const char hex[] = {'0', "0123456789abcdef"[code], 0};
    Source source(hex);
    BOOST_TEST_EQ(source.reader.list_begin().size, 0u);
    Source in_long_form(std::string("f") + hex[1] + "00");
    BOOST_TEST_EQ(in_long_form.reader.list_begin().size, 0u);
  }
}

void test_hostile_sizes_and_types_are_refused_at_once() {
  const auto list = [](CompactReader& reader) { reader.list_begin(); };
  const auto map = [](CompactReader& reader) { reader.map_begin(); };
  const auto string = [](CompactReader& reader) { reader.string(); };
  refused("list of type 0", "f0 ffffffff07", Bad::invalid_data, "Invalid type 0", list);
  refused("list of type 14", "1e 00", Bad::invalid_data, "Invalid type 14", list);
  refused("list of 2^31-1 bools", "f1 ffffffff07", Bad::size_limit, "container of size 2147483647", list);
  refused("list of 2^32-1 bools", "f1 ffffffff0f", Bad::size_limit, "container of size 4294967295", list);
  refused("list of 2^31-1 structs", "fc ffffffff07", Bad::size_limit, "container of size 2147483647", list);
  refused("list of 2 doubles in 15 bytes", "27 000000000000000000000000000000", Bad::size_limit,
          "container of size 2", list);
  refused("list of 1 uuid in 15 bytes", "1d 000000000000000000000000000000", Bad::size_limit,
          "container of size 1", list);
  refused("list size of 6 bytes", "f1 ffffffffff01", Bad::invalid_data, "Variable-length int", list);
  refused("map of type 0 to 0", "ffffffff07 00", Bad::invalid_data, "Invalid type 0", map);
  refused("map of i32 to 15", "01 5f 00", Bad::invalid_data, "Invalid type 15", map);
  refused("map of 2^31-1", "ffffffff07 55", Bad::size_limit, "container of size 2147483647", map);
  refused("map of 2 in 3 bytes", "02 55 000000", Bad::size_limit, "container of size 2", map);
  refused("string of 2^31-1", "ffffffff07", Bad::size_limit, "string of size 2147483647", string);
  refused("string of 2^32-1", "ffffffff0f 61", Bad::size_limit, "string of size 4294967295", string);
  refused("string one too long", "03 6162", Bad::size_limit, "string of size 3 at offset 1, at most 2",
          string);
}

void test_own_limits_of_strings_and_containers_hold() {
  Limits limits;
  limits.string = 2;
  limits.container = 2;
  BOOST_TEST_EQ(Source("02 6162", limits).reader.string().size(), 2u);
  BOOST_TEST_THROWS(Source("03 616263", limits).reader.string(), ProtocolError);
  BOOST_TEST_EQ(Source("23 0102", limits).reader.list_begin().size, 2u);
  BOOST_TEST_THROWS(Source("33 010203", limits).reader.list_begin(), ProtocolError);
  BOOST_TEST_EQ(Source("02 33 01020304", limits).reader.map_begin().size, 2u);
  BOOST_TEST_THROWS(Source("03 33 010203040506", limits).reader.map_begin(), ProtocolError);
}

void test_strings_and_uuids_are_the_bytes_of_the_specification() {
  const auto text = [](std::string_view value) {
    return written([&](Writer& writer) { writer.string(value.data(), value.size()); });
  };
  BOOST_TEST_EQ(text(""), "00");
  BOOST_TEST_EQ(text("h\xc3\xa9y"), squeezed("04 68c3a979"));
  BOOST_TEST_EQ(text(std::string(300, 'x')).substr(0, 6), "ac0278");
  BOOST_TEST_EQ(to_hex(Source("04 68c3a979").reader.string()), "68c3a979");
  BOOST_TEST_EQ(Source("00").reader.string().size(), 0u);
  const auto id = from_hex("00112233445566778899aabbccddeeff");
  BOOST_TEST_EQ(written([&](Writer& writer) { writer.uuid(id.data()); }), to_hex(id));
  Source source("00112233445566778899aabbccddeeff");
  BOOST_TEST_EQ(to_hex(Bytes(source.reader.uuid(), 16)), to_hex(id));
}

void test_sizes_over_31_bits_are_not_written() {
  Buffer out;
  Writer writer(out);
  const std::size_t most = 0x7fffffff;
  BOOST_TEST_THROWS(writer.list_begin(TType::i8, most + 1), ProtocolError);
  BOOST_TEST_THROWS(writer.map_begin(TType::i8, TType::i8, most + 1), ProtocolError);
  BOOST_TEST_THROWS(writer.string("", most + 1), ProtocolError);
  BOOST_TEST_EQ(out.size(), 0u);
  writer.list_begin(TType::i8, most);
  BOOST_TEST_EQ(to_hex(out), squeezed("f3 ffffffff07"));
}

void test_struct_with_every_type_reads_and_writes_as_in_apache_thrift() {
  test::check_struct_with_every_type<Source, Writer>(test::every_type_compact);
}

}  // namespace

void test_compact() {
  test_messages_are_the_bytes_of_the_specification();
  test_message_headers_that_are_none_are_refused();
  test_numbers_are_the_bytes_of_the_specification();
  test_every_number_of_16_bits_and_the_edges_of_the_others_round_trip();
  test_numbers_that_are_too_long_are_refused();
  test_needless_zero_bytes_of_a_number_are_accepted();
  test_doubles_are_little_endian();
  test_field_headers_are_the_bytes_of_the_specification();
  test_field_headers_that_are_none_are_refused();
  test_type_0_ends_a_struct_whatever_step_it_has();
  test_last_field_id_comes_back_after_an_inner_struct();
  test_bool_of_a_field_is_its_header();
  test_bool_that_nobody_asked_for_is_forgotten();
  test_bools_in_lists_are_one_byte_and_1_alone_is_true();
  test_containers_are_the_bytes_of_the_specification();
  test_empty_list_may_carry_any_type();
  test_hostile_sizes_and_types_are_refused_at_once();
  test_own_limits_of_strings_and_containers_hold();
  test_strings_and_uuids_are_the_bytes_of_the_specification();
  test_sizes_over_31_bits_are_not_written();
  test_struct_with_every_type_reads_and_writes_as_in_apache_thrift();
}
