#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "base/bytes.hpp"
#include "base/hints.hpp"
#include "base/input.hpp"
#include "base/limits.hpp"
#include "wire/binary_options.hpp"
#include "wire/checks.hpp"
#include "wire/field_head.hpp"
#include "wire/types.hpp"

namespace fastthrift::wire {

class BinaryReader {
 public:
  using Options = BinaryOptions;
  static constexpr std::uint32_t version_1 = 0x80010000;  // the first word of a strict message, and its type
  // What `struct_begin` saves for `struct_end`; compact keeps the last field id there.
  struct Saved {};

  BinaryReader(Input& in, const Limits& limits, Options options = {})
      : in_(in), limits_(limits), options_(options) {}

  // A bool that is a field takes a byte of its own (compact: none, it is in the header).
  static constexpr bool boolean_in_header = false;

  Input& input() { return in_; }

  // Where the reader stands while nothing but plain values is read: in registers. In between the reader is of
  // no use; `leave` before anything else may read, or run Python code that does, and `resume` behind it. What
  // answers false has read nothing: the reader then does it, or says what is wrong.
  class Place {
   public:
    explicit Place(BinaryReader& reader) : reader_(reader) { resume(); }
    FASTTHRIFT_INLINE void leave() {
      reader_.in_.advance(static_cast<std::size_t>(at_ - reader_.in_.need(0)));
    }
    FASTTHRIFT_INLINE void resume() {
      at_ = reader_.in_.need(0);
      end_ = at_ + reader_.in_.at_hand();
    }

    FASTTHRIFT_INLINE Saved struct_begin() { return {}; }
    FASTTHRIFT_INLINE void struct_end(Saved) { leave(); }
    // The byte behind the last field.
    FASTTHRIFT_INLINE bool stop() {
      if (at_ == end_ || *at_ != 0) return false;
      ++at_;
      return true;
    }
    // The header of this very field.
    FASTTHRIFT_INLINE bool field_begin(const FieldHead& head) {
      std::uint32_t word;
      if (end_ - at_ < 4) return false;
      std::memcpy(&word, at_, 4);  // no value is shorter than a byte
      if ((word & FieldHead::binary_mask) != head.binary) return false;
      at_ += 3;
      return true;
    }
    FASTTHRIFT_INLINE bool boolean(bool& value) {
      if (at_ == end_) return false;
      value = *at_++ != 0;
      return true;
    }
    FASTTHRIFT_INLINE bool i8(std::int8_t& value) { return fixed(value); }
    FASTTHRIFT_INLINE bool i16(std::int16_t& value) { return fixed(value); }
    FASTTHRIFT_INLINE bool i32(std::int32_t& value) { return fixed(value); }
    FASTTHRIFT_INLINE bool i64(std::int64_t& value) { return fixed(value); }
    FASTTHRIFT_INLINE bool float64(double& value) {
      std::uint64_t bits;
      if (!fixed(bits)) return false;
      value = std::bit_cast<double>(bits);
      return true;
    }
    // A string that is all at hand, without moving on: `advance` to its end does.
    FASTTHRIFT_INLINE bool string(Bytes& bytes) const {
      if (end_ - at_ < 4) return false;
      const auto size = load_big_endian<std::uint32_t>(at_);
      if (size > static_cast<std::size_t>(end_ - at_ - 4) || size > reader_.limits_.string ||
          size > 0x7fffffff) {
        return false;
      }
      bytes = {at_ + 4, size};
      return true;
    }
    FASTTHRIFT_INLINE void advance_behind(Bytes bytes) { at_ = bytes.data() + bytes.size(); }
    // Elements that were read are read again: `back` to where `mark` was.
    FASTTHRIFT_INLINE const std::uint8_t* mark() const { return at_; }
    FASTTHRIFT_INLINE void back(const std::uint8_t* mark) { at_ = mark; }

   private:
    template <class T>
    FASTTHRIFT_INLINE bool fixed(T& value) {
      if (end_ - at_ < static_cast<std::ptrdiff_t>(sizeof value)) [[unlikely]]
        return false;
      value = load_big_endian<T>(at_);
      at_ += sizeof value;
      return true;
    }

    BinaryReader& reader_;
    const std::uint8_t* at_;
    const std::uint8_t* end_;
  };
  const Limits& limits() const { return limits_; }

  MessageHeader message_begin();

  Saved struct_begin() { return {}; }
  void struct_end(Saved) {}
  FieldHeader field_begin() {
    const std::uint8_t type = *in_.take(1);
    if (type == 0) return {TType::stop, 0};
    return {checked_type(type), load_big_endian<std::int16_t>(in_.take(2))};
  }

  bool boolean() { return *in_.take(1) != 0; }
  std::int8_t i8() { return static_cast<std::int8_t>(*in_.take(1)); }
  std::int16_t i16() { return load_big_endian<std::int16_t>(in_.take(2)); }
  std::int32_t i32() { return load_big_endian<std::int32_t>(in_.take(4)); }
  std::int64_t i64() { return load_big_endian<std::int64_t>(in_.take(8)); }
  double float64() { return std::bit_cast<double>(load_big_endian<std::uint64_t>(in_.take(8))); }
  const std::uint8_t* uuid() { return in_.take(16); }
  // A string or binary; the view is valid until the next read.
  Bytes string() {
    const std::size_t size = string_size();
    return {in_.take(size), size};
  }
  Bytes binary() { return string(); }
  std::size_t string_size() {
    const std::int32_t size = i32();
    if (size < 0) [[unlikely]]
      refuse_negative_size(size, in_);
    check_string(static_cast<std::uint32_t>(size), in_, limits_);
    return static_cast<std::size_t>(size);
  }

  // Lists and sets look alike. An empty container may carry any type: peers write what they have at hand
  // there.
  ListHeader list_begin() {
    const std::uint8_t* at = in_.need(5);
    const std::int32_t size = load_big_endian<std::int32_t>(at + 1);
    if (size == 0) {
      in_.advance(5);
      return {static_cast<TType>(at[0]), 0};
    }
    const TType element = checked_type(at[0]);
    in_.advance(5);
    return {element, checked_size(size, minimum_size(element))};
  }
  MapHeader map_begin() {
    const std::uint8_t* at = in_.need(6);
    const std::int32_t size = load_big_endian<std::int32_t>(at + 2);
    if (size == 0) {
      in_.advance(6);
      return {static_cast<TType>(at[0]), static_cast<TType>(at[1]), 0};
    }
    const TType key = checked_type(at[0]), value = checked_type(at[1]);
    in_.advance(6);
    return {key, value, checked_size(size, minimum_size(key) + minimum_size(value))};
  }

  // The least bytes that a value takes (Apache's getMinSerializedSize), for checking declared sizes.
  static constexpr std::size_t minimum_size(TType type) {
    switch (type) {
      case TType::i16:
        return 2;
      case TType::i32:
        return 4;
      case TType::i64:
      case TType::double_:
        return 8;
      case TType::string:
        return 4;
      case TType::list:
      case TType::set:
        return 5;
      case TType::map:
        return 6;
      case TType::uuid:
        return 16;
      default:
        return 1;
    }
  }
  // The bytes of a value that always takes as many, else 0: a run of those is skipped in one step.
  static constexpr std::size_t fixed_size(TType type) {
    switch (type) {
      case TType::bool_:
      case TType::i8:
        return 1;
      case TType::i16:
        return 2;
      case TType::i32:
        return 4;
      case TType::i64:
      case TType::double_:
        return 8;
      case TType::uuid:
        return 16;
      default:
        return 0;
    }
  }

  // The size of a struct at the beginning of `bytes`, if it is there as a whole and has only numbers and
  // strings that nothing speaks against; else 0: then a walk finds its end, or what is wrong.
  static std::size_t plain_struct_size(Bytes bytes, const Limits& limits) {
    const std::uint8_t* at = bytes.data();
    const std::uint8_t* const end = at + bytes.size();
    if (limits.depth == 0) return 0;
    while (at != end) {
      const std::uint8_t type = *at;
      if (type == 0) return static_cast<std::size_t>(at + 1 - bytes.data());
      const std::size_t left = static_cast<std::size_t>(end - at);
      std::size_t size = 3;
      if (type == static_cast<std::uint8_t>(TType::string)) {
        if (left < 7) return 0;
        const std::uint32_t string = load_big_endian<std::uint32_t>(at + 3);
        if (string > left - 7 || string > limits.string) return 0;
        size = 7 + string;
      } else {
        const std::size_t fixed = type <= 16 ? fixed_size(static_cast<TType>(type)) : 0;
        if (fixed == 0 || left < 3 + fixed) return 0;
        size += fixed;
      }
      at += size;
    }
    return 0;
  }

  // The same of a message with a version.
  static std::size_t plain_message_size(Bytes bytes, const Limits& limits) {
    if (bytes.size() < 12) return 0;
    const std::uint32_t type = load_big_endian<std::uint32_t>(bytes.data()) - version_1;
    const std::uint32_t name = load_big_endian<std::uint32_t>(bytes.data() + 4);
    if (type < 1 || type > 4 || name > limits.method_name || name > bytes.size() - 12) return 0;
    const std::size_t body = plain_struct_size(bytes.subspan(12 + name), limits);
    return body == 0 ? 0 : 12 + name + body;
  }

  // How many bytes the next header takes, as far as `bytes` tell: it is complete, and reading it cannot run
  // out of bytes, once there are as many. A header that will be refused counts as complete as soon as that is
  // known.
  static std::size_t message_extent(Bytes bytes, const Limits& limits, Options options);
  static std::size_t field_extent(Bytes bytes) { return bytes.empty() || bytes[0] == 0 ? 1 : 3; }
  // Of a value that is not of fixed size: a string's length, the head of a list, set or map.
  static std::size_t value_extent(TType type, Bytes) {
    return type == TType::string ? 4 : type == TType::map ? 6 : 5;
  }

 private:
  std::uint32_t checked_size(std::int32_t size, std::size_t minimum) const {
    if (size < 0) [[unlikely]]
      refuse_negative_size(size, in_);
    check_container(static_cast<std::uint32_t>(size), minimum, in_, limits_);
    return static_cast<std::uint32_t>(size);
  }
  // void (1) has no value, so a container of it would be endless work for no bytes: refused like an unknown
  // type.
  TType checked_type(std::uint8_t code) const {
    constexpr std::uint32_t known = 1u << 2 | 1u << 3 | 1u << 4 | 1u << 6 | 1u << 8 | 1u << 10 | 1u << 11 |
                                    1u << 12 | 1u << 13 | 1u << 14 | 1u << 15 | 1u << 16;
    if (code == 18) [[unlikely]]
      return TType::string;  // thriftpy2's BINARY, which it accepts on input
    if (code > 16 || (known >> code & 1) == 0) [[unlikely]]
      refuse_type(code, in_);
    return static_cast<TType>(code);
  }

  MessageType message_type(unsigned code) const {
    return options_.any_message_type ? static_cast<MessageType>(code) : checked_message_type(code, in_);
  }

  Input& in_;
  const Limits& limits_;
  Options options_;
};

}  // namespace fastthrift::wire
