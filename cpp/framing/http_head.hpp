#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/errors.hpp"

namespace fastthrift::framing {

// A request that gets this status and no other answer. Nothing more is read of its connection, because nobody
// knows where the next request would begin.
class HttpRefused : public ProtocolError {
 public:
  HttpRefused(int status, const std::string& text)
      : ProtocolError(Kind::invalid_data, std::to_string(status) + ": " + text),
        status_(status),
        text_(text) {}

  int status() const { return status_; }
  const std::string& text() const { return text_; }

 private:
  int status_;
  std::string text_;
};

// The head of a request, line by line, and what it says about the body (RFC 9110, RFC 9112). Whatever two
// readers could read in two ways is refused: that is how requests are smuggled past a proxy. All members
// throw HttpRefused; lines come without their ends.
class HttpHead {
 public:
  void take_request_line(std::string_view line);
  void take_field(std::string_view line);
  // After the last line.
  void finish() const;
  // A line behind a chunked body, which may say nothing that belongs into the head.
  static void check_trailer(std::string_view line);

  // All below: of a head that is finished.
  bool is_post() const { return is_post_; }
  bool is_head() const { return is_head_; }
  std::uint8_t minor() const { return minor_; }  // of the version 1.x
  bool is_chunked() const { return codings_ != 0; }
  std::optional<std::size_t> length() const;
  bool keeps_alive() const { return !says_close_ && (minor_ >= 1 || says_keep_alive_); }
  bool expects_continue() const { return minor_ >= 1 && expectations_ != 0; }

 private:
  void check_host() const;
  void check_length() const;
  void check_codings() const;
  void take_codings(std::string_view names);
  void take_options(std::string_view options);

  bool is_post_ = false, is_head_ = false;
  std::uint8_t minor_ = 0;
  std::uint32_t hosts_ = 0, lengths_ = 0, codings_ = 0, encodings_ = 0, expectations_ = 0;  // lines
  bool host_is_right_ = true, length_is_right_ = true;
  std::uint64_t length_ = 0;
  std::uint32_t transfer_codings_ = 0, chunkeds_ = 0;  // names
  bool ends_chunked_ = false, codings_are_right_ = true;
  bool is_identity_ = true;
  bool says_close_ = false, says_keep_alive_ = false;
  bool is_continue_ = true;
};

// What stands in the head of a request that has been accepted; all within its bytes.
struct HttpLines {
  std::string_view method;
  std::string_view target;
  std::uint8_t minor = 1;
  std::vector<std::pair<std::string_view, std::string_view>> fields;  // names as they came
};
HttpLines read_http_lines(std::string_view head);

}  // namespace fastthrift::framing
