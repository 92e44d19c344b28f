#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"
#include "base/errors.hpp"
#include "base/input.hpp"
#include "base/limits.hpp"
#include "wire/skip.hpp"
#include "wire/types.hpp"

namespace fastthrift::wire {

// Finds where a message without a frame ends, in bytes that arrive in any pieces. Show `scan` all bytes of
// the message so far; it goes on where it stopped, so that each byte is looked at about once. What can never
// become a message is refused as soon as its bytes are there (ProtocolError, or TransportError over the
// message limit): declared sizes are checked against what that limit leaves. After an error the scanner is of
// no more use.
template <class Reader>
class MessageScanner {
 public:
  MessageScanner(const Limits& limits, typename Reader::Options options)
      : limits_(limits),
        options_(options),
        input_(limits.message),
        reader_(input_, limits, options),
        walk_(limits, 0, "reading a Thrift struct", "reading a Thrift container") {}
  MessageScanner(const MessageScanner&) = delete;
  MessageScanner& operator=(const MessageScanner&) = delete;

  // The size of the message, after which the next one may be shown; or 0: more bytes are needed, `wanted` in
  // all.
  std::size_t scan(Bytes message) {
    if (message.size() < wanted_ || message.size() < input_.offset()) return 0;
    // Nothing behind the limit is looked at, so that the outcome is the same in whatever pieces the bytes
    // come.
    if (message.size() > limits_.message) message = message.first(limits_.message);
    if (!has_header_) {
      if (const std::size_t size = plain_message(message)) return size;
    }
    input_.show(message);
    if (!has_header_) {
      const std::size_t extent = Reader::message_extent(message, limits_, options_);
      if (extent > message.size()) return want(extent);
      reader_.message_begin();
      has_header_ = true;
      walk_.begin(TType::struct_);
    }
    if (!walk_.go_on(reader_, input_)) return want(input_.offset() + input_.missing());
    const std::size_t size = input_.offset();
    has_header_ = false;
    wanted_ = 1;
    input_.restart();
    return size;
  }

  // Before the first `scan`: what comes is a single value instead of a message, no bool of a field header.
  void begin_value(TType type) {
    has_header_ = true;
    walk_.begin(type);
  }

  // How many bytes of the message are needed, as far as those shown last tell; never more than the message
  // limit.
  std::size_t wanted() const { return wanted_; }

 private:
  // What has arrived of the message; what it may still declare is bounded by the limit, not by what is at
  // hand.
  class Arrived : public Input {
   public:
    explicit Arrived(std::size_t most) : Input({}), most_(most) {}

    void show(Bytes message) { set_window(message.subspan(offset()), offset()); }
    void restart() { set_window({}, 0); }
    std::size_t left() const override { return offset() < most_ ? most_ - offset() : 0; }
    std::size_t missing() const { return missing_; }

    // As Walk asks for them.
    bool has_field() { return has(Reader::field_extent(rest())); }
    bool has_value(TType type) { return has(Reader::value_extent(type, rest())); }
    std::uint64_t pass(std::uint64_t n) {
      if (n <= at_hand()) [[likely]] {
        advance(static_cast<std::size_t>(n));
        return 0;
      }
      n -= at_hand();
      advance(at_hand());
      missing_ = static_cast<std::size_t>(n);
      return n;
    }

   private:
    Bytes rest() const { return {position(), at_hand()}; }
    bool has(std::size_t extent) {
      missing_ = extent;
      return extent <= at_hand();
    }

    const std::size_t most_;
    std::size_t missing_ = 0;  // bytes needed from the position on
  };

  // Most messages are all at hand, and their fields are plain values. 0: has to be walked.
  std::size_t plain_message(Bytes message) {
    if constexpr (requires { Reader::plain_message_size(message, limits_); }) {
      const std::size_t size = Reader::plain_message_size(message, limits_);
      if (size != 0) wanted_ = 1;
      return size;
    }
    return 0;
  }

  std::size_t want(std::size_t wanted) {
    if (wanted > limits_.message) refuse_message(wanted, limits_.message);
    wanted_ = wanted;
    return 0;
  }

  const Limits& limits_;
  const typename Reader::Options options_;
  Arrived input_;
  Reader reader_;
  Walk<Reader> walk_;
  bool has_header_ = false;
  std::size_t wanted_ = 1;
};

}  // namespace fastthrift::wire
