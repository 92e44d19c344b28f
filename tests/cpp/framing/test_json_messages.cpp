#include "framing/json_messages.hpp"

#include <boost/core/lightweight_test.hpp>
#include <string>
#include <vector>

#include "../hex.hpp"
#include "base/errors.hpp"

using namespace fastthrift;
using namespace fastthrift::framing;
using test::from_text;

// A message ends with its own bracket, whatever stands in its strings, and however its bytes come.
namespace {

const std::vector<std::string> messages = {
    R"([1,"ping",1,0,{}])",
    R"( [1,"add",1,7,{"1":{"i32":5},"2":{"lst":["i32",2,1,2]}}])",
    R"([1,"say",1,7,{"1":{"str":"a ] } [ { \" \\"}}])",
    "\r\n\t [1,\"say\",4,-1,{\"1\":{\"str\":\"\\u005d\\\\\"}}]",
    R"([1,"m",2,1,{"0":{"map":["i32","rec",1,{{"1":{"i8":1}}:{}}]}}])",
    "[]",
};

std::vector<std::string> cut(Framing& framing, const std::string& text, std::size_t piece) {
  std::vector<std::string> found;
  std::string waiting;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    waiting += text.substr(at, piece);
    while (const auto extent = framing.next(from_text(waiting.c_str()))) {
      BOOST_TEST_EQ(extent->begin, 0u);
      found.push_back(waiting.substr(0, extent->end));
      waiting.erase(0, extent->end);
      if (waiting.empty()) break;
    }
    BOOST_TEST_EQ(framing.wanted(), waiting.size() + 1);
  }
  BOOST_TEST(waiting.empty());
  return found;
}

void test_messages_are_found_whole_and_in_pieces() {
  std::string all;
  for (const std::string& each : messages) all += each;
  for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{7}, all.size()}) {
    JsonMessages framing{Limits{}};
    BOOST_TEST(cut(framing, all, piece) == messages);
  }
}

void test_what_begins_otherwise_is_refused_with_a_hint() {
  const struct {
    const char* text;
    const char* words;
  } table[] = {{"GET / HTTP/1.1\r\n", "an HTTP request"},
               {"{\"metadata\": 1}", "begins with '['"},
               {"  ]", "begins with '['"},
               {"\"[\"", "begins with '['"},
               {"5", "begins with '['"}};
  for (const auto& each : table) {
    JsonMessages framing{Limits{}};
    try {
      framing.next(from_text(each.text));
      BOOST_ERROR(each.text);
    } catch (const ProtocolError& error) {
      BOOST_TEST(std::string(error.what()).find(each.words) != std::string::npos);
    }
  }
}

void test_a_message_over_the_limit_is_refused_in_whatever_pieces_it_comes() {
  const std::string text = R"([1,"ping",1,0,{}])";
  Limits limits;
  limits.message = text.size();
  for (const std::size_t piece : {std::size_t{1}, text.size()}) {
    JsonMessages framing(limits);
    BOOST_TEST_EQ(cut(framing, text, piece).size(), 1u);
  }
  limits.message = text.size() - 1;
  JsonMessages whole(limits);
  BOOST_TEST_THROWS(whole.next(from_text(text.c_str())), TransportError);
  JsonMessages pieces(limits);
  for (std::size_t n = 1; n < text.size(); ++n) {
    BOOST_TEST(!pieces.next(from_text(text.substr(0, n).c_str())).has_value());
  }
  BOOST_TEST_THROWS(pieces.next(from_text(text.c_str())), TransportError);
}

void test_what_is_written_has_nothing_around_it() {
  Limits limits;
  limits.message = 4;
  const JsonMessages framing(limits);
  Buffer out;
  out.append("before");
  const std::size_t start = framing.begin(out);
  out.append("[12]");
  framing.end(out, start);
  BOOST_TEST_EQ(out.size(), 10u);
  out.append("!");
  BOOST_TEST_THROWS(framing.end(out, start), TransportError);
}

}  // namespace

void test_json_messages() {
  test_messages_are_found_whole_and_in_pieces();
  test_what_begins_otherwise_is_refused_with_a_hint();
  test_a_message_over_the_limit_is_refused_in_whatever_pieces_it_comes();
  test_what_is_written_has_nothing_around_it();
}
