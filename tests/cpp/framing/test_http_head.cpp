#include "framing/http_head.hpp"

#include <boost/core/lightweight_test.hpp>

#include "http_cases.hpp"

using namespace fastthrift;
using namespace fastthrift::framing;
using test::chunked;
using test::five;
using test::host;
using test::post;

namespace {

using Lines = std::vector<std::string>;

HttpHead read(const Lines& lines) {
  HttpHead head;
  head.take_request_line(lines.at(0));
  for (std::size_t i = 1; i < lines.size(); ++i) head.take_field(lines[i]);
  head.finish();
  return head;
}

int status_of(const Lines& lines) {
  try {
    read(lines);
    return 200;
  } catch (const HttpRefused& refused) {
    BOOST_TEST_EQ(std::string(refused.what()), std::to_string(refused.status()) + ": " + refused.text());
    return refused.status();
  }
}

// The lines of a head that ends them all with CRLF; none of others.
Lines lines_of(std::string_view bytes) {
  Lines lines;
  for (std::size_t end; (end = bytes.find("\r\n")) != 0; bytes.remove_prefix(end + 2)) {
    if (end == std::string_view::npos) return {};
    lines.emplace_back(bytes.substr(0, end));
    if (lines.back().find_first_of("\r\n") != std::string::npos) return {};
  }
  return lines;
}

void test_what_is_in_doubt_is_refused() {
  std::size_t rows = 0;
  for (const test::Doubtful& row : test::doubtful_heads()) {
    const Lines lines = lines_of(row.bytes);
    if (lines.empty()) continue;  // about the ends of lines
    ++rows;
    if (!BOOST_TEST_EQ(status_of(lines), row.status)) BOOST_LIGHTWEIGHT_TEST_OSTREAM << row.what << '\n';
  }
  BOOST_TEST(rows > 80);
}

void test_the_body_is_as_long_as_the_head_says() {
  const struct {
    Lines lines;
    bool is_chunked;
    std::optional<std::size_t> length;
  } table[] = {
      {{post, host, five}, false, 5},
      {{post, host, "Content-Length: 0"}, false, 0},
      {{post, host, "content-LENGTH:\t 0005 "}, false, 5},
      {{post, host, "Content-Length: 999999999999999999"}, false, 999'999'999'999'999'999},
      {{post, host}, false, std::nullopt},
      {{"GET / HTTP/1.1", host}, false, std::nullopt},
      {{post, host, chunked}, true, std::nullopt},
      {{post, host, "TRANSFER-ENCODING:  CHUNKED\t"}, true, std::nullopt},
      {{post, host, five, "X-Length: 6", "Content-Lengths: 7", "Content-Encoding: identity"}, false, 5},
  };
  for (const auto& row : table) {
    const HttpHead head = read(row.lines);
    BOOST_TEST_EQ(head.is_chunked(), row.is_chunked);
    BOOST_TEST(head.length() == row.length);
  }
}

void test_the_request_line_names_method_target_and_version() {
  const struct {
    const char* line;
    bool is_post, is_head;
    int minor;
  } table[] = {
      {"POST / HTTP/1.1", true, false, 1},
      {"POST /a?b=c&d=%20 HTTP/1.0", true, false, 0},
      {"POST http://example.org HTTP/1.1", true, false, 1},
      {"POST HTTPS://[::1]:80/x HTTP/1.7", true, false, 7},
      {"POST http://x?y HTTP/1.1", true, false, 1},
      {"HEAD / HTTP/1.1", false, true, 1},
      {"post / HTTP/1.1", false, false, 1},
      {"BREW /tea HTTP/1.1", false, false, 1},
      {"OPTIONS * HTTP/1.1", false, false, 1},
      {"CONNECT x:80 HTTP/1.1", false, false, 1},
  };
  for (const auto& row : table) {
    const HttpHead head = read({row.line, host});
    BOOST_TEST_EQ(head.is_post(), row.is_post);
    BOOST_TEST_EQ(head.is_head(), row.is_head);
    BOOST_TEST_EQ(static_cast<int>(head.minor()), row.minor);
  }
}

void test_hosts_may_be_names_and_addresses() {
  for (const char* value :
       {"", "x", "example.org:8080", "x:", "[::1]", "[fe80::1%25eth0]:80", "a_b~c", "1.2.3.4:5"}) {
    if (!BOOST_TEST_EQ(status_of({post, std::string("Host: ") + value, five}), 200)) {
      BOOST_LIGHTWEIGHT_TEST_OSTREAM << value << '\n';
    }
  }
  BOOST_TEST_EQ(status_of({"POST / HTTP/1.0", five}), 200);
}

void test_the_client_says_whether_the_connection_goes_on() {
  const struct {
    std::string version;
    Lines fields;
    bool keeps_alive;
  } table[] = {
      {"HTTP/1.1", {}, true},
      {"HTTP/1.1", {"Connection: close"}, false},
      {"HTTP/1.1", {"Connection: Close"}, false},
      {"HTTP/1.1", {"Connection: keep-alive"}, true},
      {"HTTP/1.1", {"Connection: closed"}, true},
      {"HTTP/1.1", {"Connection: upgrade,\t close "}, false},
      {"HTTP/1.1", {"Connection: keep-alive", "Connection: close"}, false},
      {"HTTP/1.0", {}, false},
      {"HTTP/1.0", {"Connection: Keep-Alive"}, true},
      {"HTTP/1.0", {"Connection: keep-alive, close"}, false},
  };
  for (const auto& row : table) {
    Lines lines = {"POST / " + row.version, host, five};
    lines.insert(lines.end(), row.fields.begin(), row.fields.end());
    BOOST_TEST_EQ(read(lines).keeps_alive(), row.keeps_alive);
  }
}

void test_a_client_may_wait_to_continue_from_http_1_1_on() {
  BOOST_TEST(read({post, host, five, "Expect: 100-continue"}).expects_continue());
  BOOST_TEST(read({post, host, five, "Expect: 100-CONTINUE"}).expects_continue());
  BOOST_TEST(!read({post, host, five}).expects_continue());
  BOOST_TEST(!read({"POST / HTTP/1.0", five, "Expect: 100-continue"}).expects_continue());
  BOOST_TEST(!read({"POST / HTTP/1.0", five, "Expect: tea"}).expects_continue());
}

void test_trailers_say_nothing_about_the_message() {
  HttpHead::check_trailer("X-Sum: 1");
  for (const char* line : {"Content-Length: 5", "TRANSFER-ENCODING: chunked", "Host: y",
                           "Content-Encoding: gzip", " folded", "no colon", "X : y"}) {
    try {
      HttpHead::check_trailer(line);
      BOOST_ERROR(line);
    } catch (const HttpRefused& refused) {
      BOOST_TEST_EQ(refused.status(), 400);
    }
  }
}

void test_an_accepted_head_can_be_read_again() {
  const std::string text =
      test::head({"POST /a?b=c HTTP/1.0", host, five, "X-One:", "x-one: \t a b\xe9 "}) + "body\r\n";
  const HttpLines lines = read_http_lines(text);
  BOOST_TEST_EQ(lines.method, "POST");
  BOOST_TEST_EQ(lines.target, "/a?b=c");
  BOOST_TEST_EQ(static_cast<int>(lines.minor), 0);
  const std::vector<std::pair<std::string_view, std::string_view>> fields = {
      {"Host", "x"}, {"Content-Length", "5"}, {"X-One", ""}, {"x-one", "a b\xe9"}};
  BOOST_TEST(lines.fields == fields);
}

}  // namespace

void test_http_head() {
  test_what_is_in_doubt_is_refused();
  test_the_body_is_as_long_as_the_head_says();
  test_the_request_line_names_method_target_and_version();
  test_hosts_may_be_names_and_addresses();
  test_the_client_says_whether_the_connection_goes_on();
  test_a_client_may_wait_to_continue_from_http_1_1_on();
  test_trailers_say_nothing_about_the_message();
  test_an_accepted_head_can_be_read_again();
}
