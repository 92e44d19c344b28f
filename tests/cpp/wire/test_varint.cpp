#include "wire/varint.hpp"

#include <boost/core/lightweight_test.hpp>
#include <string>

#include "../hex.hpp"
#include "../trickle.hpp"

using namespace fastthrift;
using namespace fastthrift::wire;
using test::from_hex;

namespace {

void test_extent_is_where_the_number_ends_or_one_more_than_is_there() {
  const struct {
    std::string_view hex;
    unsigned bits;
    std::size_t extent;
  } table[] = {
      {"", 32, 1},
      {"00", 32, 1},
      {"7f80", 32, 1},
      {"80", 32, 2},
      {"8001", 32, 2},
      {"8080", 32, 3},
      {"80808080", 32, 5},
      {"8080808001", 32, 5},
      {"8080808080", 32, 5},
      {"808080808001", 32, 5},
      {"8080", 16, 3},
      {"80808080", 16, 3},
      {"808080808080808080", 64, 10},
      {"ffffffffffffffffffffff", 64, 10},
  };
  for (const auto& row : table) BOOST_TEST_EQ(varint_extent(from_hex(row.hex), row.bits), row.extent);
}

void test_every_width_is_written_in_sevens() {
  for (unsigned bits = 0; bits <= 64; ++bits) {
    for (const std::uint64_t value :
         {bits == 0 ? 0 : std::uint64_t{1} << (bits - 1), bits == 0 ? 0 : ~std::uint64_t{0} >> (64 - bits)}) {
      std::vector<std::uint8_t> expected;
      std::uint64_t rest = value;
      for (; rest >= 0x80; rest >>= 7) expected.push_back(static_cast<std::uint8_t>(rest | 0x80));
      expected.push_back(static_cast<std::uint8_t>(rest));
      std::vector<std::uint8_t> written(10, 0xff);
      written.resize(write_varint(written.data(), value));
      BOOST_TEST_ALL_EQ(written.begin(), written.end(), expected.begin(), expected.end());
    }
  }
}

void test_stream_is_asked_for_no_byte_behind_the_number() {
  for (unsigned bytes = 1; bytes <= 10; ++bytes) {
    const std::uint64_t expected = std::uint64_t{1} << (7 * (bytes - 1));
    std::vector<std::uint8_t> stream(32, 0xff);
    BOOST_TEST_EQ(write_varint(stream.data(), expected), bytes);
    test::Trickle in(stream);
    BOOST_TEST_EQ(read_varint<64>(in), expected);
    BOOST_TEST_EQ(in.offset(), bytes);
    BOOST_TEST_EQ(in.given(), bytes);
  }
}

void test_number_that_never_ends_is_refused_after_its_most_bytes() {
  const std::vector<std::uint8_t> stream(32, 0x80);
  test::Trickle of_16(stream), of_32(stream), of_64(stream);
  BOOST_TEST_THROWS(read_varint<16>(of_16), ProtocolError);
  BOOST_TEST_THROWS(read_varint<32>(of_32), ProtocolError);
  BOOST_TEST_THROWS(read_varint<64>(of_64), ProtocolError);
  BOOST_TEST_EQ(of_16.given(), 3u);
  BOOST_TEST_EQ(of_32.given(), 5u);
  BOOST_TEST_EQ(of_64.given(), 10u);
}

void test_cut_number_is_the_end_of_the_input() {
  for (const char* hex : {"", "80", "ffff", "80808080", "80808080808080"}) {
    const auto bytes = from_hex(hex);
    Input in(bytes);
    BOOST_TEST_THROWS(read_varint<64>(in), TransportError);
  }
}

// The way of eight bytes at once and the way of single bytes agree, whatever the bytes.
void test_both_ways_of_reading_agree() {
  std::uint64_t state = 88172645463325252u;
  for (int round = 0; round < 20000; ++round) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    std::uint8_t bytes[12];
    store_little_endian(bytes, state);
    store_little_endian<std::uint32_t>(bytes + 8, static_cast<std::uint32_t>(state * 2654435761u));
    for (std::size_t i = 0; i < static_cast<std::size_t>(round % 12); ++i) bytes[i] |= 0x80;
    const auto outcome = [&](auto& in) -> std::string {
      try {
        const std::uint64_t value = round % 3 == 0   ? read_varint<16>(in)
                                    : round % 3 == 1 ? read_varint<32>(in)
                                                     : read_varint<64>(in);
        return std::to_string(value) + " " + std::to_string(in.offset());
      } catch (const ProtocolError& error) {
        return error.what();
      }
    };
    Input whole(bytes);
    test::Trickle trickle({bytes, bytes + 12});
    if (outcome(whole) != outcome(trickle)) BOOST_ERROR(test::to_hex(bytes).c_str());
  }
}

void test_zigzag_is_small_near_zero() {
  const struct {
    std::int64_t value;
    std::uint64_t code;
  } table[] = {{0, 0},
               {-1, 1},
               {1, 2},
               {-2, 3},
               {2147483647, 4294967294},
               {-2147483648, 4294967295},
               {INT64_MAX, UINT64_MAX - 1},
               {INT64_MIN, UINT64_MAX}};
  for (const auto& row : table) {
    BOOST_TEST_EQ(zigzag(row.value), row.code);
    BOOST_TEST_EQ(unzigzag(row.code), row.value);
  }
}

}  // namespace

void test_varint() {
  test_extent_is_where_the_number_ends_or_one_more_than_is_there();
  test_every_width_is_written_in_sevens();
  test_stream_is_asked_for_no_byte_behind_the_number();
  test_number_that_never_ends_is_refused_after_its_most_bytes();
  test_cut_number_is_the_end_of_the_input();
  test_both_ways_of_reading_agree();
  test_zigzag_is_small_near_zero();
}
