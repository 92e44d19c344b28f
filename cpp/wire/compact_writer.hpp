#pragma once

#include <bit>
#include <cstdint>
#include <string_view>
#include <utility>

#include "base/buffer.hpp"
#include "base/bytes.hpp"
#include "base/copy.hpp"
#include "base/errors.hpp"
#include "base/hints.hpp"
#include "wire/compact_types.hpp"
#include "wire/field_head.hpp"
#include "wire/place.hpp"
#include "wire/types.hpp"
#include "wire/varint.hpp"

namespace fastthrift::wire {

class CompactWriter : public ByteWriter {
 public:
  using Options = CompactOptions;

  explicit CompactWriter(Buffer& out, Options = {}) : ByteWriter(out) {}

  // Headers hold how far the id is from the one before, which is here times sixteen.
  struct Fields {
    std::int32_t last = 0;
  };

  class Place : public wire::Place {
   public:
    explicit Place(CompactWriter& writer) : wire::Place(writer) {}

    FASTTHRIFT_INLINE void struct_begin() {}
    FASTTHRIFT_INLINE void struct_end() { *at_++ = 0; }
    FASTTHRIFT_INLINE void field_begin(Fields& fields, const FieldHead& head) {
      field_header(fields, head.compact);
    }
    FASTTHRIFT_INLINE void field_boolean(Fields& fields, const FieldHead& head, bool value) {
      field_header(fields, head.compact + !value);
    }
    FASTTHRIFT_INLINE void boolean(bool value) { *at_++ = value ? 1 : 2; }
    FASTTHRIFT_INLINE void i8(std::int8_t value) { *at_++ = static_cast<std::uint8_t>(value); }
    FASTTHRIFT_INLINE void i16(std::int16_t value) { varint(zigzag(value)); }
    FASTTHRIFT_INLINE void i32(std::int32_t value) { varint(zigzag(value)); }
    FASTTHRIFT_INLINE void i64(std::int64_t value) { varint(zigzag(value)); }
    FASTTHRIFT_INLINE void float64(double value) {
      store_little_endian(at_, std::bit_cast<std::uint64_t>(value));
      at_ += 8;
    }
    FASTTHRIFT_INLINE void uuid(const std::uint8_t* bytes) { copy(bytes, 16); }
    FASTTHRIFT_INLINE void string(const std::uint8_t* bytes, std::size_t size) {
      varint(size);
      copy(bytes, size);
    }
    FASTTHRIFT_INLINE void binary(const std::uint8_t* bytes, std::size_t size) { string(bytes, size); }
    FASTTHRIFT_INLINE void list_begin(TType element, std::size_t size) {
      check_size(size);
      if (size <= 14) {
        *at_++ = static_cast<std::uint8_t>(size << 4 | compact_code(element));
      } else {
        *at_++ = static_cast<std::uint8_t>(0xf0 | compact_code(element));
        varint(size);
      }
    }
    FASTTHRIFT_INLINE void map_begin(TType key, TType value, std::size_t size) {
      check_size(size);
      varint(size);
      if (size != 0) *at_++ = static_cast<std::uint8_t>(compact_code(key) << 4 | compact_code(value));
    }

   private:
    FASTTHRIFT_INLINE void varint(std::uint64_t value) { at_ += write_varint(at_, value); }
    FASTTHRIFT_INLINE void copy(const std::uint8_t* bytes, std::size_t size) {
      copy_short(at_, bytes, size);
      at_ += size;
    }
    // Of an id times sixteen, and the nibble.
    FASTTHRIFT_INLINE void field_header(Fields& fields, std::int32_t head) {
      const std::int32_t header = head - fields.last;
      fields.last = head & ~15;
      if (header >= 16 && header < 256) [[likely]] {
        *at_++ = static_cast<std::uint8_t>(header);
      } else {
        at_ = long_header(at_, head);
      }
    }
    FASTTHRIFT_APART static std::uint8_t* long_header(std::uint8_t* at, std::int32_t head) {
      *at++ = static_cast<std::uint8_t>(head & 15);
      return at + write_varint(at, zigzag(head >> 4));
    }
  };

  void message_begin(std::string_view name, MessageType type, std::int32_t sequence_id);
};

}  // namespace fastthrift::wire
