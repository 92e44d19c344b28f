#include "wire/field_head.hpp"

#include <algorithm>
#include <boost/core/lightweight_test.hpp>
#include <cstring>
#include <string>
#include <type_traits>

#include "../hex.hpp"
#include "value_by_value.hpp"
#include "base/buffer.hpp"
#include "wire/binary.hpp"
#include "wire/compact.hpp"

using namespace fastthrift;
using namespace fastthrift::wire;
using test::from_hex;

namespace {

constexpr TType every_type[] = {TType::bool_, TType::i8,      TType::i16,    TType::i32,
                                TType::i64,   TType::double_, TType::string, TType::struct_,
                                TType::map,   TType::set,     TType::list,   TType::uuid};
constexpr std::int16_t ids[] = {1, 2, 15, 16, 17, 255, 256, 257, 0x7fff, 0, -1, -16, -0x8000};

std::string hex_of(const Buffer& buffer) { return test::to_hex(buffer.bytes()); }

void put(std::string& hex, unsigned byte) {
  const auto one = static_cast<std::uint8_t>(byte);
  hex += test::to_hex(Bytes(&one, 1));
}

// As the specifications have it, behind the field of id `before`; a bool is true.
template <class Writer>
std::string specified(int before, TType type, int id) {
  std::string hex;
  if constexpr (std::is_same_v<Writer, BinaryWriter>) {
    put(hex, static_cast<unsigned>(type));
    put(hex, static_cast<std::uint16_t>(id) >> 8), put(hex, static_cast<std::uint16_t>(id) & 0xff);
    if (type == TType::bool_) put(hex, 1);
  } else {
    const auto code = static_cast<unsigned>(std::find(compact_types.begin(), compact_types.end(), type) -
                                            compact_types.begin());
    const int distance = id - before;
    if (distance >= 1 && distance <= 15) {
      put(hex, static_cast<unsigned>(distance) << 4 | code);
    } else {
      put(hex, code);
      unsigned rest = static_cast<unsigned>(id >= 0 ? 2 * id : -2 * id - 1);
      for (; rest >= 0x80; rest >>= 7) put(hex, (rest & 0x7f) | 0x80);
      put(hex, rest);
    }
  }
  return hex;
}

template <class Writer>
std::string specified_after_bool(int before, TType type, int id) {
  return specified<Writer>(0, TType::bool_, before) + specified<Writer>(before, type, id);
}

template <class Writer>
std::string at_its_place(std::int16_t before, TType type, std::int16_t id) {
  Buffer out;
  Writer writer(out, {});
  typename Writer::Place place(writer);
  typename Writer::Fields fields;
  place.field_boolean(fields, FieldHead::of(TType::bool_, before), true);
  place.make_room(writer);
  const FieldHead head = FieldHead::of(type, id);
  if (type == TType::bool_) {
    place.field_boolean(fields, head, true);
  } else {
    place.field_begin(fields, head);
  }
  place.leave(writer);
  return hex_of(out);
}

template <class Writer>
void check_written() {
  for (const TType type : every_type) {
    for (const std::int16_t before : ids) {
      for (const std::int16_t id : ids) {
        BOOST_TEST_EQ(at_its_place<Writer>(before, type, id), specified_after_bool<Writer>(before, type, id));
      }
    }
  }
}

// A head is found at the front exactly where the ordinary function reads that type and id there; then both
// stand behind it.
template <class Reader, class Writer>
void check_read(const FieldHead& written, const FieldHead& looked_for) {
  Buffer out;
  test::ValueByValue<Writer> writer(out, {});
  if (written.type == TType::bool_) {
    writer.field_boolean(written.id, false);
  } else {
    writer.field_begin(written.type, written.id);
  }
  out.append(std::string_view("\x01\x02\x03\x04\x05\x06\x07\x08"));
  const Limits limits;
  Input in(out.bytes());
  Reader reader(in, limits, {});
  typename Reader::Place place(reader);
  const bool is_found = place.field_begin(looked_for);
  place.leave();
  Input again(out.bytes());
  Reader slow(again, limits, {});
  const FieldHeader header = slow.field_begin();
  const bool is_same = header.type == looked_for.type && header.id == looked_for.id;
  BOOST_TEST(is_same || !is_found);
  // In compact, only a distance of 1 to 15 is looked for.
  const bool is_short = std::is_same_v<Reader, BinaryReader> || (written.id >= 1 && written.id <= 15);
  if (is_same && is_short) BOOST_TEST(is_found);
  BOOST_TEST_EQ(in.offset(), is_found ? again.offset() : 0u);
}

template <class Reader, class Writer>
void check_read() {
  for (const TType written : every_type) {
    for (const TType looked_for : every_type) {
      for (const std::int16_t id : ids) {
        for (const std::int16_t other : ids)
          check_read<Reader, Writer>(FieldHead::of(written, id), FieldHead::of(looked_for, other));
      }
    }
  }
}

// Cut off anywhere, a header is left to the ordinary function, which says what is wrong.
template <class Reader>
void check_cut_off(std::string_view hex, const FieldHead& head) {
  const auto bytes = from_hex(hex);
  const Limits limits;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    Input in(Bytes(bytes).first(size));
    Reader reader(in, limits, {});
    typename Reader::Place place(reader);
    BOOST_TEST_NOT(place.field_begin(head));
    place.leave();
    BOOST_TEST_EQ(in.offset(), 0u);
  }
}

void check_compact_codes() {
  for (const TType type : every_type) {
    const unsigned code = compact_code(type);
    BOOST_TEST(is_compact_code(code));
    BOOST_TEST(compact_types[code] == type);
  }
  BOOST_TEST(compact_types[2] == TType::bool_);
  for (const unsigned code : {0u, 14u, 15u}) BOOST_TEST_NOT(is_compact_code(code));
  for (const int unknown : {0, 1, 5, 7, 9, 17, 18, 255}) {
    BOOST_TEST_EQ(unsigned{compact_code(static_cast<TType>(unknown))}, 0u);
  }
}

void check_memory() {
  const FieldHead head = FieldHead::of(TType::i32, 0x0102);
  unsigned char bytes[4];
  std::memcpy(bytes, &head.binary, 4);
  BOOST_TEST_EQ(int{bytes[0]}, 8);
  BOOST_TEST_EQ(int{bytes[1]}, 1);
  BOOST_TEST_EQ(int{bytes[2]}, 2);
  BOOST_TEST_EQ(int{bytes[3]}, 0);
  std::memcpy(bytes, &FieldHead::binary_mask, 4);
  BOOST_TEST_EQ(int{bytes[3]}, 0);
  BOOST_TEST_EQ(head.binary & FieldHead::binary_mask, head.binary);
}

}  // namespace

void test_field_head() {
  check_memory();
  check_compact_codes();
  check_written<BinaryWriter>();
  check_written<CompactWriter>();
  check_read<BinaryReader, BinaryWriter>();
  check_read<CompactReader, CompactWriter>();
  check_cut_off<BinaryReader>("080001", FieldHead::of(TType::i32, 1));
  check_cut_off<CompactReader>("15", FieldHead::of(TType::i32, 1));
}
