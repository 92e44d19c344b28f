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

 private:
  Options options_;
};

}  // namespace fastthrift::wire
