#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/buffer.hpp"
#include "base/copy.hpp"
#include "base/bytes.hpp"
#include "base/input.hpp"
#include "base/limits.hpp"
#include "wire/checks.hpp"
#include "wire/types.hpp"
#include "wire/varint.hpp"

// The compact protocol (doc/specs/thrift-compact-protocol.md of Apache Thrift): numbers of variable length,
// field ids as the distance to the one before, bools inside the field header.
namespace fastthrift::wire {

struct CompactOptions {};

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
    void leave() {
      reader_.in_.advance(static_cast<std::size_t>(at_ - reader_.in_.need(0)));
      reader_.last_id_ = last_id_;
      reader_.field_bool_ = field_bool_;
    }
    void resume() {
      at_ = reader_.in_.need(0);
      end_ = at_ + reader_.in_.at_hand();
      last_id_ = reader_.last_id_;
      field_bool_ = reader_.field_bool_;
    }

    bool struct_end() {
      if (at_ == end_ || *at_ != 0) return false;
      ++at_;
      field_bool_ = 0;
      return true;
    }
    bool field_begin(TType type, std::int16_t id) {
      if (at_ == end_ || *at_ >> 4 == 0 || last_id_ + (*at_ >> 4) != id) return false;
      const unsigned code = *at_ & 0x0f;
      if (!is_known(code) || types[code] != type) return false;
      ++at_;
      last_id_ = id;
      field_bool_ = static_cast<std::uint8_t>(code <= 2 ? code : 0);
      return true;
    }
    bool boolean(bool& value) {
      if (field_bool_ == 0 && at_ == end_) return false;
      value = (field_bool_ != 0 ? field_bool_ : *at_++) == 1;
      field_bool_ = 0;
      return true;
    }
    bool i8(std::int8_t& value) {
      if (at_ == end_) return false;
      value = static_cast<std::int8_t>(*at_++);
      return true;
    }
    bool i16(std::int16_t& value) { return number(value); }
    bool i32(std::int32_t& value) { return number(value); }
    bool i64(std::int64_t& value) { return number(value); }
    bool float64(double& value) {
      if (end_ - at_ < 8) return false;
      value = std::bit_cast<double>(load_little_endian<std::uint64_t>(at_));
      at_ += 8;
      return true;
    }
    bool string(Bytes& bytes) const {
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
    void advance_behind(Bytes bytes) { at_ = bytes.data() + bytes.size(); }

   private:
    template <class T>
    bool number(T& value) {
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
    if (byte == 0) return {TType::stop, 0};
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
    if (size == 0) return {types[byte & 0x0f], 0};
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
    if (bytes.empty() || bytes[0] == 0 || bytes[0] >> 4 != 0 || !is_known(bytes[0] & 0x0f)) return 1;
    return 1 + varint_extent(bytes.subspan(1), 16);
  }
  // Of a value that is not of fixed size: a number, a string's length, the head of a list, set or map.
  static std::size_t value_extent(TType type, Bytes bytes);

 private:
  // By the nibble of the wire; void stands for what no specification has.
  static constexpr std::array<TType, 16> types = {TType::stop,    TType::bool_, TType::bool_, TType::i8,
                                                  TType::i16,     TType::i32,   TType::i64,   TType::double_,
                                                  TType::string,  TType::list,  TType::set,   TType::map,
                                                  TType::struct_, TType::uuid,  TType::void_, TType::void_};
  static constexpr bool is_known(unsigned code) { return code >= 1 && code <= 13; }
  TType checked_type(unsigned code) const {
    if (!is_known(code)) [[unlikely]]
      refuse_type(code, in_);
    return types[code];
  }

  Input& in_;
  const Limits& limits_;
  std::int16_t last_id_ = 0;
  std::uint8_t field_bool_ = 0;  // 1 true, 2 false: the value that the last field header carried; 0 none
};

class CompactWriter {
 public:
  using Options = CompactOptions;
  struct Saved {
    std::int16_t last_id;
  };

  explicit CompactWriter(Buffer& out, Options = {}) : out_(out) {}

  // See BinaryWriter::Place.
  class Place {
   public:
    static constexpr std::size_t room = 16;

    explicit Place(CompactWriter& writer) : writer_(writer) { resume(); }
    void leave() {
      writer_.out_.commit_to(at_);
      writer_.last_id_ = last_id_;
    }
    void resume() {
      at_ = writer_.out_.prepare(room);
      limit_ = writer_.out_.end_of_room() - room;
      last_id_ = writer_.last_id_;
    }
    void make_room(std::size_t more = 0) {
      if (at_ > limit_ || static_cast<std::size_t>(limit_ - at_) < more) [[unlikely]] {
        writer_.out_.commit_to(at_);
        at_ = writer_.out_.prepare(room + more);
        limit_ = writer_.out_.end_of_room() - room;
      }
    }

    void struct_end() { *at_++ = 0; }
    void field_begin(TType type, std::int16_t id) { field_header(code_of(type), id); }
    void field_boolean(std::int16_t id, bool value) { field_header(value ? 1 : 2, id); }
    void boolean(bool value) { *at_++ = value ? 1 : 2; }
    void i8(std::int8_t value) { *at_++ = static_cast<std::uint8_t>(value); }
    void i16(std::int16_t value) { at_ += write_varint(at_, zigzag(value)); }
    void i32(std::int32_t value) { at_ += write_varint(at_, zigzag(value)); }
    void i64(std::int64_t value) { at_ += write_varint(at_, zigzag(value)); }
    void float64(double value) {
      store_little_endian(at_, std::bit_cast<std::uint64_t>(value));
      at_ += 8;
    }
    void string(const std::uint8_t* bytes, std::size_t size) {
      at_ += write_varint(at_, size);
      copy_short(at_, bytes, size);
      at_ += size;
    }

   private:
    void field_header(std::uint8_t code, std::int16_t id) {
      const std::int32_t delta = std::int32_t{id} - last_id_;
      last_id_ = id;
      if (delta >= 1 && delta <= 15) [[likely]] {
        *at_++ = static_cast<std::uint8_t>(delta << 4 | code);
      } else {
        *at_++ = code;
        at_ += write_varint(at_, zigzag(id));
      }
    }

    CompactWriter& writer_;
    std::uint8_t* at_;
    std::uint8_t* limit_;
    std::int16_t last_id_;
  };

  Buffer& buffer() { return out_; }

  void message_begin(std::string_view name, MessageType type, std::int32_t sequence_id);

  Saved struct_begin() {
    const Saved saved{last_id_};
    last_id_ = 0;
    return saved;
  }
  void struct_end(Saved saved) {
    *out_.extend(1) = 0;  // the stop byte
    last_id_ = saved.last_id;
  }
  // The header of a bool waits for its value.
  void field_begin(TType type, std::int16_t id) {
    if (type == TType::bool_) {
      bool_id_ = id;
      bool_waits_ = true;
    } else {
      field_header(code_of(type), id);
    }
  }
  void field_boolean(std::int16_t id, bool value) { field_header(value ? 1 : 2, id); }

  void boolean(bool value) {
    if (bool_waits_) {
      bool_waits_ = false;
      field_header(value ? 1 : 2, bool_id_);
    } else {
      *out_.extend(1) = value ? 1 : 2;
    }
  }
  void i8(std::int8_t value) { *out_.extend(1) = static_cast<std::uint8_t>(value); }
  void i16(std::int16_t value) { varint(zigzag(value)); }
  void i32(std::int32_t value) { varint(zigzag(value)); }
  void i64(std::int64_t value) { varint(zigzag(value)); }
  void float64(double value) { store_little_endian(out_.extend(8), std::bit_cast<std::uint64_t>(value)); }
  void uuid(const std::uint8_t* bytes) { out_.append(bytes, 16); }
  void string(const void* bytes, std::size_t size) {
    check_size(size);
    std::uint8_t* at = out_.prepare(10 + size);
    const std::size_t head = write_varint(at, size);
    if (size != 0) std::memcpy(at + head, bytes, size);
    out_.commit(head + size);
  }
  void binary(const void* bytes, std::size_t size) { string(bytes, size); }

  void list_begin(TType element, std::size_t size) {
    check_size(size);
    std::uint8_t* at = out_.prepare(11);
    if (size <= 14) {
      at[0] = static_cast<std::uint8_t>(size << 4 | code_of(element));
      out_.commit(1);
    } else {
      at[0] = static_cast<std::uint8_t>(0xf0 | code_of(element));
      out_.commit(1 + write_varint(at + 1, size));
    }
  }
  void map_begin(TType key, TType value, std::size_t size) {
    check_size(size);
    std::uint8_t* at = out_.prepare(11);
    std::size_t head = write_varint(at, size);
    if (size != 0) at[head++] = static_cast<std::uint8_t>(code_of(key) << 4 | code_of(value));
    out_.commit(head);
  }

 private:
  // By TType; bool is 1, its value in a field header 1 or 2.
  static constexpr std::array<std::uint8_t, 17> codes = {0, 0, 1, 3,  7,  0,  4, 0, 5,
                                                         0, 6, 8, 12, 11, 10, 9, 13};
  static std::uint8_t code_of(TType type) {
    const std::size_t index = static_cast<std::size_t>(type);
    return index < codes.size() ? codes[index] : 0;
  }
  static void check_size(std::size_t size) {
    if (size > 0x7fffffff)
      throw ProtocolError(ProtocolError::Kind::size_limit, "Size limit: more than 2^31-1");
  }

  void varint(std::uint64_t value) {
    std::uint8_t* at = out_.prepare(10);
    out_.commit(write_varint(at, value));
  }
  void field_header(std::uint8_t code, std::int16_t id) {
    std::uint8_t* at = out_.prepare(11);
    const std::int32_t delta = std::int32_t{id} - last_id_;
    last_id_ = id;
    if (delta >= 1 && delta <= 15) {
      at[0] = static_cast<std::uint8_t>(delta << 4 | code);
      out_.commit(1);
    } else {
      at[0] = code;
      out_.commit(1 + write_varint(at + 1, zigzag(id)));
    }
  }

  Buffer& out_;
  std::int16_t last_id_ = 0;
  std::int16_t bool_id_ = 0;
  bool bool_waits_ = false;
};

}  // namespace fastthrift::wire
