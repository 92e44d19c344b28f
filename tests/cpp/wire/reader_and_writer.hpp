#pragma once

#include <boost/core/lightweight_test.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "../hex.hpp"
#include "base/buffer.hpp"
#include "base/errors.hpp"
#include "messages.hpp"
#include "wire/types.hpp"

// What the tests of each protocol's reader and writer have in common. A `Source` is a reader over bytes given
// as hex.
namespace fastthrift::test {

using namespace fastthrift::wire;

inline const Limits defaults;

template <class Reader>
struct SourceOf {
  template <class... Options>
  explicit SourceOf(std::string_view hex, const Limits& limits = defaults, const Options&... options)
      : bytes(from_hex(hex)), in(bytes), reader(in, limits, options...) {}

  std::vector<std::uint8_t> bytes;
  Input in;
  Reader reader;
};

template <class Writer, class Body, class... Options>
std::string written_by(Body&& body, const Options&... options) {
  Buffer out;
  Writer writer(out, options...);
  body(writer);
  return to_hex(out);
}

template <class Source, class Body>
void check_refused(const char* what, std::string_view hex, ProtocolError::Kind kind, std::string_view words,
                   Body&& body) {
  Source source(hex);
  try {
    body(source.reader);
    BOOST_ERROR(what);
  } catch (const ProtocolError& error) {
    if (!BOOST_TEST_EQ(static_cast<int>(error.kind()), static_cast<int>(kind)) ||
        !BOOST_TEST(std::string(error.what()).find(words) != std::string::npos)) {
      BOOST_LIGHTWEIGHT_TEST_OSTREAM << what << ": " << error.what() << '\n';
    }
  }
}

// `bytes`: the member of the rows that has them.
template <class Source, class Writer>
void check_messages(std::string_view TestMessage::* bytes) {
  for (const TestMessage& row : messages) {
    BOOST_TEST_EQ(written_by<Writer>([&](Writer& writer) {
                    writer.message_begin(row.name, static_cast<MessageType>(row.type), row.sequence_id);
                  }),
                  squeezed(row.*bytes));
    Source source(row.*bytes);
    const MessageHeader header = source.reader.message_begin();
    BOOST_TEST_EQ(header.name, row.name);
    BOOST_TEST_EQ(static_cast<int>(header.type), row.type);
    BOOST_TEST_EQ(header.sequence_id, row.sequence_id);
    BOOST_TEST_EQ(source.in.at_hand(), 0u);
  }
}

// As the vectors of Apache Thrift have it.
template <class Source, class Writer>
void check_struct_with_every_type(std::string_view expected) {
  const std::string_view text = "h\xc3\xa9y";
  const auto id = from_hex("00112233445566778899aabbccddeeff");
  const std::string bytes = written_by<Writer>([&](Writer& w) {
    const auto saved = w.struct_begin();
    w.field_begin(TType::i32, 1), w.i32(5);
    w.field_begin(TType::string, 2), w.string(text.data(), text.size());
    w.field_begin(TType::list, 3), w.list_begin(TType::i16, 2), w.i16(1), w.i16(-2);
    w.field_boolean(4, true);
    w.field_begin(TType::map, 5), w.map_begin(TType::string, TType::i32, 1), w.string("k", 1), w.i32(7);
    w.field_begin(TType::string, 6), w.string("\x00\xff", 2);
    w.field_begin(TType::double_, 7), w.float64(1.5);
    w.field_begin(TType::i64, 8), w.i64(std::int64_t{1} << 40);
    w.field_begin(TType::i8, 9), w.i8(-3);
    w.field_begin(TType::set, 10), w.list_begin(TType::i32, 1), w.i32(9);
    w.field_begin(TType::struct_, 11);
    const auto inner = w.struct_begin();
    w.field_begin(TType::i32, 1), w.i32(300);
    w.struct_end(inner);
    w.field_begin(TType::uuid, 12), w.uuid(id.data());
    w.field_boolean(20, false);
    w.field_begin(TType::i32, 36), w.i32(-1);
    w.field_begin(TType::list, 37), w.list_begin(TType::bool_, 2), w.boolean(true), w.boolean(false);
    w.struct_end(saved);
  });
  BOOST_TEST_EQ(bytes, expected);

  Source source(expected);
  auto& r = source.reader;
  const auto field = [&](TType type, std::int16_t expected) {
    const FieldHeader header = r.field_begin();
    BOOST_TEST(header.type == type);
    BOOST_TEST_EQ(header.id, expected);
  };
  const auto saved = r.struct_begin();
  field(TType::i32, 1), BOOST_TEST_EQ(r.i32(), 5);
  field(TType::string, 2), BOOST_TEST_EQ(to_hex(r.string()), "68c3a979");
  field(TType::list, 3), BOOST_TEST_EQ(r.list_begin().size, 2u), BOOST_TEST_EQ(r.i16(), 1),
      BOOST_TEST_EQ(r.i16(), -2);
  field(TType::bool_, 4), BOOST_TEST_EQ(r.boolean(), true);
  field(TType::map, 5), BOOST_TEST_EQ(r.map_begin().size, 1u), BOOST_TEST_EQ(to_hex(r.string()), "6b");
  BOOST_TEST_EQ(r.i32(), 7);
  field(TType::string, 6), BOOST_TEST_EQ(to_hex(r.string()), "00ff");
  field(TType::double_, 7), BOOST_TEST_EQ(r.float64(), 1.5);
  field(TType::i64, 8), BOOST_TEST_EQ(r.i64(), std::int64_t{1} << 40);
  field(TType::i8, 9), BOOST_TEST_EQ(r.i8(), -3);
  field(TType::set, 10), BOOST_TEST_EQ(r.list_begin().size, 1u), BOOST_TEST_EQ(r.i32(), 9);
  field(TType::struct_, 11);
  const auto inner = r.struct_begin();
  field(TType::i32, 1), BOOST_TEST_EQ(r.i32(), 300);
  field(TType::stop, 0);
  r.struct_end(inner);
  field(TType::uuid, 12), BOOST_TEST_EQ(to_hex(Bytes(r.uuid(), 16)), to_hex(id));
  field(TType::bool_, 20), BOOST_TEST_EQ(r.boolean(), false);
  field(TType::i32, 36), BOOST_TEST_EQ(r.i32(), -1);
  field(TType::list, 37), BOOST_TEST_EQ(r.list_begin().size, 2u);
  BOOST_TEST_EQ(r.boolean(), true), BOOST_TEST_EQ(r.boolean(), false);
  field(TType::stop, 0);
  r.struct_end(saved);
  BOOST_TEST_EQ(source.in.at_hand(), 0u);
}

}  // namespace fastthrift::test
