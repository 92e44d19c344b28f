#include "framing/http_response.hpp"

#include <boost/core/lightweight_test.hpp>
#include <string>

using namespace fastthrift;
using namespace fastthrift::framing;

namespace {

std::string text_of(const Buffer& buffer) {
  return {reinterpret_cast<const char*>(buffer.data()), buffer.size()};
}

// RFC 9110, section 5.6.7
constexpr std::time_t november = 784111777;
const std::string date = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";

void test_a_head_tells_the_length_and_the_fate_of_the_connection() {
  const struct {
    int status;
    std::size_t length;
    HttpConnection connection;
    std::string expected;
  } table[] = {
      {200,
       0,
       {true, 1},
       "HTTP/1.1 200 OK\r\n" + date + "Content-Type: application/x-thrift\r\nContent-Length: 0\r\n\r\n"},
      {200,
       16384000,
       {true, 0},
       "HTTP/1.1 200 OK\r\n" + date +
           "Content-Type: application/x-thrift\r\nContent-Length: 16384000\r\nConnection: "
           "keep-alive\r\n\r\n"},
      {200,
       9,
       {false, 0},
       "HTTP/1.1 200 OK\r\n" + date +
           "Content-Type: application/x-thrift\r\nContent-Length: 9\r\nConnection: close\r\n\r\n"},
      {405,
       24,
       {true, 1},
       "HTTP/1.1 405 Method Not Allowed\r\n" + date +
           "Content-Type: text/plain\r\nContent-Length: 24\r\nAllow: POST\r\n\r\n"},
      {400,
       5,
       {false, 1},
       "HTTP/1.1 400 Bad Request\r\n" + date +
           "Content-Type: text/plain\r\nContent-Length: 5\r\nConnection: close\r\n\r\n"},
  };
  for (const auto& row : table) {
    Buffer out;
    append_response_head(out, row.status, row.length, row.connection, november);
    BOOST_TEST_EQ(text_of(out), row.expected);
  }
}

void test_each_status_has_its_reason() {
  const std::pair<int, std::string> table[] = {
      {200, "OK"},
      {400, "Bad Request"},
      {405, "Method Not Allowed"},
      {408, "Request Timeout"},
      {411, "Length Required"},
      {413, "Content Too Large"},
      {414, "URI Too Long"},
      {415, "Unsupported Media Type"},
      {417, "Expectation Failed"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {505, "HTTP Version Not Supported"},
  };
  for (const auto& [status, reason] : table) {
    Buffer out;
    append_response_head(out, status, 0, {}, november);
    BOOST_TEST(text_of(out).starts_with("HTTP/1.1 " + std::to_string(status) + " " + reason + "\r\n"));
  }
}

void test_dates_are_right_in_any_year() {
  const std::pair<std::time_t, std::string> table[] = {
      {0, "Thu, 01 Jan 1970 00:00:00 GMT"},          {951782399, "Mon, 28 Feb 2000 23:59:59 GMT"},
      {951782400, "Tue, 29 Feb 2000 00:00:00 GMT"},  {1735689599, "Tue, 31 Dec 2024 23:59:59 GMT"},
      {4102444800, "Fri, 01 Jan 2100 00:00:00 GMT"},
  };
  for (const auto& [now, expected] : table) {
    Buffer out;
    append_response_head(out, 200, 0, {}, now);
    if (!BOOST_TEST(text_of(out).find("\r\nDate: " + expected + "\r\n") != std::string::npos)) {
      BOOST_LIGHTWEIGHT_TEST_OSTREAM << text_of(out) << '\n';
    }
  }
}

void test_a_refusal_is_a_line_of_text() {
  Buffer out;
  append_refusal(out, 400, "malformed Host", {}, false, november);
  BOOST_TEST_EQ(text_of(out),
                "HTTP/1.1 400 Bad Request\r\n" + date +
                    "Content-Type: text/plain\r\nContent-Length: 15\r\nConnection: close\r\n\r\n"
                    "malformed Host\n");
  // HEAD learns how long the text would be.
  out.clear();
  append_refusal(out, 405, "no", {true, 1}, true, november);
  BOOST_TEST(text_of(out).ends_with("Content-Length: 3\r\nAllow: POST\r\n\r\n"));
}

}  // namespace

void test_http_response() {
  test_a_head_tells_the_length_and_the_fate_of_the_connection();
  test_each_status_has_its_reason();
  test_dates_are_right_in_any_year();
  test_a_refusal_is_a_line_of_text();
}
