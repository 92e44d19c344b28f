#pragma once

#include <string>
#include <vector>

// What a server of HTTP/1.1 accepts and what it must refuse (RFC 9112; the rows follow Http11Probe), for the
// tests of the head alone and of whole requests.
namespace fastthrift::test {

inline const std::string post = "POST / HTTP/1.1", host = "Host: x", five = "Content-Length: 5",
                         chunked = "Transfer-Encoding: chunked";

inline std::string head(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\r\n";
  return text + "\r\n";
}

struct Accepted {
  const char* what;
  std::string bytes;
  std::string body;
};

struct Doubtful {
  const char* what;
  int status;
  std::string bytes;
};

// Of a complete head.
inline const std::vector<Doubtful>& doubtful_heads() {
  static const std::vector<Doubtful> rows = {
      // Lines
      {"bare LF after the request line", 400, "POST / HTTP/1.1\nHost: x\r\nContent-Length: 5\r\n\r\nhello"},
      {"bare LF after a header", 400, "POST / HTTP/1.1\r\nHost: x\nContent-Length: 5\r\n\r\nhello"},
      {"bare LF as the empty line", 400, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\nhello"},
      {"bare CR in the request line", 400, "POST /\r HTTP/1.1\r\nHost: x\r\n\r\n"},
      {"bare CR in a header", 400, head({post, host, "X: a\rb", five})},
      {"two CRs before LF", 400, "POST / HTTP/1.1\r\r\nHost: x\r\n\r\n"},
      {"two empty lines before", 400, "\r\n\r\n" + head({post, host, five})},
      {"white space before the request line", 400, " " + head({post, host, five})},
      // Request line
      {"no version", 400, head({"POST /", host})},
      {"only a method", 400, head({"POST", host})},
      {"two spaces", 400, head({"POST  / HTTP/1.1", host})},
      {"a tab between", 400, head({"POST\t/ HTTP/1.1", host})},
      {"a space in the target", 400, head({"POST /a b HTTP/1.1", host})},
      {"a space at the end", 400, head({"POST / HTTP/1.1 ", host})},
      {"no target", 400, head({"POST  HTTP/1.1", host})},
      {"a fragment", 400, head({"POST /#a HTTP/1.1", host})},
      {"NUL in the target", 400, head({std::string("POST /\0 HTTP/1.1", 16), host})},
      {"Latin-1 in the target", 400, head({"POST /\xe9 HTTP/1.1", host})},
      {"a relative target", 400, head({"POST x HTTP/1.1", host})},
      {"an asterisk for POST", 400, head({"POST * HTTP/1.1", host})},
      {"an authority for POST", 400, head({"POST x:80 HTTP/1.1", host})},
      {"a URL without a host", 400, head({"POST http:///x HTTP/1.1", host})},
      {"a URL with a user", 400, head({"POST http://a@x/ HTTP/1.1", host})},
      {"a URL of another scheme", 400, head({"POST ftp://x/ HTTP/1.1", host})},
      {"a method that is no token", 400, head({"PO(ST / HTTP/1.1", host})},
      {"http in small letters", 400, head({"POST / http/1.1", host})},
      {"a version of one digit", 400, head({"POST / HTTP/1", host})},
      {"a version of three digits", 400, head({"POST / HTTP/1.10", host})},
      {"a version with a comma", 400, head({"POST / HTTP/1,1", host})},
      {"a version with a space", 400, head({"POST / HTTP/ 1.1", host})},
      {"HTTP/2.0", 505, head({"POST / HTTP/2.0", host})},
      {"HTTP/0.9", 505, head({"POST / HTTP/0.9", host})},
      {"the preface of HTTP/2", 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
      // Header lines
      {"a space before the colon", 400, head({post, "Host : x", five})},
      {"a tab before the colon", 400, head({post, "Host\t: x", five})},
      {"no colon", 400, head({post, host, "X-Nothing", five})},
      {"an empty name", 400, head({post, host, ": x", five})},
      {"a space in a name", 400, head({post, host, "X Y: x", five})},
      {"Latin-1 in a name", 400, head({post, host, "\xe9: x", five})},
      {"NUL in a name", 400, head({post, host, std::string("X\0: x", 5), five})},
      {"NUL in a value", 400, head({post, host, std::string("X: a\0b", 6), five})},
      {"a control character in a value", 400,
       head({post, host,
             "X: a\x0b"
             "b",
             five})},
      {"DEL in a value", 400,
       head({post, host,
             "X: a\x7f"
             "b",
             five})},
      {"a folded line", 400, head({post, host, "X: a", " b", five})},
      {"a line folded by a tab", 400, head({post, host, "X: a", "\tb", five})},
      {"white space before the first header", 400, head({post, " Host: x", five})},
      // Host
      {"no Host", 400, head({post, five})},
      {"two Hosts", 400, head({post, host, host, five})},
      {"two different Hosts", 400, head({post, host, "Host: y", five})},
      {"two Hosts in HTTP/1.0", 400, head({"POST / HTTP/1.0", host, host, five})},
      {"two Hosts in one", 400, head({post, "Host: x, y", five})},
      {"a user in Host", 400, head({post, "Host: a@x", five})},
      {"a path in Host", 400, head({post, "Host: x/y", five})},
      {"a scheme in Host", 400, head({post, "Host: http://x", five})},
      {"a port that is no number", 400, head({post, "Host: x:y", five})},
      {"a port of six digits", 400, head({post, "Host: x:123456", five})},
      {"an address without its end", 400, head({post, "Host: [::1", five})},
      {"an empty address", 400, head({post, "Host: []", five})},
      {"something behind an address", 400, head({post, "Host: [::1]x", five})},
      {"a space in Host", 400, head({post, "Host: x y", five})},
      // Content-Length
      {"two equal lengths", 400, head({post, host, five, five})},
      {"two lengths", 400, head({post, host, five, "Content-Length: 6"})},
      {"a list of lengths", 400, head({post, host, "Content-Length: 5, 5"})},
      {"a plus sign", 400, head({post, host, "Content-Length: +5"})},
      {"a minus sign", 400, head({post, host, "Content-Length: -5"})},
      {"minus zero", 400, head({post, host, "Content-Length: -0"})},
      {"an underscore", 400, head({post, host, "Content-Length: 1_0"})},
      {"hexadecimal", 400, head({post, host, "Content-Length: 0x5"})},
      {"a fraction", 400, head({post, host, "Content-Length: 5.0"})},
      {"a space within", 400, head({post, host, "Content-Length: 1 0"})},
      {"no number at all", 400, head({post, host, "Content-Length: five"})},
      {"an empty length", 400, head({post, host, "Content-Length:"})},
      {"digits of another script", 400, head({post, host, "Content-Length: \xb2"})},
      {"a length that overflows", 400, head({post, host, "Content-Length: 18446744073709551621"})},
      // Transfer-Encoding
      {"chunked and a length", 400, head({post, host, chunked, five})},
      {"a length and chunked", 400, head({post, host, five, chunked})},
      {"chunked in HTTP/1.0", 400, head({"POST / HTTP/1.0", host, chunked})},
      {"chunked twice", 400, head({post, host, "Transfer-Encoding: chunked, chunked"})},
      {"chunked in two headers", 400, head({post, host, chunked, chunked})},
      {"chunked not last", 400, head({post, host, "Transfer-Encoding: chunked, gzip"})},
      {"a coding other than chunked", 400, head({post, host, "Transfer-Encoding: gzip"})},
      {"identity", 400, head({post, host, "Transfer-Encoding: identity"})},
      {"gzip and chunked", 501, head({post, host, "Transfer-Encoding: gzip, chunked"})},
      {"gzip and chunked in two headers", 501, head({post, host, "Transfer-Encoding: gzip", chunked})},
      {"an empty coding", 400, head({post, host, "Transfer-Encoding:"})},
      {"an empty coding before", 400, head({post, host, "Transfer-Encoding: , chunked"})},
      {"chunked with a parameter", 400, head({post, host, "Transfer-Encoding: chunked;a=b"})},
      {"chunked in quotes", 400, head({post, host, "Transfer-Encoding: \"chunked\""})},
      {"xchunked", 400, head({post, host, "Transfer-Encoding: xchunked"})},
      {"a vertical tab before chunked", 400,
       head({post, host,
             "Transfer-Encoding: \x0b"
             "chunked"})},
      {"a space before the colon of Transfer-Encoding", 400,
       head({post, host, "Transfer-Encoding : chunked", five})},
      // What else a server cannot do
      {"an unknown expectation", 417, head({post, host, five, "Expect: 200-ok"})},
      {"two expectations", 417, head({post, host, five, "Expect: 100-continue", "Expect: 100-continue"})},
      {"encoded content", 415, head({post, host, five, "Content-Encoding: gzip"})},
      {"content that is encoded twice", 415,
       head({post, host, five, "Content-Encoding: identity", "Content-Encoding: identity"})},
  };
  return rows;
}

}  // namespace fastthrift::test
