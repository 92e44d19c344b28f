#include "base/buffer.hpp"

#include <boost/core/lightweight_test.hpp>
#include <string>

using namespace fastthrift;

namespace {

std::string text_of(const Buffer& buffer) {
  return {reinterpret_cast<const char*>(buffer.data()), buffer.size()};
}

void test_new_buffer_is_empty_and_holds_nothing() {
  Buffer buffer;
  BOOST_TEST(buffer.empty());
  BOOST_TEST_EQ(buffer.size(), 0u);
  BOOST_TEST_EQ(buffer.capacity(), 0u);
  BOOST_TEST_EQ(buffer.bytes().size(), 0u);
  buffer.append(std::string_view());
  buffer.append(nullptr, 0);
  buffer.append(Bytes());
  buffer.consume(0);
  buffer.clear();
  buffer.release();
  BOOST_TEST_EQ(buffer.capacity(), 0u);
}

void test_bytes_come_out_as_they_went_in() {
  Buffer buffer;
  std::string expected;
  for (int n = 0; n < 3000; ++n) {
    const std::string piece(static_cast<std::size_t>(n % 17), static_cast<char>('a' + n % 26));
    expected += piece;
    if (n % 3 == 0) buffer.append(std::string_view(piece));
    if (n % 3 == 1) buffer.append(piece.data(), piece.size());
    if (n % 3 == 2) buffer.append(Bytes(reinterpret_cast<const std::uint8_t*>(piece.data()), piece.size()));
  }
  BOOST_TEST(text_of(buffer) == expected);
  BOOST_TEST_EQ(buffer.bytes().size(), expected.size());
}

void test_capacity_grows_geometrically() {
  Buffer buffer;
  int moves = 0;
  const std::uint8_t* before = nullptr;
  for (int n = 0; n < (1 << 20); ++n) {
    *buffer.extend(1) = 0;
    if (buffer.capacity() != 0 && buffer.data() != before) ++moves;
    before = buffer.data();
  }
  BOOST_TEST_EQ(buffer.size(), std::size_t{1} << 20);
  BOOST_TEST_LE(moves, 20);
  BOOST_TEST_LE(buffer.capacity(), std::size_t{2} << 20);
}

void test_prepared_bytes_count_once_they_are_committed() {
  Buffer buffer;
  std::memcpy(buffer.prepare(5), "hello", 5);
  BOOST_TEST_EQ(buffer.size(), 0u);
  buffer.commit(4);
  BOOST_TEST_EQ(text_of(buffer), "hell");
  BOOST_TEST_GE(buffer.capacity(), 5u);
}

void test_buffer_is_cut_back_to_an_earlier_size() {
  Buffer buffer;
  buffer.append(std::string_view("message"));
  const std::size_t start = buffer.size();
  buffer.append(std::string_view("half of the next"));
  buffer.truncate(start);
  BOOST_TEST_EQ(text_of(buffer), "message");
}

void test_consumed_bytes_leave_and_the_others_move_to_the_front() {
  const struct {
    std::size_t consumed;
    std::string left;
  } table[] = {{0, "abcdef"}, {1, "bcdef"}, {3, "def"}, {5, "f"}, {6, ""}};
  for (const auto& row : table) {
    Buffer buffer;
    buffer.append(std::string_view("abcdef"));
    buffer.consume(row.consumed);
    BOOST_TEST_EQ(text_of(buffer), row.left);
    buffer.append(std::string_view("!"));
    BOOST_TEST_EQ(text_of(buffer), row.left + "!");
  }
}

void test_cleared_buffer_keeps_its_memory_and_a_released_one_does_not() {
  Buffer buffer(1000);
  BOOST_TEST_GE(buffer.capacity(), 1000u);
  buffer.append(std::string_view("abc"));
  const std::size_t capacity = buffer.capacity();
  buffer.clear();
  BOOST_TEST_EQ(buffer.size(), 0u);
  BOOST_TEST_EQ(buffer.capacity(), capacity);
  buffer.release();
  BOOST_TEST_EQ(buffer.size(), 0u);
  BOOST_TEST_EQ(buffer.capacity(), 0u);
  buffer.append(std::string_view("again"));
  BOOST_TEST_EQ(text_of(buffer), "again");
}

void test_reserve_makes_room_once() {
  Buffer buffer;
  buffer.append(std::string_view("abc"));
  buffer.reserve(5000);
  const std::uint8_t* data = buffer.data();
  buffer.extend(4997);
  BOOST_TEST(buffer.data() == data);
  buffer.reserve(10);
  BOOST_TEST(buffer.data() == data);
  BOOST_TEST_EQ(text_of(buffer).substr(0, 3), "abc");
}

void test_moved_buffer_takes_its_bytes_along() {
  Buffer from;
  from.append(std::string_view("abc"));
  const std::uint8_t* data = from.data();
  Buffer to(std::move(from));
  BOOST_TEST(to.data() == data);
  BOOST_TEST_EQ(text_of(to), "abc");
  BOOST_TEST_EQ(from.size(), 0u);
  BOOST_TEST_EQ(from.capacity(), 0u);
  from.append(std::string_view("usable"));
  BOOST_TEST_EQ(text_of(from), "usable");
  to = std::move(from);
  BOOST_TEST_EQ(text_of(to), "usable");
}

void test_impossible_sizes_are_bad_alloc_and_change_nothing() {
  Buffer buffer;
  buffer.append(std::string_view("abc"));
  for (std::size_t size : {SIZE_MAX, SIZE_MAX - 2, SIZE_MAX / 2}) {
    BOOST_TEST_THROWS(buffer.prepare(size), std::bad_alloc);
    BOOST_TEST_THROWS(buffer.extend(size), std::bad_alloc);
    BOOST_TEST_EQ(text_of(buffer), "abc");
  }
}

}  // namespace

void test_buffer() {
  test_new_buffer_is_empty_and_holds_nothing();
  test_bytes_come_out_as_they_went_in();
  test_capacity_grows_geometrically();
  test_prepared_bytes_count_once_they_are_committed();
  test_buffer_is_cut_back_to_an_earlier_size();
  test_consumed_bytes_leave_and_the_others_move_to_the_front();
  test_cleared_buffer_keeps_its_memory_and_a_released_one_does_not();
  test_reserve_makes_room_once();
  test_moved_buffer_takes_its_bytes_along();
  test_impossible_sizes_are_bad_alloc_and_change_nothing();
}
