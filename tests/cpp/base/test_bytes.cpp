#include "base/bytes.hpp"

#include <boost/core/lightweight_test.hpp>
#include <cstdint>

using namespace fastthrift;

namespace {

void test_numbers_stand_in_both_orders() {
  const std::uint8_t bytes[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0xf8};
  BOOST_TEST_EQ(load_big_endian<std::uint8_t>(bytes), 0x01);
  BOOST_TEST_EQ(load_big_endian<std::int16_t>(bytes), 0x0102);
  BOOST_TEST_EQ(load_big_endian<std::int32_t>(bytes), 0x01020304);
  BOOST_TEST_EQ(load_big_endian<std::int64_t>(bytes), 0x01020304050607f8);
  BOOST_TEST_EQ(load_little_endian<std::uint8_t>(bytes), 0x01);
  BOOST_TEST_EQ(load_little_endian<std::uint16_t>(bytes), 0x0201);
  BOOST_TEST_EQ(load_little_endian<std::uint32_t>(bytes), 0x04030201u);
  BOOST_TEST_EQ(load_little_endian<std::uint64_t>(bytes), 0xf807060504030201u);
}

void test_sign_is_in_the_first_byte_of_big_endian() {
  const std::uint8_t bytes[] = {0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  BOOST_TEST_EQ(load_big_endian<std::int8_t>(bytes), -1);
  BOOST_TEST_EQ(load_big_endian<std::int16_t>(bytes), -2);
  BOOST_TEST_EQ(load_big_endian<std::int32_t>(bytes), -65537);
  BOOST_TEST_EQ(load_big_endian<std::int64_t>(bytes), -281474976710657);
  BOOST_TEST_EQ(load_little_endian<std::int16_t>(bytes), -257);
}

template <class T>
void number_round_trips_at_any_address(T value) {
  std::uint8_t room[sizeof(T) + 8] = {};
  for (std::size_t at = 0; at < 8; ++at) {
    store_big_endian(room + at, value);
    BOOST_TEST_EQ(load_big_endian<T>(room + at), value);
    BOOST_TEST_EQ(room[at + sizeof(T) - 1], static_cast<std::uint8_t>(value & 0xff));
    store_little_endian(room + at, value);
    BOOST_TEST_EQ(load_little_endian<T>(room + at), value);
    BOOST_TEST_EQ(room[at], static_cast<std::uint8_t>(value & 0xff));
  }
}

void test_numbers_round_trip_at_any_address() {
  for (std::int64_t value :
       {INT64_MIN, std::int64_t{-2}, std::int64_t{0}, std::int64_t{0x0123456789abcdef}, INT64_MAX}) {
    number_round_trips_at_any_address(value);
    number_round_trips_at_any_address(static_cast<std::uint64_t>(value));
    number_round_trips_at_any_address(static_cast<std::int32_t>(value));
    number_round_trips_at_any_address(static_cast<std::int16_t>(value));
    number_round_trips_at_any_address(static_cast<std::uint16_t>(value));
  }
}

static_assert(byte_swapped(std::uint8_t{0x12}) == 0x12);
static_assert(byte_swapped(std::uint16_t{0x1234}) == 0x3412);
static_assert(byte_swapped(std::uint32_t{0x12345678}) == 0x78563412);
static_assert(byte_swapped(std::uint64_t{0x0123456789abcdef}) == 0xefcdab8967452301);

}  // namespace

void test_bytes() {
  test_numbers_stand_in_both_orders();
  test_sign_is_in_the_first_byte_of_big_endian();
  test_numbers_round_trip_at_any_address();
}
