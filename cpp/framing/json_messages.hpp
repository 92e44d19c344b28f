#pragma once

#include <optional>
#include <utility>

#include "framing/framing.hpp"
#include "framing/hints.hpp"
#include "wire/checks.hpp"

namespace fastthrift::framing {

// Messages in Apache's JSON, one behind the other, with or without spaces between them: each is a list, and
// ends with its bracket. What is inside is the reader's business.
class JsonMessages final : public Framing {
 public:
  explicit JsonMessages(const Limits& limits) : limits_(limits) {}

  std::optional<Extent> next(Bytes bytes) override {
    for (; at_ < bytes.size(); ++at_) {
      if (at_ == limits_.message) wire::refuse_message(bytes.size(), limits_.message);
      const std::uint8_t byte = bytes[at_];
      if (in_string_) {
        if (is_escaped_) {
          is_escaped_ = false;
        } else if (byte == '\\') {
          is_escaped_ = true;
        } else if (byte == '"') {
          in_string_ = false;
        }
        continue;
      }
      if (open_ == 0 && byte != '[' && !is_space(byte)) refuse(bytes);
      if (byte == '"') {
        in_string_ = true;
      } else if (byte == '[' || byte == '{') {
        ++open_;
      } else if ((byte == ']' || byte == '}') && --open_ == 0) {
        return Extent{0, std::exchange(at_, 0) + 1};
      }
    }
    return std::nullopt;
  }
  std::size_t wanted() const override { return at_ + 1; }

  std::size_t begin(Buffer& out) const override { return out.size(); }
  void end(Buffer& out, std::size_t start) const override {
    const std::size_t size = out.size() - start;
    if (size > limits_.message) wire::refuse_message(size, limits_.message);
  }

 private:
  static bool is_space(std::uint8_t byte) {
    return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
  }
  [[noreturn]] void refuse(Bytes bytes) const {
    throw ProtocolError(ProtocolError::Kind::invalid_data,
                        "JSON: a message begins with '['" + hint(bytes.subspan(at_), "a JSON message"));
  }

  const Limits limits_;
  std::size_t at_ = 0;    // how far it has looked
  std::size_t open_ = 0;  // brackets
  bool in_string_ = false;
  bool is_escaped_ = false;
};

}  // namespace fastthrift::framing
