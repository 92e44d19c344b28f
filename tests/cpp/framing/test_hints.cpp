#include "framing/hints.hpp"

#include <boost/core/lightweight_test.hpp>
#include <string>

#include "../hex.hpp"
#include "framing/framing.hpp"

using namespace fastthrift;
using namespace fastthrift::framing;
using test::from_hex;
using test::from_text;

namespace {

const struct {
  std::vector<std::uint8_t> first;
  std::string_view looks;
} table[] = {
    {from_text("GET / HTTP/1.1\r\n"), "an HTTP request"},
    {from_text("GET "), "an HTTP request"},
    {from_text("POST /thrift HTTP/1.1\r\n"), "an HTTP request"},
    {from_text("OPTIONS * HTTP/1.1\r\n"), "an HTTP request"},
    {from_text("PRI * HTTP/2.0\r\n"), "an HTTP request"},
    {from_text("HTTP/1.1 502 Bad Gateway\r\n"), "an HTTP response"},
    {from_hex("16030100c8"), "a TLS handshake"},
    {from_hex("160303"), "a TLS handshake"},
    {from_hex("1503030002"), "a TLS alert"},
    {from_hex("80010001 00000003 616464"), "an unframed binary message"},
    {from_hex("8001"), "an unframed binary message"},
    {from_hex("8221 00 03 616464"), "an unframed compact message"},
    {from_hex("8281"), "an unframed compact message"},
    {from_hex("82a1"), ""},
    {from_hex("8222"), ""},
    {from_hex("0000001e 80010001 00000003"), "a framed binary message"},
    {from_hex("0000001a 8241 00 03"), "a framed compact message"},
    {from_hex("0000002c 0fff 0000 00000000"), "a THeader message"},
    {from_hex("00000003 616464 01 00000000"), "an old binary message, without a version"},
    {from_hex("00000003 616464 05 00000000"), ""},
    {from_hex("00000003 61ff64 01 00000000"), ""},
    {from_hex("0000000d 00000003 616464 01 00000000 00"), "a framed old binary message, without a version"},
    {from_text("[1,\"add\",1,0,{}]"), "a JSON message"},
    {from_hex("00000056 7b226d6574"), "a JSON message"},
    {from_text("SSH-2.0-OpenSSH_9.2\r\n"), ""},
    {from_hex("0000"), ""},
    {{}, ""},
};

void test_first_bytes_are_named() {
  for (const auto& row : table) {
    BOOST_TEST_EQ(looks_like(row.first), row.looks);
    const std::string said = hint(row.first, {});
    if (row.looks.empty()) {
      BOOST_TEST_EQ(said, "");
    } else {
      const std::string start = "; this looks like " + std::string(row.looks) + ": ";
      BOOST_TEST_EQ(said.substr(0, start.size()), start);
      BOOST_TEST_GT(said.size(), start.size());
    }
  }
}

void test_what_is_expected_gets_no_hint() {
  for (const auto& row : table) BOOST_TEST_EQ(hint(row.first, row.looks), "");
}

void test_messages_in_frames_are_named() {
  for (const auto& [body, looks] : {
           std::pair{from_hex("8221 00 03 616464"), "a framed compact message"},
           {from_hex("80010001 00000003 616464"), "a framed binary message"},
           {from_hex("0fff 0000 00000000"), "a THeader message"},
           {from_text("{\"metadata\": "), "a JSON message"},
           {from_hex("00000003 616464 01 00000000"), "a framed old binary message, without a version"},
       }) {
    const std::string said = hint_inside(body);
    BOOST_TEST(said.starts_with("; this looks like " + std::string(looks) + ": "));
  }
  BOOST_TEST_EQ(hint_inside(from_hex("0b")), "");
  BOOST_TEST_EQ(hint_inside({}), "");
}

void test_cut_bytes_are_looked_at_safely() {
  for (const auto& row : table) {
    for (std::size_t size = 0; size < row.first.size(); ++size) {
      const std::vector<std::uint8_t> cut(row.first.begin(),
                                          row.first.begin() + static_cast<std::ptrdiff_t>(size));
      const std::string_view looks = looks_like(cut);
      BOOST_TEST(looks.empty() || looks == row.looks);
    }
  }
}

}  // namespace

void test_hints() {
  test_first_bytes_are_named();
  test_what_is_expected_gets_no_hint();
  test_messages_in_frames_are_named();
  test_cut_bytes_are_looked_at_safely();
}
