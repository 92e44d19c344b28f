#include "base/copy.hpp"

#include <boost/core/lightweight_test.hpp>
#include <cstdint>
#include <string>
#include <vector>

using namespace fastthrift;

namespace {

std::vector<std::uint8_t> counted(std::size_t n, std::uint8_t from = 1) {
  std::vector<std::uint8_t> bytes(n);
  for (std::size_t i = 0; i < n; ++i) bytes[i] = static_cast<std::uint8_t>(from + i * 7);
  return bytes;
}

// Every size around the borders of its branches, and not a byte beside it.
void test_every_size_is_copied_and_nothing_beside_it() {
  for (std::size_t n = 0; n <= 70; ++n) {
    const std::vector<std::uint8_t> from = counted(n);
    std::vector<std::uint8_t> to(n + 16, 0xEE);
    copy_short(to.data() + 8, from.data(), n);
    BOOST_TEST(std::vector<std::uint8_t>(to.begin() + 8, to.begin() + 8 + static_cast<std::ptrdiff_t>(n)) ==
               from);
    for (std::size_t i = 0; i < 8; ++i) {
      BOOST_TEST_EQ(static_cast<int>(to[i]), 0xEE);
      BOOST_TEST_EQ(static_cast<int>(to[n + 8 + i]), 0xEE);
    }
  }
}

void test_any_alignment_will_do() {
  const std::vector<std::uint8_t> from = counted(96);
  for (std::size_t offset = 0; offset < 9; ++offset) {
    for (std::size_t n : {1u, 2u, 3u, 4u, 7u, 8u, 15u, 16u, 31u, 32u, 33u, 64u}) {
      std::vector<std::uint8_t> to(96, 0);
      copy_short(to.data() + 9 - offset, from.data() + offset, n);
      for (std::size_t i = 0; i < n; ++i) BOOST_TEST_EQ(to[9 - offset + i], from[offset + i]);
    }
  }
}

void test_nothing_may_come_from_nowhere() {
  std::uint8_t kept = 5;
  copy_short(&kept, nullptr, 0);
  BOOST_TEST_EQ(static_cast<int>(kept), 5);
}

}  // namespace

void test_copy() {
  test_every_size_is_copied_and_nothing_beside_it();
  test_any_alignment_will_do();
  test_nothing_may_come_from_nowhere();
}
