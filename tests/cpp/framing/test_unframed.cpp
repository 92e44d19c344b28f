#include "framing/unframed.hpp"

#include <boost/core/lightweight_test.hpp>
#include <string>

#include "../hex.hpp"
#include "../wire/messages.hpp"
#include "base/errors.hpp"

using namespace fastthrift;
using namespace fastthrift::framing;
using test::from_hex;
using test::from_text;
using wire::Protocol;

namespace {

std::unique_ptr<Framing> unframed(Protocol protocol, bool strict_read = true, Limits limits = {}) {
  return make_framing({framing::Kind::unframed, protocol, strict_read, limits});
}

std::vector<std::uint8_t> bytes_of(const test::TestMessage& message, Protocol protocol) {
  return protocol == Protocol::binary
             ? from_hex(std::string(message.binary) + std::string(message.binary_body))
             : from_hex(std::string(message.compact) + std::string(message.compact_body));
}

void test_messages_behind_each_other_are_found_in_any_pieces() {
  for (Protocol protocol : {Protocol::binary, Protocol::compact}) {
    std::vector<std::uint8_t> stream;
    std::vector<std::size_t> ends;
    for (const test::TestMessage& message : test::messages) {
      const auto bytes = bytes_of(message, protocol);
      stream.insert(stream.end(), bytes.begin(), bytes.end());
      ends.push_back(stream.size());
    }
    for (std::size_t step = 1; step <= stream.size(); ++step) {
      const auto framing = unframed(protocol);
      std::vector<std::size_t> found;
      std::size_t used = 0;
      for (std::size_t shown = step; used < stream.size(); shown = std::min(shown + step, stream.size())) {
        while (auto extent = framing->next(Bytes(stream).subspan(used, shown - used))) {
          BOOST_TEST_EQ(extent->begin, 0u);
          used += extent->end;
          found.push_back(used);
        }
        BOOST_TEST(used == stream.size() || framing->wanted() > shown - used);
      }
      BOOST_TEST_ALL_EQ(found.begin(), found.end(), ends.begin(), ends.end());
    }
  }
}

void test_old_binary_messages_are_read_where_that_is_asked_for() {
  const auto old = from_hex("00000003 616464 01 00000000 08000100000001 080002fffffffe 00");
  const auto strict = from_hex("80010001 00000003 616464 00000000 00");
  const auto lenient = unframed(Protocol::binary, false);
  BOOST_TEST_EQ(lenient->next(old).value().end, old.size());
  BOOST_TEST_EQ(lenient->next(strict).value().end, strict.size());
}

void test_bytes_that_are_no_message_are_refused_with_a_hint() {
  const struct {
    const char* what;
    Protocol protocol;
    std::vector<std::uint8_t> bytes;
    std::vector<std::string> words;
    std::string not_this = "#";
  } table[] = {
      {"HTTP",
       Protocol::binary,
       from_text("POST / HTTP/1.1\r\n"),
       {"No protocol version header", "an HTTP request"}},
      {"HTTP",
       Protocol::compact,
       from_text("GET / HTTP/1.1\r\n"),
       {"Bad protocol id in the message: 71", "HTTP request"}},
      {"HTTP response", Protocol::binary, from_text("HTTP/1.1 200 OK\r\n"), {"No protocol", "HTTP client"}},
      {"TLS", Protocol::binary, from_hex("1603010200010001fc"), {"No protocol version", "a TLS handshake"}},
      {"TLS", Protocol::compact, from_hex("1603010200010001fc"), {"Bad protocol id", "a TLS handshake"}},
      {"TLS alert", Protocol::binary, from_hex("15030300020230"), {"a TLS alert"}},
      {"framed binary",
       Protocol::binary,
       from_hex("0000001e 80010001 00000003 616464"),
       {"No protocol version header", "a framed binary message", "framed transport on both sides"}},
      {"framed compact",
       Protocol::compact,
       from_hex("0000000c 8221 00 03 616464"),
       {"Bad protocol id in the message: 0", "a framed compact message", "framed transport on both sides"}},
      {"framed THeader", Protocol::binary, from_hex("0000002c 0fff 0000 00000000"), {"a THeader message"}},
      {"compact on a binary port",
       Protocol::binary,
       from_hex("8221 00 03 616464 00"),
       {"Bad version in read_message_begin: -2111766525", "an unframed compact message", "compact protocol"}},
      {"binary on a compact port",
       Protocol::compact,
       from_hex("80010001 00000003"),
       {"Bad protocol id in the message: 128", "an unframed binary message", "binary protocol"}},
      {"old binary on a strict port",
       Protocol::binary,
       from_hex("00000003 616464 01 00000000"),
       {"No protocol version header", "an old binary message, without a version", "strict_read=False"}},
      {"JSON", Protocol::binary, from_text("[1,\"add\",1,0,{}]"), {"a JSON message"}},
      {"thriftpy2's JSON",
       Protocol::binary,
       from_hex("00000056 7b226d65746164617461223a"),
       {"a JSON message"}},
      {"random",
       Protocol::binary,
       from_hex("0badcafe00112233"),
       {"No protocol version header"},
       "looks like"},
      {"bad field in a right message",
       Protocol::binary,
       from_hex("80010001 00000001 61 00000000 05 0001"),
       {"Invalid type 5"},
       "looks like"},
      {"bad field in a right message",
       Protocol::compact,
       from_hex("8221 00 01 61 1e"),
       {"Invalid type 14"},
       "looks like"},
  };
  for (const auto& row : table) {
    const auto framing = unframed(row.protocol);
    try {
      framing->next(row.bytes);
      BOOST_ERROR(row.what);
    } catch (const ProtocolError& error) {
      const std::string text = error.what();
      for (const std::string& word : row.words) {
        if (!BOOST_TEST(text.find(word) != std::string::npos)) {
          BOOST_LIGHTWEIGHT_TEST_OSTREAM << row.what << ": " << text << '\n';
        }
      }
      BOOST_TEST(text.find(row.not_this) == std::string::npos);
    }
  }
}

void test_kind_of_the_error_stays_beside_the_hint() {
  try {
    unframed(Protocol::binary)->next(from_text("GET / HTTP/1.1\r\n"));
    BOOST_ERROR("an HTTP request is no message");
  } catch (const ProtocolError& error) {
    BOOST_TEST_EQ(static_cast<int>(error.kind()), static_cast<int>(ProtocolError::Kind::bad_version));
  }
}

void test_nothing_is_put_around_a_message() {
  const auto framing = unframed(Protocol::binary);
  Buffer out;
  out.append(std::string_view("x"));
  const std::size_t start = framing->begin(out);
  out.append(std::string_view("abc"));
  framing->end(out, start);
  BOOST_TEST_EQ(start, 1u);
  BOOST_TEST_EQ(test::to_hex(out), "78616263");
}

void test_written_message_over_the_limit_is_refused() {
  Limits limits;
  limits.message = 3;
  const auto framing = unframed(Protocol::compact, true, limits);
  Buffer out;
  const std::size_t start = framing->begin(out);
  out.append(std::string_view("abc"));
  framing->end(out, start);
  out.append(std::string_view("d"));
  try {
    framing->end(out, start);
    BOOST_ERROR("4 bytes passed a limit of 3");
  } catch (const TransportError& error) {
    BOOST_TEST_EQ(static_cast<int>(error.kind()), static_cast<int>(TransportError::Kind::size_limit));
  }
}

void test_read_message_over_the_limit_is_refused() {
  Limits limits;
  limits.message = 20;
  for (std::size_t name : {6, 7, 8}) {
    std::string hex = "80010001 0000000" + std::to_string(name);
    for (std::size_t i = 0; i < name; ++i) hex += "61";
    const auto bytes = from_hex(hex + "00000000 00");  // 13 bytes and the name
    const auto framing = unframed(Protocol::binary, true, limits);
    if (name <= 7) {
      BOOST_TEST_EQ(framing->next(bytes).value().end, bytes.size());
    } else {
      BOOST_TEST_THROWS(framing->next(bytes), TransportError);
      const auto slowly = unframed(Protocol::binary, true, limits);
      BOOST_TEST_THROWS(slowly->next(Bytes(bytes).first(20)), TransportError);
    }
  }
}

}  // namespace

void test_unframed() {
  test_messages_behind_each_other_are_found_in_any_pieces();
  test_old_binary_messages_are_read_where_that_is_asked_for();
  test_bytes_that_are_no_message_are_refused_with_a_hint();
  test_kind_of_the_error_stays_beside_the_hint();
  test_nothing_is_put_around_a_message();
  test_written_message_over_the_limit_is_refused();
  test_read_message_over_the_limit_is_refused();
}
