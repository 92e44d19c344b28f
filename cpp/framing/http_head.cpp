#include "framing/http_head.hpp"

#include <algorithm>
#include <array>

namespace fastthrift::framing {
namespace {

// What a byte may be part of.
constexpr std::uint8_t token = 1, target = 2, value = 4, host = 8, address = 16, authority = 32, digit = 64;

constexpr std::array<std::uint8_t, 256> parts_of_bytes = [] {
  std::array<std::uint8_t, 256> parts{};
  const auto allow = [&](std::string_view characters, std::uint8_t part) {
    for (const char c : characters) parts[static_cast<std::uint8_t>(c)] |= part;
  };
  constexpr std::string_view digits = "0123456789";
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  allow(digits, token | host | address | authority | digit);
  allow(letters, token | host | address | authority);
  allow("!#$%&'*+-.^_`|~", token);
  allow("-._~%!$&'()*+;=", host | authority);
  allow(":.%-_~", address);
  allow(":[]", authority);
  for (std::size_t byte = 0; byte < 256; ++byte) {
    if (byte > 0x20 && byte < 0x7f && byte != '#') parts[byte] |= target;
    if (byte == '\t' || (byte >= 0x20 && byte != 0x7f)) parts[byte] |= value;
  }
  return parts;
}();

bool are(std::string_view text, std::uint8_t part) {
  return std::all_of(text.begin(), text.end(),
                     [part](char c) { return (parts_of_bytes[static_cast<std::uint8_t>(c)] & part) != 0; });
}
bool is_token(std::string_view text) { return !text.empty() && are(text, token); }

// `small` is in small letters.
bool is_same(std::string_view text, std::string_view small) {
  return text.size() == small.size() &&
         std::equal(text.begin(), text.end(), small.begin(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + ('a' - 'A') : a) == b; });
}

std::string_view stripped(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") + 1 - first);
}

// For each of a list in which commas separate, empty ones included.
template <class Action>
void for_each(std::string_view list, Action action) {
  for (;;) {
    const std::size_t comma = list.find(',');
    action(stripped(list.substr(0, comma)));
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

struct RequestLine {
  std::string_view method, target, version;
};

RequestLine split_request_line(std::string_view line) {
  const std::size_t first = std::min(line.find(' '), line.size());
  const std::size_t second = std::min(line.find(' ', first + 1), line.size());
  if (second == line.size()) return {};
  return {line.substr(0, first), line.substr(first + 1, second - first - 1), line.substr(second + 1)};
}

using Field = std::pair<std::string_view, std::string_view>;

Field split_field(std::string_view line) {
  const std::size_t colon = std::min(line.find(':'), line.size());
  return {line.substr(0, colon), stripped(line.substr(std::min(colon + 1, line.size())))};
}

Field checked_field(std::string_view line) {
  if (line.starts_with(' ') || line.starts_with('\t')) throw HttpRefused(400, "a folded header line");
  const Field field = split_field(line);
  if (field.first.size() == line.size() || !is_token(field.first)) {
    throw HttpRefused(400, "malformed header line");
  }
  if (!are(field.second, value)) throw HttpRefused(400, "a control character in a header");
  return field;
}

// An http or https URL with an authority in which nobody is named.
bool is_url(std::string_view text) {
  const std::size_t slashes = text.find("://");
  if (slashes == std::string_view::npos) return false;
  const std::string_view scheme = text.substr(0, slashes);
  if (!is_same(scheme, "http") && !is_same(scheme, "https")) return false;
  text.remove_prefix(slashes + 3);
  const std::string_view named = text.substr(0, text.find_first_of("/?"));
  return !named.empty() && are(named, authority);
}

bool is_host(std::string_view text) {
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos || end == 1 || !are(text.substr(1, end - 1), address)) return false;
    port = text.substr(end + 1);
  } else {
    const std::size_t end = std::min(text.find(':'), text.size());
    if (!are(text.substr(0, end), host)) return false;
    port = text.substr(end);
  }
  if (port.empty()) return true;
  return port.front() == ':' && port.size() <= 6 && are(port.substr(1), digit);
}

}  // namespace

void HttpHead::take_request_line(std::string_view line) {
  const auto [method, wanted, version] = split_request_line(line);
  const bool is_shaped = is_token(method) && !wanted.empty() && are(wanted, target) && version.size() == 8 &&
                         version.starts_with("HTTP/") && are(version.substr(5, 1), digit) &&
                         version[6] == '.' && are(version.substr(7), digit);
  if (!is_shaped) throw HttpRefused(400, "malformed request line");
  if (version[5] != '1') throw HttpRefused(505, "this server speaks HTTP/1.1");
  // CONNECT has an authority and OPTIONS may have an asterisk; all others a path or a whole URL.
  if (method != "CONNECT" && method != "OPTIONS" && !wanted.starts_with('/') && !is_url(wanted)) {
    throw HttpRefused(400, "the request target is no path and no URL");
  }
  is_post_ = method == "POST";
  is_head_ = method == "HEAD";
  minor_ = static_cast<std::uint8_t>(version[7] - '0');
}

void HttpHead::take_field(std::string_view line) {
  const auto [name, text] = checked_field(line);
  if (is_same(name, "host")) {
    ++hosts_;
    host_is_right_ = is_host(text);
  } else if (is_same(name, "content-length")) {
    ++lengths_;
    length_is_right_ = !text.empty() && text.size() <= 18 && are(text, digit);
    length_ = 0;
    if (!length_is_right_) return;
    for (const char c : text) length_ = length_ * 10 + static_cast<std::uint64_t>(c - '0');
  } else if (is_same(name, "transfer-encoding")) {
    ++codings_;
    take_codings(text);
  } else if (is_same(name, "content-encoding")) {
    ++encodings_;
    is_identity_ = text == "identity";
  } else if (is_same(name, "connection")) {
    take_options(text);
  } else if (is_same(name, "expect")) {
    ++expectations_;
    is_continue_ = is_same(text, "100-continue");
  }
}

void HttpHead::take_codings(std::string_view names) {
  for_each(names, [this](std::string_view name) {
    ++transfer_codings_;
    ends_chunked_ = is_same(name, "chunked");
    chunkeds_ += ends_chunked_ ? 1 : 0;
    codings_are_right_ = codings_are_right_ && is_token(name);
  });
}

void HttpHead::take_options(std::string_view options) {
  for_each(options, [this](std::string_view option) {
    says_close_ = says_close_ || is_same(option, "close");
    says_keep_alive_ = says_keep_alive_ || is_same(option, "keep-alive");
  });
}

void HttpHead::finish() const {
  check_host();
  if (lengths_ != 0 && codings_ != 0) {
    throw HttpRefused(400, "both Content-Length and Transfer-Encoding");
  }
  check_length();
  check_codings();
  if (encodings_ > 1 || !is_identity_) throw HttpRefused(415, "encoded content");
  if (expects_continue() && (expectations_ > 1 || !is_continue_)) {
    throw HttpRefused(417, "an expectation other than 100-continue");
  }
}

void HttpHead::check_host() const {
  if (hosts_ > 1 || (minor_ >= 1 && hosts_ == 0)) {
    throw HttpRefused(400, std::to_string(hosts_) + " Host headers where one is due");
  }
  if (!host_is_right_) throw HttpRefused(400, "malformed Host");
}

void HttpHead::check_length() const {
  if (lengths_ > 1 || !length_is_right_) throw HttpRefused(400, "Content-Length must be one number");
}

void HttpHead::check_codings() const {
  if (codings_ == 0) return;
  if (minor_ == 0) throw HttpRefused(400, "Transfer-Encoding in HTTP/1.0");
  if (!ends_chunked_ || chunkeds_ > 1 || !codings_are_right_) {
    throw HttpRefused(400, "the body is not delimited by chunked");
  }
  if (transfer_codings_ > 1) throw HttpRefused(501, "a transfer coding other than chunked");
}

std::optional<std::size_t> HttpHead::length() const {
  if (lengths_ == 0) return std::nullopt;
  return static_cast<std::size_t>(length_);
}

void HttpHead::check_trailer(std::string_view line) {
  const std::string_view name = checked_field(line).first;
  for (const std::string_view other : {"content-length", "transfer-encoding", "host", "content-encoding"}) {
    if (is_same(name, other)) throw HttpRefused(400, "a trailer that belongs into the head");
  }
}

HttpLines read_http_lines(std::string_view head) {
  HttpLines lines;
  bool is_first = true;
  for (std::size_t end; (end = head.find("\r\n")) != std::string_view::npos && end != 0;) {
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(end + 2);
    if (is_first) {
      const RequestLine request = split_request_line(line);
      lines.method = request.method;
      lines.target = request.target;
      lines.minor = static_cast<std::uint8_t>(request.version.back() - '0');
      is_first = false;
    } else {
      lines.fields.push_back(split_field(line));
    }
  }
  return lines;
}

}  // namespace fastthrift::framing
