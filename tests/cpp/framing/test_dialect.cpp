#include "framing/dialect.hpp"

#include <boost/core/lightweight_test.hpp>
#include <string>

#include "../hex.hpp"
#include "base/errors.hpp"

using namespace fastthrift;
using namespace fastthrift::framing;
using test::from_hex;
using test::from_text;

namespace {

const char* const binary_message = "80010001 00000001 61 00000000 00";
const char* const compact_message = "8221 00 01 61 00";

struct Stream {
  Dialect dialect;
  wire::Protocol protocol;
  std::string bytes;                  // of two messages
  std::vector<std::string> messages;  // what the framing gives
};

std::vector<Stream> streams() {
  const std::string binary = binary_message, compact = compact_message;
  const std::string headed = "0fff 0000 00000000 0001 02 00 0000" + compact;
  return {
      {Dialect::unframed_binary, wire::Protocol::binary, binary + binary, {binary, binary}},
      {Dialect::unframed_compact, wire::Protocol::compact, compact + compact, {compact, compact}},
      {Dialect::framed_binary,
       wire::Protocol::binary,
       "0000000e" + binary + "0000000e" + binary,
       {binary, binary}},
      {Dialect::framed_compact,
       wire::Protocol::compact,
       "00000006" + compact + "00000006" + compact,
       {compact, compact}},
      {Dialect::headers, wire::Protocol::binary, "00000014" + headed + "00000014" + headed, {headed, headed}},
  };
}

void test_first_bytes_tell_the_dialect_in_any_pieces() {
  for (const Stream& row : streams()) {
    const auto bytes = from_hex(row.bytes);
    for (std::size_t step = 1; step <= bytes.size(); ++step) {
      Detecting framing{Limits{}};
      BOOST_TEST(!framing.dialect());
      std::vector<std::string> found;
      std::size_t used = 0;
      for (std::size_t shown = step; used < bytes.size(); shown = std::min(shown + step, bytes.size())) {
        while (const auto extent = framing.next(Bytes(bytes).subspan(used, shown - used))) {
          found.push_back(
              test::to_hex(Bytes(bytes).subspan(used + extent->begin, extent->end - extent->begin)));
          used += extent->end;
        }
        if (used < bytes.size()) BOOST_TEST_GT(framing.wanted(), shown - used);
        if (shown == bytes.size()) break;
      }
      BOOST_TEST_EQ(used, bytes.size());
      BOOST_TEST(framing.dialect() == row.dialect);
      std::vector<std::string> expected;
      for (const std::string& message : row.messages) expected.push_back(test::squeezed(message));
      BOOST_TEST_ALL_EQ(found.begin(), found.end(), expected.begin(), expected.end());
    }
    BOOST_TEST(protocol_of(row.dialect) == row.protocol);
  }
}

void test_answers_are_framed_as_the_peer_frames() {
  for (const Stream& row : streams()) {
    Detecting framing{Limits{}};
    framing.next(from_hex(row.bytes));
    Buffer out;
    const std::size_t start = framing.begin(out);
    out.append(std::string_view("answer"));
    framing.end(out, start);
    const bool framed = row.dialect == Dialect::framed_binary || row.dialect == Dialect::framed_compact;
    BOOST_TEST_EQ(test::to_hex(out), (framed ? "00000006" : "") + std::string("616e73776572"));
  }
}

void test_nothing_is_decided_before_it_is_clear() {
  const char* const table[] = {"",       "80",       "82",          "00",         "0000",
                               "000000", "00000014", "00000014 0f", "00000014 80"};
  for (const char* bytes : table) {
    if (!BOOST_TEST(!detect(from_hex(bytes), {}))) BOOST_LIGHTWEIGHT_TEST_OSTREAM << bytes << '\n';
  }
}

struct Refused {
  const char* what;
  std::vector<std::uint8_t> bytes;
  TransportError::Kind kind;
  const char* text;
};

void test_other_bytes_are_refused_as_soon_as_that_is_clear() {
  using Bad = TransportError::Kind;
  const Refused table[] = {
      {"an HTTP request", from_text("GET / HTTP/1.1\r\n\r\n"), Bad::size_limit, "an HTTP request"},
      {"TLS", from_hex("160301 0200 01"), Bad::size_limit, "a TLS handshake"},
      {"0x3fffffff", from_hex("3fffffff"), Bad::size_limit, "1073741823 bytes"},
      {"one over the limit", from_hex("00fa0001"), Bad::size_limit, "16384001"},
      {"a negative size", from_hex("ffff"), Bad::unknown, "Could not detect client transport type"},
      {"size -1", from_hex("ffffffff"), Bad::unknown, "Could not detect client transport type"},
      {"another version of binary", from_hex("80020001"), Bad::unknown, "Could not detect"},
      {"another version of compact", from_hex("8222"), Bad::unknown, "Could not detect"},
      {"an empty frame", from_hex("00000000"), Bad::unknown, "Could not detect"},
      {"a frame of a byte", from_hex("00000001"), Bad::unknown, "Could not detect"},
      {"a frame of JSON", from_hex("00000010 5b31 2c22"), Bad::unknown, "a JSON message"},
      {"a frame of another version", from_hex("00000010 8002"), Bad::unknown, "Could not detect"},
      {"old binary", from_hex("00000003 616464 01 00000000 00"), Bad::unknown, "an old binary message"},
  };
  for (const Refused& row : table) {
    for (std::size_t i = 0; i < 2; ++i) {
      try {
        if (i == 0) {
          detect(row.bytes, {});
        } else {
          Detecting(Limits{}).next(row.bytes);
        }
        BOOST_ERROR(row.what);
      } catch (const TransportError& error) {
        if (!BOOST_TEST_EQ(static_cast<int>(error.kind()), static_cast<int>(row.kind)) ||
            !BOOST_TEST(std::string(error.what()).find(row.text) != std::string::npos)) {
          BOOST_LIGHTWEIGHT_TEST_OSTREAM << row.what << ": " << error.what() << '\n';
        }
      }
    }
  }
}

void test_the_dialect_of_a_connection_does_not_change() {
  Detecting framing{Limits{}};
  BOOST_TEST(framing.next(from_hex(binary_message)).has_value());
  BOOST_TEST_THROWS(framing.next(from_hex(compact_message)), ProtocolError);
}

void test_limits_hold_in_every_dialect() {
  Limits limits;
  limits.message = 12;
  for (const Stream& row : streams()) {
    Detecting framing(limits);
    bool is_refused = false;
    try {
      for (Bytes rest = from_hex("");;) {
        const auto bytes = from_hex(row.bytes);
        rest = bytes;
        std::size_t used = 0;
        while (const auto extent = framing.next(rest.subspan(used))) used += extent->end;
        break;
      }
    } catch (const ProtocolError&) {
      is_refused = true;
    } catch (const TransportError&) {
      is_refused = true;
    }
    const bool is_short = protocol_of(row.dialect) == wire::Protocol::compact;
    BOOST_TEST_EQ(is_refused, !is_short);
  }
}

}  // namespace

void test_dialect() {
  test_first_bytes_tell_the_dialect_in_any_pieces();
  test_answers_are_framed_as_the_peer_frames();
  test_nothing_is_decided_before_it_is_clear();
  test_other_bytes_are_refused_as_soon_as_that_is_clear();
  test_the_dialect_of_a_connection_does_not_change();
  test_limits_hold_in_every_dialect();
}
