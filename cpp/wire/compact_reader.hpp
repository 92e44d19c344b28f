#pragma once

#include <bit>
#include <cstdint>
#include <utility>

#include "base/bytes.hpp"
#include "base/hints.hpp"
#include "base/input.hpp"
#include "base/limits.hpp"
#include "wire/checks.hpp"
#include "wire/compact_types.hpp"
#include "wire/field_head.hpp"
#include "wire/types.hpp"
#include "wire/varint.hpp"

namespace fastthrift::wire {

class CompactReader {
 public:
  using Options = CompactOptions;
  // The last field id of the struct around.
  struct Saved {
    std::int16_t last_id;
  };

  CompactReader(Input& in, const Limits& limits, Options = {}) : in_(in), limits_(limits) {}

  static constexpr bool boolean_in_header = true;

  Input& input() { return in_; }

  // See BinaryReader::Place.
  class Place {
   public:
    explicit Place(CompactReader& reader) : reader_(reader) { resume(); }
    FASTTHRIFT_INLINE void leave() {
      reader_.in_.advance(static_cast<std::size_t>(at_ - reader_.in_.need(0)));
      reader_.last_id_ = last_id_;
      reader_.field_bool_ = field_bool_;
    }
    FASTTHRIFT_INLINE void resume() {
      at_ = reader_.in_.need(0);
      end_ = at_ + reader_.in_.at_hand();
      last_id_ = reader_.last_id_;
      field_bool_ = reader_.field_bool_;
    }

    FASTTHRIFT_INLINE Saved struct_begin() { return {std::exchange(last_id_, std::int16_t{0})}; }
    FASTTHRIFT_INLINE void struct_end(Saved saved) {
      last_id_ = saved.last_id;
      leave();
    }
    FASTTHRIFT_INLINE bool stop() {
      if (at_ == end_ || *at_ != 0) return false;
      ++at_;
      field_bool_ = 0;
      return true;
    }
    FASTTHRIFT_INLINE bool field_begin(const FieldHead& head) {
      const std::int32_t header = head.compact - last_id_ * 16;
      if (at_ == end_ || header < 16) return false;
      const std::uint8_t byte = *at_;
      const bool is_bool = head.type == TType::bool_;
      if (byte != header && !(is_bool && byte == header + 1)) return false;
      ++at_;
      last_id_ = head.id;
      field_bool_ = is_bool ? byte & 0x0f : 0;
      return true;
    }
    FASTTHRIFT_INLINE bool boolean(bool& value) {
      if (field_bool_ == 0 && at_ == end_) return false;
      value = (field_bool_ != 0 ? field_bool_ : *at_++) == 1;
      field_bool_ = 0;
      return true;
    }
    FASTTHRIFT_INLINE bool i8(std::int8_t& value) {
      if (at_ == end_) return false;
      value = static_cast<std::int8_t>(*at_++);
      return true;
    }
    FASTTHRIFT_INLINE bool i16(std::int16_t& value) { return number(value); }
    FASTTHRIFT_INLINE bool i32(std::int32_t& value) { return number(value); }
    FASTTHRIFT_INLINE bool i64(std::int64_t& value) { return number(value); }
    FASTTHRIFT_INLINE bool float64(double& value) {
      if (end_ - at_ < 8) return false;
      value = std::bit_cast<double>(load_little_endian<std::uint64_t>(at_));
      at_ += 8;
      return true;
    }
    FASTTHRIFT_INLINE bool string(Bytes& bytes) const {
      if (end_ - at_ < 2) return false;
      std::size_t size = at_[0];
      const std::uint8_t* text = at_ + 1;
      if (size >= 0x80) {
        if (at_[1] >= 0x80) return false;
        size = (size & 0x7f) | std::size_t{at_[1]} << 7;
        ++text;
      }
      if (size > static_cast<std::size_t>(end_ - text) || size > reader_.limits_.string) return false;
      bytes = {text, size};
      return true;
    }
    FASTTHRIFT_INLINE void advance_behind(Bytes bytes) { at_ = bytes.data() + bytes.size(); }
    FASTTHRIFT_INLINE const std::uint8_t* mark() const { return at_; }
    FASTTHRIFT_INLINE void back(const std::uint8_t* mark) { at_ = mark; }

   private:
    template <class T>
    FASTTHRIFT_INLINE bool number(T& value) {
      std::uint64_t word = 0;
      if (at_ != end_ && *at_ < 0x80) [[likely]] {
        word = *at_++;
      } else {
        const unsigned size = end_ - at_ < 8 ? 0 : unpack_varint(at_, sizeof(T) * 8, word);
        if (size == 0) return false;
        at_ += size;
      }
      value = static_cast<T>(unzigzag(word));
      return true;
    }

    CompactReader& reader_;
    const std::uint8_t* at_;
    const std::uint8_t* end_;
    std::int16_t last_id_;
    std::uint8_t field_bool_;
  };
  const Limits& limits() const { return limits_; }

  MessageHeader message_begin();

  Saved struct_begin() {
    const Saved saved{last_id_};
    last_id_ = 0;
    return saved;
  }
  void struct_end(Saved saved) { last_id_ = saved.last_id; }
  FieldHeader field_begin() {
    const std::uint8_t byte = *in_.take(1);
    // A bool of the field before that nobody asked for is forgotten here.
    field_bool_ = (byte & 0x0f) <= 2 ? byte & 0x0f : 0;
    // Its lower half is the type: 0 ends the struct whatever stands above it, for all peers.
    if ((byte & 0x0f) == 0) return {TType::stop, 0};
    const TType type = checked_type(byte & 0x0f);
    const std::int32_t id = byte >> 4 != 0 ? last_id_ + (byte >> 4) : unzigzag(read_varint<16>(in_));
    if (id > 0x7fff) [[unlikely]]
      refuse_field_id(id, in_);
    last_id_ = static_cast<std::int16_t>(id);
    return {type, last_id_};
  }

  // A field's value came with its header; an element is a byte, and 1 alone is true.
  bool boolean() {
    const std::uint8_t code = field_bool_ != 0 ? field_bool_ : *in_.take(1);
    field_bool_ = 0;
    return code == 1;
  }
  std::int8_t i8() { return static_cast<std::int8_t>(*in_.take(1)); }
  std::int16_t i16() { return static_cast<std::int16_t>(unzigzag(read_varint<16>(in_))); }
  std::int32_t i32() { return static_cast<std::int32_t>(unzigzag(read_varint<32>(in_))); }
  std::int64_t i64() { return unzigzag(read_varint<64>(in_)); }
  double float64() { return std::bit_cast<double>(load_little_endian<std::uint64_t>(in_.take(8))); }
  const std::uint8_t* uuid() { return in_.take(16); }
  // A string or binary; the view is valid until the next read.
  Bytes string() {
    const std::size_t size = string_size();
    return {in_.take(size), size};
  }
  Bytes binary() { return string(); }
  std::size_t string_size() {
    const std::uint64_t size = read_varint<32>(in_);
    check_string(size, in_, limits_);
    return static_cast<std::size_t>(size);
  }

  // Lists and sets look alike. An empty one may carry any type: peers write what they have at hand there.
  ListHeader list_begin() {
    field_bool_ = 0;
    const std::uint8_t byte = *in_.take(1);
    const std::uint32_t size = byte >> 4 != 15 ? byte >> 4 : static_cast<std::uint32_t>(read_varint<32>(in_));
    if (size == 0) return {compact_types[byte & 0x0f], 0};
    const TType element = checked_type(byte & 0x0f);
    check_container(size, minimum_size(element), in_, limits_);
    return {element, size};
  }
  // An empty map is one byte, without types.
  MapHeader map_begin() {
    field_bool_ = 0;
    const std::uint32_t size = static_cast<std::uint32_t>(read_varint<32>(in_));
    if (size == 0) return {TType::stop, TType::stop, 0};
    const std::uint8_t byte = *in_.take(1);
    const TType key = checked_type(byte >> 4), value = checked_type(byte & 0x0f);
    check_container(size, minimum_size(key) + minimum_size(value), in_, limits_);
    return {key, value, size};
  }

  // The least bytes that a value takes (Apache's getMinSerializedSize), for checking declared sizes.
  static constexpr std::size_t minimum_size(TType type) {
    return type == TType::double_ ? 8 : type == TType::uuid ? 16 : 1;
  }
  // The bytes of an element that always takes as many, else 0: a run of those is skipped in one step.
  static constexpr std::size_t fixed_size(TType type) {
    switch (type) {
      case TType::bool_:
      case TType::i8:
        return 1;
      case TType::double_:
        return 8;
      case TType::uuid:
        return 16;
      default:
        return 0;
    }
  }

  // How many bytes the next header takes, as far as `bytes` tell: it is complete, and reading it cannot run
  // out of bytes, once there are as many. A header that will be refused counts as complete as soon as that is
  // known.
  static std::size_t message_extent(Bytes bytes, const Limits& limits, Options options);
  static std::size_t field_extent(Bytes bytes) {
    if (bytes.empty() || bytes[0] == 0 || bytes[0] >> 4 != 0 || !is_compact_code(bytes[0] & 0x0f)) return 1;
    return 1 + varint_extent(bytes.subspan(1), 16);
  }
  // Of a value that is not of fixed size: a number, a string's length, the head of a list, set or map.
  static std::size_t value_extent(TType type, Bytes bytes);

 private:
  TType checked_type(unsigned code) const {
    if (!is_compact_code(code)) [[unlikely]]
      refuse_type(code, in_);
    return compact_types[code];
  }

  Input& in_;
  const Limits& limits_;
  std::int16_t last_id_ = 0;
  std::uint8_t field_bool_ = 0;  // 1 true, 2 false: the value that the last field header carried; 0 none
};

}  // namespace fastthrift::wire
