#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/buffer.hpp"
#include "base/bytes.hpp"
#include "base/copy.hpp"
#include "base/errors.hpp"
#include "base/hints.hpp"
#include "wire/binary_options.hpp"
#include "wire/field_head.hpp"
#include "wire/place.hpp"
#include "wire/types.hpp"

namespace fastthrift::wire {

class BinaryWriter : public ByteWriter {
 public:
  using Options = BinaryOptions;
  struct Saved {};

  explicit BinaryWriter(Buffer& out, Options options = {}) : ByteWriter(out), options_(options) {}

  // What the fields of one struct have in common.
  struct Fields {};

  class Place : public wire::Place {
   public:
    explicit Place(BinaryWriter& writer) : wire::Place(writer) {}

    FASTTHRIFT_INLINE void struct_begin() {}
    FASTTHRIFT_INLINE void struct_end() { *at_++ = 0; }
    FASTTHRIFT_INLINE void field_begin(Fields&, const FieldHead& head) {
      std::memcpy(at_, &head.binary, 4);
      at_ += 3;
    }
    FASTTHRIFT_INLINE void field_boolean(Fields& fields, const FieldHead& head, bool value) {
      field_begin(fields, head);
      boolean(value);
    }
    FASTTHRIFT_INLINE void boolean(bool value) { *at_++ = value; }
    FASTTHRIFT_INLINE void i8(std::int8_t value) { *at_++ = static_cast<std::uint8_t>(value); }
    FASTTHRIFT_INLINE void i16(std::int16_t value) { fixed(value); }
    FASTTHRIFT_INLINE void i32(std::int32_t value) { fixed(value); }
    FASTTHRIFT_INLINE void i64(std::int64_t value) { fixed(value); }
    FASTTHRIFT_INLINE void float64(double value) { fixed(std::bit_cast<std::uint64_t>(value)); }
    FASTTHRIFT_INLINE void uuid(const std::uint8_t* bytes) { copy(bytes, 16); }
    FASTTHRIFT_INLINE void string(const std::uint8_t* bytes, std::size_t size) {
      fixed(static_cast<std::uint32_t>(size));
      copy(bytes, size);
    }
    FASTTHRIFT_INLINE void binary(const std::uint8_t* bytes, std::size_t size) { string(bytes, size); }
    FASTTHRIFT_INLINE void list_begin(TType element, std::size_t size) {
      check_size(size);
      *at_++ = static_cast<std::uint8_t>(element);
      fixed(static_cast<std::uint32_t>(size));
    }
    FASTTHRIFT_INLINE void map_begin(TType key, TType value, std::size_t size) {
      *at_++ = static_cast<std::uint8_t>(key);
      list_begin(value, size);
    }

   private:
    template <class T>
    FASTTHRIFT_INLINE void fixed(T value) {
      store_big_endian(at_, value);
      at_ += sizeof value;
    }
    FASTTHRIFT_INLINE void copy(const std::uint8_t* bytes, std::size_t size) {
      copy_short(at_, bytes, size);
      at_ += size;
    }
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

  Options options_;
};

}  // namespace fastthrift::wire
