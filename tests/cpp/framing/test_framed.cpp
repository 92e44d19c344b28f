#include "framing/framed.hpp"

#include <boost/core/lightweight_test.hpp>
#include <string>

#include "../hex.hpp"
#include "base/errors.hpp"

using namespace fastthrift;
using namespace fastthrift::framing;
using test::from_hex;
using test::from_text;
using Bad = TransportError::Kind;

namespace {

struct Refused {
  const char* what;
  std::vector<std::uint8_t> bytes;
  Bad kind;
  std::vector<std::string> words;
};

void test_length_that_is_no_frame_is_refused_with_a_hint() {
  const Refused table[] = {
      {"length 0", from_hex("00000000"), Bad::negative_size, {"No frame", "0"}},
      {"length -1", from_hex("ffffffff"), Bad::negative_size, {"No frame", "-1"}},
      {"length -2^31", from_hex("80000000"), Bad::negative_size, {"No frame", "-2147483648"}},
      {"one over the limit", from_hex("00fa0001"), Bad::size_limit, {"16384001", "16384000"}},
      {"2^31-1", from_hex("7fffffff"), Bad::size_limit, {"2147483647", "16384000"}},
      {"unframed binary",
       from_hex("80010001 00000003 616464 00000000 00"),
       Bad::negative_size,
       {"No frame", "an unframed binary message", "buffered"}},
      {"unframed compact",
       from_hex("8221 00 03 616464 00"),
       Bad::negative_size,
       {"No frame", "an unframed compact message", "buffered"}},
      {"HTTP request", from_text("GET / HTTP/1.1\r\n"), Bad::size_limit, {"an HTTP request", "HTTP"}},
      {"HTTP response",
       from_text("HTTP/1.1 400 Bad Request\r\n"),
       Bad::size_limit,
       {"an HTTP response", "HTTP client"}},
      {"TLS", from_hex("160301 0200 01"), Bad::size_limit, {"a TLS handshake", "one side uses TLS"}},
  };
  for (const Refused& row : table) {
    Framed framed{Limits{}};
    try {
      framed.next(row.bytes);
      BOOST_ERROR(row.what);
    } catch (const TransportError& error) {
      BOOST_TEST_EQ(static_cast<int>(error.kind()), static_cast<int>(row.kind));
      for (const std::string& word : row.words) {
        if (!BOOST_TEST(std::string(error.what()).find(word) != std::string::npos)) {
          BOOST_LIGHTWEIGHT_TEST_OSTREAM << row.what << ": " << error.what() << '\n';
        }
      }
    }
  }
}

void test_limit_is_the_smaller_of_frame_and_message() {
  Limits small_frame, small_message, none;
  small_frame.frame = 10;
  small_message.message = 10;
  none.frame = none.message = Limits::no_limit;
  for (const Limits& limits : {small_frame, small_message}) {
    Framed framed(limits);
    BOOST_TEST(!framed.next(from_hex("0000000a")));
    BOOST_TEST_THROWS(framed.next(from_hex("0000000b")), TransportError);
  }
  Framed unlimited(none);
  BOOST_TEST(!unlimited.next(from_hex("7fffffff")));
  BOOST_TEST_EQ(unlimited.wanted(), std::size_t{0x7fffffff} + 4);
}

void test_frames_are_found_in_any_pieces() {
  const auto stream = from_hex("00000003 010203 00000001 04 00000002 0506");
  const std::vector<std::string> expected = {"010203", "04", "0506"};
  for (std::size_t step = 1; step <= stream.size(); ++step) {
    Framed framed{Limits{}};
    std::vector<std::string> found;
    std::size_t used = 0;
    for (std::size_t shown = step; used < stream.size(); shown = std::min(shown + step, stream.size())) {
      while (auto extent = framed.next(Bytes(stream).subspan(used, shown - used))) {
        BOOST_TEST_EQ(extent->begin, 4u);
        found.push_back(
            test::to_hex(Bytes(stream).subspan(used + extent->begin, extent->end - extent->begin)));
        used += extent->end;
        BOOST_TEST_EQ(framed.wanted(), 4u);
      }
    }
    BOOST_TEST_ALL_EQ(found.begin(), found.end(), expected.begin(), expected.end());
  }
}

void test_wanted_is_the_head_and_then_the_whole_frame() {
  Framed framed{Limits{}};
  BOOST_TEST_EQ(framed.wanted(), 4u);
  BOOST_TEST(!framed.next({}));
  BOOST_TEST_EQ(framed.wanted(), 4u);
  BOOST_TEST(!framed.next(from_hex("000001")));
  BOOST_TEST_EQ(framed.wanted(), 4u);
  BOOST_TEST(!framed.next(from_hex("00000100")));
  BOOST_TEST_EQ(framed.wanted(), 260u);
  BOOST_TEST(!framed.next(from_hex("00000100 0102")));
  BOOST_TEST_EQ(framed.wanted(), 260u);
}

void test_written_message_gets_its_length_in_front() {
  Framed framed{Limits{}};
  Buffer out;
  for (std::string_view body : {"abc", "d"}) {
    const std::size_t start = framed.begin(out);
    out.append(body);
    framed.end(out, start);
  }
  BOOST_TEST_EQ(test::to_hex(out), test::squeezed("00000003 616263 00000001 64"));
}

void test_written_message_over_the_limit_is_refused_and_can_be_cut_off() {
  Limits limits;
  limits.frame = 3;
  Framed framed(limits);
  Buffer out;
  std::size_t start = framed.begin(out);
  out.append(std::string_view("abc"));
  framed.end(out, start);
  start = framed.begin(out);
  out.append(std::string_view("abcd"));
  try {
    framed.end(out, start);
    BOOST_ERROR("4 bytes passed a limit of 3");
  } catch (const TransportError& error) {
    BOOST_TEST_EQ(static_cast<int>(error.kind()), static_cast<int>(Bad::size_limit));
    BOOST_TEST_EQ(std::string(error.what()), "Frame of 4 bytes is over the limit of 3");
  }
  out.truncate(start);
  BOOST_TEST_EQ(test::to_hex(out), test::squeezed("00000003 616263"));
}

}  // namespace

void test_framed() {
  test_length_that_is_no_frame_is_refused_with_a_hint();
  test_limit_is_the_smaller_of_frame_and_message();
  test_frames_are_found_in_any_pieces();
  test_wanted_is_the_head_and_then_the_whole_frame();
  test_written_message_gets_its_length_in_front();
  test_written_message_over_the_limit_is_refused_and_can_be_cut_off();
}
