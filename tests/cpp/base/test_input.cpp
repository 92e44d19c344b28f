#include "base/input.hpp"

#include <boost/core/lightweight_test.hpp>
#include <string>

#include "../hex.hpp"
#include "../trickle.hpp"

using namespace fastthrift;
using test::from_hex;

namespace {

void test_bytes_are_taken_in_order() {
  const auto bytes = from_hex("01020304");
  Input in(bytes);
  BOOST_TEST_EQ(in.at_hand(), 4u);
  BOOST_TEST_EQ(in.left(), 4u);
  BOOST_TEST_EQ(*in.take(1), 1);
  BOOST_TEST_EQ(in.need(2)[1], 3);
  BOOST_TEST_EQ(in.offset(), 1u);
  in.advance(1);
  BOOST_TEST_EQ(in.take(2)[1], 4);
  BOOST_TEST_EQ(in.at_hand(), 0u);
  BOOST_TEST_EQ(in.offset(), 4u);
}

void test_end_of_memory_is_an_error_with_its_place() {
  const auto bytes = from_hex("010203");
  for (std::size_t used = 0; used <= 3; ++used) {
    Input in(bytes);
    in.take(used);
    for (std::size_t wanted : {4 - used, std::size_t{1000}, SIZE_MAX}) {
      try {
        in.take(wanted);
        BOOST_ERROR("took what is not there");
      } catch (const TransportError& error) {
        BOOST_TEST(error.kind() == TransportError::Kind::end_of_file);
        BOOST_TEST_EQ(std::string(error.what()),
                      "End of file reading from transport: " + std::to_string(wanted) +
                          " bytes wanted at offset " + std::to_string(used) + ", " +
                          std::to_string(3 - used) + " are there");
      }
      BOOST_TEST_EQ(in.offset(), used);
    }
  }
}

void test_nothing_can_be_taken_from_nothing() {
  Input in({});
  in.take(0);
  BOOST_TEST_EQ(in.at_hand(), 0u);
  BOOST_TEST_THROWS(in.take(1), TransportError);
}

void test_stream_moves_its_window_and_keeps_the_offset() {
  test::Trickle in(from_hex("0102030405"));
  BOOST_TEST_EQ(in.at_hand(), 0u);
  BOOST_TEST_EQ(*in.take(1), 1);
  BOOST_TEST_EQ(in.need(3)[2], 4);
  BOOST_TEST_EQ(in.offset(), 1u);
  BOOST_TEST_EQ(in.at_hand(), 3u);
  in.advance(2);
  BOOST_TEST_EQ(in.offset(), 3u);
  BOOST_TEST_EQ(in.take(2)[1], 5);
  BOOST_TEST_EQ(in.offset(), 5u);
  BOOST_TEST_THROWS(in.take(1), TransportError);
}

}  // namespace

void test_input() {
  test_bytes_are_taken_in_order();
  test_end_of_memory_is_an_error_with_its_place();
  test_nothing_can_be_taken_from_nothing();
  test_stream_moves_its_window_and_keeps_the_offset();
}
