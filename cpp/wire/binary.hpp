#pragma once

#include <bit>
#include <cstdint>
#include <string_view>

#include "base/buffer.hpp"
#include "base/copy.hpp"
#include "base/bytes.hpp"
#include "base/input.hpp"
#include "base/limits.hpp"
#include "wire/checks.hpp"
#include "wire/types.hpp"

// The binary protocol (doc/specs/thrift-binary-protocol.md of Apache Thrift): fixed-size big-endian numbers,
// lengths in front. Every protocol has a Reader and a Writer with these members; the codec is a template over
// them.
namespace fastthrift::wire {

struct BinaryOptions {
  bool strict_read = true;        // refuse messages without the version word
  bool strict_write = true;       // write the version word
  bool any_message_type = false;  // read: leave it to the caller whether the message type is one of the four
};

class BinaryReader {
 public:
  using Options = BinaryOptions;
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
    void leave() { reader_.in_.advance(static_cast<std::size_t>(at_ - reader_.in_.need(0))); }
    void resume() {
      at_ = reader_.in_.need(0);
      end_ = at_ + reader_.in_.at_hand();
    }

    bool struct_end() {
      if (at_ == end_ || *at_ != 0) return false;
      ++at_;
      return true;
    }
    // The header of this very field.
    bool field_begin(TType type, std::int16_t id) {
      if (end_ - at_ < 3 || *at_ != static_cast<std::uint8_t>(type) ||
          load_big_endian<std::int16_t>(at_ + 1) != id) {
        return false;
      }
      at_ += 3;
      return true;
    }
    bool boolean(bool& value) {
      if (at_ == end_) return false;
      value = *at_++ != 0;
      return true;
    }
    bool i8(std::int8_t& value) { return fixed(value); }
    bool i16(std::int16_t& value) { return fixed(value); }
    bool i32(std::int32_t& value) { return fixed(value); }
    bool i64(std::int64_t& value) { return fixed(value); }
    bool float64(double& value) {
      std::uint64_t bits;
      if (!fixed(bits)) return false;
      value = std::bit_cast<double>(bits);
      return true;
    }
    // A string that is all at hand, without moving on: `advance` to its end does.
    bool string(Bytes& bytes) const {
      if (end_ - at_ < 4) return false;
      const auto size = load_big_endian<std::uint32_t>(at_);
      if (size > static_cast<std::size_t>(end_ - at_ - 4) || size > reader_.limits_.string ||
          size > 0x7fffffff) {
        return false;
      }
      bytes = {at_ + 4, size};
      return true;
    }
    void advance_behind(Bytes bytes) { at_ = bytes.data() + bytes.size(); }

   private:
    template <class T>
    bool fixed(T& value) {
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

class BinaryWriter {
 public:
  using Options = BinaryOptions;
  struct Saved {};

  explicit BinaryWriter(Buffer& out, Options options = {}) : out_(out), options_(options) {}

  Buffer& buffer() { return out_; }

  // Where the writer stands while nothing but plain values is written: in registers. In between the writer is
  // of no use; `leave` before anything else may write, or run Python code that does, and `resume` behind it.
  // After `resume` and `make_room` there is room for one field of fixed size and the end of a struct.
  class Place {
   public:
    static constexpr std::size_t room = 16;

    explicit Place(BinaryWriter& writer) : writer_(writer) { resume(); }
    void leave() { writer_.out_.commit_to(at_); }
    void resume() {
      at_ = writer_.out_.prepare(room);
      limit_ = writer_.out_.end_of_room() - room;
    }
    // `more`: the bytes of a string.
    void make_room(std::size_t more = 0) {
      if (at_ > limit_ || static_cast<std::size_t>(limit_ - at_) < more) [[unlikely]] {
        writer_.out_.commit_to(at_);
        at_ = writer_.out_.prepare(room + more);
        limit_ = writer_.out_.end_of_room() - room;
      }
    }

    void struct_end() { *at_++ = 0; }
    void field_begin(TType type, std::int16_t id) {
      at_[0] = static_cast<std::uint8_t>(type);
      store_big_endian(at_ + 1, id);
      at_ += 3;
    }
    void field_boolean(std::int16_t id, bool value) {
      field_begin(TType::bool_, id);
      boolean(value);
    }
    void boolean(bool value) { *at_++ = value; }
    void i8(std::int8_t value) { *at_++ = static_cast<std::uint8_t>(value); }
    void i16(std::int16_t value) { fixed(value); }
    void i32(std::int32_t value) { fixed(value); }
    void i64(std::int64_t value) { fixed(value); }
    void float64(double value) { fixed(std::bit_cast<std::uint64_t>(value)); }
    void string(const std::uint8_t* bytes, std::size_t size) {
      fixed(static_cast<std::int32_t>(size));
      copy_short(at_, bytes, size);
      at_ += size;
    }

   private:
    template <class T>
    void fixed(T value) {
      store_big_endian(at_, value);
      at_ += sizeof value;
    }

    BinaryWriter& writer_;
    std::uint8_t* at_;
    std::uint8_t* limit_;
  };

  void message_begin(std::string_view name, MessageType type, std::int32_t sequence_id);

  Saved struct_begin() { return {}; }
  void struct_end(Saved) { *out_.extend(1) = 0; }  // the stop byte
  void field_begin(TType type, std::int16_t id) {
    std::uint8_t* at = out_.extend(3);
    at[0] = static_cast<std::uint8_t>(type);
    store_big_endian(at + 1, id);
  }
  // A whole field: compact puts the value into the header.
  void field_boolean(std::int16_t id, bool value) {
    std::uint8_t* at = out_.extend(4);
    at[0] = static_cast<std::uint8_t>(TType::bool_);
    store_big_endian(at + 1, id);
    at[3] = value;
  }

  void boolean(bool value) { *out_.extend(1) = value; }
  void i8(std::int8_t value) { *out_.extend(1) = static_cast<std::uint8_t>(value); }
  void i16(std::int16_t value) { store_big_endian(out_.extend(2), value); }
  void i32(std::int32_t value) { store_big_endian(out_.extend(4), value); }
  void i64(std::int64_t value) { store_big_endian(out_.extend(8), value); }
  void float64(double value) { store_big_endian(out_.extend(8), std::bit_cast<std::uint64_t>(value)); }
  void uuid(const std::uint8_t* bytes) { out_.append(bytes, 16); }
  void string(const void* bytes, std::size_t size) {
    const std::int32_t declared = checked_size(size);
    std::uint8_t* at = out_.prepare(4 + size);
    store_big_endian(at, declared);
    if (size != 0) std::memcpy(at + 4, bytes, size);
    out_.commit(4 + size);
  }
  void binary(const void* bytes, std::size_t size) { string(bytes, size); }

  void list_begin(TType element, std::size_t size) {
    const std::int32_t declared = checked_size(size);
    std::uint8_t* at = out_.extend(5);
    at[0] = static_cast<std::uint8_t>(element);
    store_big_endian(at + 1, declared);
  }
  void map_begin(TType key, TType value, std::size_t size) {
    const std::int32_t declared = checked_size(size);
    std::uint8_t* at = out_.extend(6);
    at[0] = static_cast<std::uint8_t>(key);
    at[1] = static_cast<std::uint8_t>(value);
    store_big_endian(at + 2, declared);
  }

 private:
  static std::int32_t checked_size(std::size_t size) {
    if (size > 0x7fffffff)
      throw ProtocolError(ProtocolError::Kind::size_limit, "Size limit: more than 2^31-1");
    return static_cast<std::int32_t>(size);
  }

  Buffer& out_;
  Options options_;
};

}  // namespace fastthrift::wire
