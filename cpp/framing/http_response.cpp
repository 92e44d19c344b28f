#include "framing/http_response.hpp"

#include <chrono>
#include <string>

namespace fastthrift::framing {
namespace {

// The statuses that a server of Thrift gives, in the words of RFC 9110.
std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 431:
      return "Request Header Fields Too Large";
    case 501:
      return "Not Implemented";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Internal Server Error";
  }
}

void append_number(Buffer& out, std::size_t number, std::size_t width = 1) {
  char digits[20];
  std::size_t first = sizeof digits;
  for (; number != 0 || sizeof digits - first < width; number /= 10) {
    digits[--first] = static_cast<char>('0' + number % 10);
  }
  out.append(digits + first, sizeof digits - first);
}

// IMF-fixdate (RFC 9110, section 5.6.7): Sun, 06 Nov 1994 08:49:37 GMT
void append_date(Buffer& out, std::time_t now) {
  constexpr std::string_view days = "SunMonTueWedThuFriSat";
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const std::chrono::sys_seconds time{std::chrono::seconds{now}};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const auto of_day = static_cast<std::size_t>((time - day).count());
  out.append(days.substr(std::chrono::weekday{day}.c_encoding() * 3, 3));
  out.append(std::string_view(", "));
  append_number(out, static_cast<unsigned>(date.day()), 2);
  out.append(std::string_view(" "));
  out.append(months.substr((static_cast<unsigned>(date.month()) - 1) * 3, 3));
  out.append(std::string_view(" "));
  append_number(out, static_cast<std::size_t>(static_cast<int>(date.year())), 4);
  out.append(std::string_view(" "));
  append_number(out, of_day / 3600, 2);
  out.append(std::string_view(":"));
  append_number(out, of_day / 60 % 60, 2);
  out.append(std::string_view(":"));
  append_number(out, of_day % 60, 2);
  out.append(std::string_view(" GMT"));
}

}  // namespace

void append_response_head(Buffer& out, int status, std::size_t length, const HttpConnection& connection,
                          std::time_t now) {
  out.append(std::string_view("HTTP/1.1 "));
  append_number(out, static_cast<std::size_t>(status), 3);
  out.append(std::string_view(" "));
  out.append(reason_of(status));
  out.append(std::string_view("\r\nDate: "));
  append_date(out, now);
  out.append(std::string_view("\r\nContent-Type: "));
  out.append(std::string_view(status == 200 ? "application/x-thrift" : "text/plain"));
  out.append(std::string_view("\r\nContent-Length: "));
  append_number(out, length);
  if (status == 405) out.append(std::string_view("\r\nAllow: POST"));
  if (!connection.goes_on) {
    out.append(std::string_view("\r\nConnection: close"));
  } else if (connection.minor == 0) {
    out.append(std::string_view("\r\nConnection: keep-alive"));
  }
  out.append(std::string_view("\r\n\r\n"));
}

void append_refusal(Buffer& out, int status, std::string_view text, const HttpConnection& connection,
                    bool is_head, std::time_t now) {
  append_response_head(out, status, text.size() + 1, connection, now);
  if (is_head) return;
  out.append(text);
  out.append(std::string_view("\n"));
}

}  // namespace fastthrift::framing
