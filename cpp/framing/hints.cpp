#include "framing/hints.hpp"

#include <algorithm>
#include <cstring>

#include "framing/framing.hpp"

namespace fastthrift::framing {
namespace {

// What the bytes may be, and what the person who reads the error can do.
struct Look {
  std::string_view what;
  std::string_view advice;
};

constexpr Look http_request{"an HTTP request", "the client must use a Thrift socket, or this server HTTP"};
constexpr Look http_response{"an HTTP response", "the server speaks HTTP: use an HTTP client"};
constexpr Look tls{"a TLS handshake", "one side uses TLS and the other does not"};
constexpr Look tls_alert{"a TLS alert", "one side uses TLS and the other does not"};
constexpr Look binary{"an unframed binary message",
                      "use the binary protocol and a buffered transport on both sides"};
constexpr Look compact{"an unframed compact message",
                       "use the compact protocol and a buffered transport on both sides"};
constexpr Look framed_binary{"a framed binary message",
                             "use the binary protocol and a framed transport on both sides"};
constexpr Look framed_compact{"a framed compact message",
                              "use the compact protocol and a framed transport on both sides"};
constexpr Look header{"a THeader message",
                      "use THeaderProtocolFactory on this side, or no headers on the other"};
constexpr Look json{"a JSON message", "use the same protocol on both sides"};
constexpr Look old_binary{"an old binary message, without a version", "read it with strict_read=False"};
constexpr Look framed_old_binary{"a framed old binary message, without a version",
                                 "use a framed transport and strict_read=False"};

bool starts_with(Bytes bytes, std::string_view text) {
  return bytes.size() >= text.size() && std::memcmp(bytes.data(), text.data(), text.size()) == 0;
}

bool is_binary(Bytes bytes) { return bytes.size() >= 2 && bytes[0] == 0x80 && bytes[1] == 0x01; }

bool is_compact(Bytes bytes) {
  return bytes.size() >= 2 && bytes[0] == 0x82 && (bytes[1] & 0x1f) == 1 && bytes[1] >> 5 >= 1 &&
         bytes[1] >> 5 <= 4;
}

// A short name that can be printed, then a message type.
bool is_old_binary(Bytes bytes) {
  if (bytes.size() < 6) return false;
  const std::uint32_t size = load_big_endian<std::uint32_t>(bytes.data());
  if (size == 0 || size > 255 || bytes.size() < 5 + size) return false;
  const Bytes name = bytes.subspan(4, size);
  const std::uint8_t type = bytes[4 + size];
  return std::all_of(name.begin(), name.end(), [](std::uint8_t c) { return c > 0x20 && c < 0x7f; }) &&
         type >= 1 && type <= 4;
}

// What is inside a frame, or behind the length of one.
const Look* look_inside(Bytes body) {
  if (is_binary(body)) return &framed_binary;
  if (is_compact(body)) return &framed_compact;
  if (body.size() >= 2 && body[0] == 0x0f && body[1] == 0xff) return &header;
  if (starts_with(body, "[1,\"") || starts_with(body, "{\"")) return &json;
  if (is_old_binary(body)) return &framed_old_binary;
  return nullptr;
}

const Look* look(Bytes first) {
  for (std::string_view verb :
       {"GET ", "POST ", "PUT ", "HEAD ", "DELETE ", "OPTIONS ", "PATCH ", "CONNECT ", "PRI * "}) {
    if (starts_with(first, verb.substr(0, 4))) return &http_request;
  }
  if (starts_with(first, "HTTP")) return &http_response;
  if (first.size() >= 3 && first[0] == 0x16 && first[1] == 0x03 && first[2] <= 0x04) return &tls;
  if (first.size() >= 3 && first[0] == 0x15 && first[1] == 0x03 && first[2] <= 0x04) return &tls_alert;
  if (is_binary(first)) return &binary;
  if (is_compact(first)) return &compact;
  if (is_old_binary(first)) return &old_binary;
  if (starts_with(first, "[1,\"") || starts_with(first, "{\"")) return &json;
  return first.size() >= 6 ? look_inside(first.subspan(4)) : nullptr;
}

std::string words(const Look* found) {
  if (found == nullptr) return {};
  return "; this looks like " + std::string(found->what) + ": " + std::string(found->advice);
}

}  // namespace

std::string_view looks_like(Bytes first) {
  const Look* found = look(first);
  return found != nullptr ? found->what : std::string_view();
}

std::string hint(Bytes first, std::string_view expected) {
  const Look* found = look(first);
  return found == nullptr || found->what == expected ? std::string() : words(found);
}

std::string hint_inside(Bytes body) { return words(look_inside(body)); }

}  // namespace fastthrift::framing
