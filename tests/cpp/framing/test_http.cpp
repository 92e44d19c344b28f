#include "framing/http.hpp"

#include <boost/core/lightweight_test.hpp>
#include <string>

#include "../hex.hpp"
#include "framing/dialect.hpp"
#include "http_cases.hpp"

using namespace fastthrift;
using namespace fastthrift::framing;
using test::Accepted;
using test::chunked;
using test::Doubtful;
using test::five;
using test::from_hex;
using test::head;
using test::host;
using test::post;

namespace {

const std::vector<Accepted>& accepted() {
  static const std::string with_chunks = head({post, host, chunked});
  static const std::vector<Accepted> rows = {
      {"a plain request", head({post, host, five}) + "hello", "hello"},
      {"header names in any case", head({post, "hOST: x", "cONTENT-lENGTH: 5"}) + "hello", "hello"},
      {"white space around values", head({post, "Host: \t x \t", "Content-Length:5  "}) + "hello", "hello"},
      {"one empty line before", "\r\n" + head({post, host, five}) + "hello", "hello"},
      {"Latin-1 in a value", head({post, host, five, "X-Name: Jos\xe9"}) + "hello", "hello"},
      {"HTTP/1.0", head({"POST / HTTP/1.0", five}) + "hello", "hello"},
      {"a length of zero", head({post, host, "Content-Length: 0"}), ""},
      {"line ends in the body", head({post, host, five}) + "\r\n\r\n\n", "\r\n\r\n\n"},
      {"one chunk", with_chunks + "5\r\nhello\r\n0\r\n\r\n", "hello"},
      {"two chunks", with_chunks + "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", "hello"},
      {"many chunks", with_chunks + "1\r\nh\r\n1\r\ne\r\n1\r\nl\r\n1\r\nl\r\n1\r\no\r\n0\r\n\r\n", "hello"},
      {"line ends in chunks", with_chunks + "2\r\n\r\n\r\n3\r\n0\r\n\r\n0\r\n\r\n", "\r\n0\r\n"},
      {"sizes in any case, with zeros", with_chunks + "00A\r\n0123456789\r\n000\r\n\r\n", "0123456789"},
      {"chunk extensions", with_chunks + "5;a=b;c=\"d\"\r\nhello\r\n0 \t;e\r\n\r\n", "hello"},
      {"trailers", with_chunks + "5\r\nhello\r\n0\r\nX-Sum: 1\r\nX-More:\r\n\r\n", "hello"},
      {"no chunk but the last", with_chunks + "0\r\n\r\n", ""},
      {"GET", head({"GET / HTTP/1.1", host}), ""},
      {"DELETE with a length of zero", head({"DELETE / HTTP/1.1", host, "Content-Length: 0"}), ""},
  };
  return rows;
}

std::vector<Doubtful> doubtful() {
  const std::string with_chunks = head({post, host, chunked});
  std::vector<Doubtful> rows = test::doubtful_heads();
  const std::vector<Doubtful> more = {
      {"a length above the limit", 413, head({post, host, "Content-Length: 16384001"})},
      {"no length", 411, head({post, host})},
      {"no length in HTTP/1.0", 411, head({"POST / HTTP/1.0"})},
      {"a body of GET", 405, head({"GET / HTTP/1.1", host, five})},
      {"a chunked body of PUT", 405, head({"PUT / HTTP/1.1", host, chunked})},
      {"no chunk size", 400, with_chunks + "\r\nhello\r\n"},
      {"a chunk size that is no number", 400, with_chunks + "x\r\nhello\r\n"},
      {"a negative chunk size", 400, with_chunks + "-5\r\nhello\r\n"},
      {"a chunk size with a plus", 400, with_chunks + "+5\r\nhello\r\n"},
      {"a chunk size with 0x", 400, with_chunks + "0x5\r\nhello\r\n"},
      {"a chunk size with an underscore", 400, with_chunks + "1_0\r\nhello\r\n"},
      {"a space before the chunk size", 400, with_chunks + " 5\r\nhello\r\n"},
      {"a space after the chunk size", 400, with_chunks + "5 \r\nhello\r\n"},
      {"a chunk size of 17 digits", 400, with_chunks + "00000000000000005\r\nhello\r\n"},
      {"a huge chunk", 413, with_chunks + "FFFFFFFFFFFFFFFF\r\n"},
      {"a chunk that overflows with what is there", 413, with_chunks + "5\r\nhello\r\nFFFFFFFFFFFFFFFB\r\n"},
      {"bare LF after a chunk size", 400, with_chunks + "5\nhello\r\n"},
      {"bare LF in a chunk extension", 400, with_chunks + "5;a\nb\r\nhello\r\n"},
      {"bare CR in a chunk extension", 400, with_chunks + "5;a\rb\r\nhello\r\n"},
      {"NUL in a chunk extension", 400, with_chunks + std::string("5;\0\r\nhello\r\n", 12)},
      {"a chunk longer than its size", 400, with_chunks + "4\r\nhello\r\n"},
      {"bare LF after a chunk", 400, with_chunks + "5\r\nhello\n0\r\n\r\n"},
      {"a wrong end after CR", 400, with_chunks + "5\r\nhello\rX"},
      {"a length in the trailers", 400, with_chunks + "0\r\nContent-Length: 5\r\n\r\n"},
      {"a coding in the trailers", 400, with_chunks + "0\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {"a Host in the trailers", 400, with_chunks + "0\r\nHost: y\r\n\r\n"},
      {"a folded trailer", 400, with_chunks + "0\r\nX: a\r\n b\r\n\r\n"},
  };
  rows.insert(rows.end(), more.begin(), more.end());
  return rows;
}

Options options_of(const HttpLimits& limits, Kind kind = Kind::unframed) {
  Options options;
  options.kind = kind;
  options.http = limits;
  return options;
}

// The bodies in a stream, then the status of a refusal if there is one. The bytes are shown as a server shows
// them: from the first that is not used, always at another address.
struct Cut {
  std::vector<std::string> bodies;
  int refused = 0;
  bool operator==(const Cut&) const = default;
};

Cut cut(std::string_view stream, std::size_t piece = 0, const HttpLimits& limits = {}) {
  Http http(options_of(limits));
  Cut result;
  std::size_t used = 0, shown = 0;
  if (piece == 0) piece = std::max<std::size_t>(stream.size(), 1);
  try {
    while (shown < stream.size()) {
      shown = std::min(stream.size(), shown + piece);
      for (;;) {
        const std::vector<std::uint8_t> bytes = test::from_text(stream.substr(used, shown - used));
        const auto extent = http.next(bytes);
        if (!extent) {
          BOOST_TEST(http.wanted() > bytes.size());
          break;
        }
        const Bytes raw = Bytes(bytes).subspan(extent->begin, extent->end - extent->begin);
        const Bytes body = http.body(raw);
        result.bodies.emplace_back(body.begin(), body.end());
        BOOST_TEST(http.request().head <= extent->begin);
        http.finish_request();
        used += extent->end;
      }
    }
  } catch (const HttpRefused& refused) {
    result.refused = refused.status();
    BOOST_TEST_THROWS(http.next({}), HttpRefused);
  }
  return result;
}

void expect(const char* what, const Cut& found, const Cut& expected) {
  if (BOOST_TEST(found == expected)) return;
  BOOST_LIGHTWEIGHT_TEST_OSTREAM << what << ": " << found.refused << ", " << found.bodies.size()
                                 << " bodies\n";
}

void test_what_is_clear_is_accepted_in_any_pieces() {
  for (const Accepted& row : accepted()) {
    for (const std::size_t piece : {0, 1, 7}) {
      expect(row.what, cut(row.bytes, piece), {{row.body}, 0});
      expect(row.what, cut(row.bytes + row.bytes, piece), {{row.body, row.body}, 0});
    }
  }
}

void test_what_is_in_doubt_is_refused_in_any_pieces() {
  for (const Doubtful& row : doubtful()) {
    for (const std::size_t piece : {0, 1, 7}) expect(row.what, cut(row.bytes, piece), {{}, row.status});
    if (row.bytes.starts_with("\r\n")) continue;
    expect(row.what, cut(accepted()[0].bytes + row.bytes), {{"hello"}, row.status});
  }
}

void test_a_request_that_is_not_complete_is_none_yet() {
  for (const Accepted& row : accepted()) {
    for (std::size_t end = 0; end < row.bytes.size(); ++end)
      expect(row.what, cut(row.bytes.substr(0, end)), {});
  }
}

void test_sizes_are_limited() {
  const HttpLimits small{64, 40, 200, 6, 1000, 50};
  const std::string with_chunks = head({post, host, chunked});
  const std::string field = "X: " + std::string(37, 'a');
  const std::string half = "1f4\r\n" + std::string(500, 'a') + "\r\n";
  std::string ones;
  for (int i = 0; i < 250; ++i) ones += "1\r\na\r\n";
  const struct {
    const char* what;
    std::string bytes;
    Cut expected;
  } table[] = {
      {"a request line at its limit",
       head({"POST /" + std::string(49, 'a') + " HTTP/1.1", host, five}) + "hello",
       {{"hello"}, 0}},
      {"a request line above it",
       head({"POST /" + std::string(50, 'a') + " HTTP/1.1", host, five}) + "hello",
       {{}, 414}},
      {"a request line without an end", "POST /" + std::string(100, 'a'), {{}, 414}},
      {"a header at its limit", head({post, host, five, field}) + "hello", {{"hello"}, 0}},
      {"a header above it", head({post, host, five, field + "a"}) + "hello", {{}, 431}},
      {"a header without an end", post + "\r\nX: " + std::string(100, 'a'), {{}, 431}},
      {"as many headers as may be",
       head({post, host, five, "X: a", "X: a", "X: a", "X: a"}) + "hello",
       {{"hello"}, 0}},
      {"one more", head({post, host, five, "X: a", "X: a", "X: a", "X: a", "X: a"}) + "hello", {{}, 431}},
      {"headers that are too long together",
       head({post, field, field, field, field, field, field}),
       {{}, 431}},
      {"a body at its limit",
       head({post, host, "Content-Length: 1000"}) + std::string(1000, 'a'),
       {{std::string(1000, 'a')}, 0}},
      {"a body above it", head({post, host, "Content-Length: 1001"}), {{}, 413}},
      {"chunks at the limit", with_chunks + half + half + "0\r\n\r\n", {{std::string(1000, 'a')}, 0}},
      {"chunks above it", with_chunks + half + "1f5\r\n", {{}, 413}},
      {"more around chunks than in them may be", with_chunks + ones, {{}, 413}},
      {"one long chunk extension", with_chunks + "5;" + std::string(60, 'a') + "\r\nhello\r\n", {{}, 400}},
      {"a chunk extension without an end", with_chunks + "5;" + std::string(100, 'a'), {{}, 400}},
      {"many chunk extensions",
       with_chunks + "1;" + std::string(20, 'a') + "\r\nx\r\n1;" + std::string(40, 'a') + "\r\n",
       {{}, 400}},
      {"more trailers than headers may be",
       with_chunks + "0\r\nX: a\r\nX: a\r\nX: a\r\nX: a\r\nX: a\r\n",
       {{}, 431}},
  };
  for (const auto& row : table) {
    for (const std::size_t piece : {0, 1}) expect(row.what, cut(row.bytes, piece, small), row.expected);
  }
  HttpLimits none;
  none.line = none.field = none.head = none.body = none.chunk_extensions = static_cast<std::size_t>(-1);
  expect("no limit of a chunk", cut(with_chunks + "5\r\nhello\r\nFFFFFFFFFFFFFFFF\r\nx", 0, none), {{}, 413});
}

void test_another_protocol_is_refused_at_its_first_byte() {
  for (const char* first : {"80", "00", "82", "5b", "7b", "16", "ff", "20"}) {
    Http http(options_of({}));
    BOOST_TEST_THROWS(http.next(from_hex(first)), HttpRefused);
  }
}

void test_the_next_read_is_as_long_as_the_body() {
  Http http(options_of({}));
  const std::string request = head({post, host, "Content-Length: 1000"});
  BOOST_TEST(!http.next(test::from_text(request)));
  BOOST_TEST_EQ(http.wanted(), request.size() + 1000);
  Http pieces(options_of({}));
  const std::string some = head({post, host, chunked}) + "fff\r\n";
  BOOST_TEST(!pieces.next(test::from_text(some)));
  BOOST_TEST_EQ(pieces.wanted(), some.size() + 0xfff + 2);
}

void test_who_waits_to_continue_is_told_once() {
  const std::string waiting = head({post, host, five, "Expect: 100-continue"});
  const struct {
    std::string bytes;
    bool waits;
  } table[] = {
      {waiting, true},
      {head({post, host, chunked, "Expect: 100-Continue"}), true},
      {waiting + "h", false},
      {waiting.substr(0, waiting.size() - 2), false},
      {head({post, host, five}), false},
      {head({"POST / HTTP/1.0", five, "Expect: 100-continue"}), false},
  };
  for (const auto& row : table) {
    Http http(options_of({}));
    BOOST_TEST(!http.next(test::from_text(row.bytes)));
    Buffer out;
    http.speak(out);
    http.speak(out);
    BOOST_TEST_EQ(std::string(out.bytes().begin(), out.bytes().end()),
                  row.waits ? "HTTP/1.1 100 Continue\r\n\r\n" : "");
  }
}

void test_a_refusal_is_told_once_and_so_is_what_takes_too_long() {
  Http http(options_of({}));
  Buffer out;
  http.speak(out);
  BOOST_TEST(out.empty());
  BOOST_TEST_THROWS(http.next(test::from_text(head({"POST / HTTP/2.0", host}))), HttpRefused);
  http.speak(out);
  const std::string told(out.bytes().begin(), out.bytes().end());
  BOOST_TEST(told.starts_with("HTTP/1.1 505 HTTP Version Not Supported\r\n"));
  BOOST_TEST(told.ends_with("\r\nConnection: close\r\n\r\nthis server speaks HTTP/1.1\n"));
  http.speak(out);
  BOOST_TEST_EQ(out.size(), told.size());

  Http late(options_of({}));
  BOOST_TEST(!late.next(test::from_text(post)));
  out.clear();
  BOOST_TEST(late.give_up());
  late.speak(out);
  BOOST_TEST(
      std::string(out.bytes().begin(), out.bytes().end()).starts_with("HTTP/1.1 408 Request Timeout\r\n"));
  BOOST_TEST_THROWS(late.next(test::from_text(post)), HttpRefused);
}

void test_idle_is_between_requests() {
  Http http(options_of({}));
  const std::string request = head({post, host, five}) + "hello";
  BOOST_TEST(http.is_idle(0));
  for (std::size_t end = 1; end < request.size(); ++end) {
    BOOST_TEST(!http.next(test::from_text(request.substr(0, end))));
    BOOST_TEST(!http.is_idle(end));
  }
  BOOST_TEST(http.next(test::from_text(request)).has_value());
  BOOST_TEST(http.is_idle(0));
}

// What is known of each request when its turn comes.
void test_requests_wait_in_their_order_to_be_answered() {
  Http http(options_of({}));
  const std::string one = head({"POST / HTTP/1.0", "Connection: keep-alive", five}) + "hello";
  const std::string two = "\r\n" + head({"HEAD / HTTP/1.1", host});
  const std::string three =
      head({post, host, chunked, "Connection: close"}) + "1\r\na\r\n1\r\nb\r\n0\r\n\r\n";
  const std::vector<std::uint8_t> stream = test::from_text(one + two + three);
  std::vector<Bytes> raw;
  for (std::size_t used = 0; used < stream.size();) {
    const auto extent = http.next(Bytes(stream).subspan(used));
    if (!BOOST_TEST(extent.has_value())) return;
    raw.push_back(Bytes(stream).subspan(used + extent->begin, extent->end - extent->begin));
    used += extent->end;
  }
  const struct {
    std::size_t head;
    int minor;
    bool is_post, is_head, keep_alive;
    std::string body;
  } table[] = {
      {one.size() - 5, 0, true, false, true, "hello"},
      {two.size() - 2, 1, false, true, true, ""},
      {three.size() - 17, 1, true, false, false, "ab"},
  };
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const HttpRequest request = http.request();
    BOOST_TEST_EQ(request.head, table[i].head);
    BOOST_TEST_EQ(static_cast<int>(request.minor), table[i].minor);
    BOOST_TEST_EQ(request.is_post, table[i].is_post);
    BOOST_TEST_EQ(request.is_head, table[i].is_head);
    BOOST_TEST_EQ(request.keep_alive, table[i].keep_alive);
    const Bytes body = http.body(raw[i]);
    BOOST_TEST_EQ(std::string(body.begin(), body.end()), table[i].body);
    http.finish_request();
  }
}

void test_a_body_has_a_message_as_the_transport_inside_has_it() {
  const std::string call = "80010001 00000003 616464 00000007 00";
  const struct {
    Kind kind;
    std::string body;
    std::string message;  // empty: refused
    std::string around;   // an answer of ff
  } table[] = {
      {Kind::unframed, call, call, "ff"},
      {Kind::unframed, call + "ff", call + "ff", "ff"},
      {Kind::framed, "00000010" + call, call, "00000001 ff"},
      {Kind::framed, "00000010" + call + "ff", call, "00000001 ff"},
      {Kind::framed, "00000011" + call, "", ""},
      {Kind::framed, call, "", ""},
      {Kind::framed, "000000", "", ""},
      {Kind::detected, call, call, "ff"},
      {Kind::detected, "00000010" + call, call, "00000001 ff"},
      {Kind::detected, "80", "", ""},
      {Kind::detected, "474554", "", ""},
  };
  for (const auto& row : table) {
    Http http(options_of({}, row.kind));
    const std::vector<std::uint8_t> body = from_hex(row.body);
    // Twice: each request is a stream of its own.
    for (int i = 0; i < 2; ++i) {
      std::string found;
      try {
        const Bytes message = http.message(body);
        found = test::to_hex(message);
        Buffer out;
        const std::size_t start = http.inner().begin(out);
        out.append(from_hex("ff"));
        http.inner().end(out, start);
        BOOST_TEST_EQ(test::to_hex(out), test::squeezed(row.around));
        if (row.kind == Kind::detected) BOOST_TEST(http.inner().dialect().has_value());
      } catch (const TransportError&) {
      }
      BOOST_TEST_EQ(found, test::squeezed(row.message));
    }
  }
}

void test_answers_get_a_head_with_their_length() {
  Http http(options_of({}));
  Buffer out;
  out.append(std::string_view("before"));
  // Longer and shorter than the one before, and nothing.
  for (const std::size_t length : {3u, 120u, 0u, 1u, 100'000u, 100'000u, 7u}) {
    BOOST_TEST(http.next(test::from_text(head({post, host, five}) + "hello")).has_value());
    out.truncate(6);
    const std::size_t start = http.begin_answer(out);
    const std::string body(length, 'b');
    out.append(body);
    http.end_answer(out, start, true);
    http.finish_request();
    const std::string answer(out.bytes().begin(), out.bytes().end());
    BOOST_TEST(answer.starts_with("beforeHTTP/1.1 200 OK\r\nDate: "));
    BOOST_TEST(answer.ends_with("\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n" + body));
  }
}

void test_refusals_of_one_request_suit_its_client() {
  const struct {
    std::string request;
    bool goes_on;
    std::string end;
  } table[] = {
      {head({"GET / HTTP/1.1", host}), true, "Content-Length: 3\r\nAllow: POST\r\n\r\nno\n"},
      {head({"GET / HTTP/1.0", "Connection: keep-alive"}), true,
       "Content-Length: 3\r\nAllow: POST\r\nConnection: keep-alive\r\n\r\nno\n"},
      {head({"HEAD / HTTP/1.1", host}), false,
       "Content-Length: 3\r\nAllow: POST\r\nConnection: close\r\n\r\n"},
  };
  for (const auto& row : table) {
    Http http(options_of({}));
    BOOST_TEST(http.next(test::from_text(row.request)).has_value());
    Buffer out;
    http.refuse(out, 405, "no", row.goes_on);
    const std::string answer(out.bytes().begin(), out.bytes().end());
    BOOST_TEST(answer.starts_with("HTTP/1.1 405 Method Not Allowed\r\n"));
    BOOST_TEST(answer.ends_with(row.end));
  }
}

void test_small_chunks_and_pieces_take_linear_time() {
  std::string stream = head({post, host, chunked});
  for (int i = 0; i < 200'000; ++i) stream += "1\r\nx\r\n";
  stream += "0\r\n\r\n";
  const std::vector<std::uint8_t> bytes = test::from_text(stream);
  Http http(options_of({}));
  std::optional<Extent> extent;
  for (std::size_t end = 100; !extent; end += 100)
    extent = http.next(Bytes(bytes).first(std::min(end, bytes.size())));
  BOOST_TEST_EQ(http.body(Bytes(bytes).subspan(extent->begin)).size(), 200'000u);
}

void test_a_factory_makes_it_where_options_say_so() {
  Options options = options_of({});
  options.http->body = 4;
  const auto framing = make_framing(options);
  BOOST_TEST_THROWS(framing->next(test::from_text(head({post, host, five}))), HttpRefused);
}

}  // namespace

void test_http() {
  test_what_is_clear_is_accepted_in_any_pieces();
  test_what_is_in_doubt_is_refused_in_any_pieces();
  test_a_request_that_is_not_complete_is_none_yet();
  test_sizes_are_limited();
  test_another_protocol_is_refused_at_its_first_byte();
  test_the_next_read_is_as_long_as_the_body();
  test_who_waits_to_continue_is_told_once();
  test_a_refusal_is_told_once_and_so_is_what_takes_too_long();
  test_idle_is_between_requests();
  test_requests_wait_in_their_order_to_be_answered();
  test_a_body_has_a_message_as_the_transport_inside_has_it();
  test_answers_get_a_head_with_their_length();
  test_refusals_of_one_request_suit_its_client();
  test_small_chunks_and_pieces_take_linear_time();
  test_a_factory_makes_it_where_options_say_so();
}
