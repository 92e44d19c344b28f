#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/buffer.hpp"
#include "base/bytes.hpp"
#include "base/copy.hpp"
#include "base/hints.hpp"
#include "wire/types.hpp"
#include "wire/varint.hpp"

namespace fastthrift::wire {

// The header of a message of one name as the protocols have it (binary: in its strict form), made once for
// each method: who expects that name compares it as a whole, and who answers copies it.
class MessageHead {
 public:
  explicit MessageHead(std::string_view name);

  // Valid as long as this is.
  std::string_view name() const { return std::string_view(binary_).substr(size_field); }

  // Whether `message` begins with a header of this name; `size`: how many bytes that takes. False for one
  // that has to be looked at as well: read as any other it may be this, or is to be refused.
  FASTTHRIFT_INLINE bool read_binary(Bytes message, MessageHeader& header, std::size_t& size) const {
    size = type_field + binary_.size() + sequence_field;
    if (message.size() < size) return false;
    const std::uint8_t* at = message.data();
    const std::uint32_t type = load_big_endian<std::uint32_t>(at) - binary_version;
    if (type - 1 > 3 || std::memcmp(at + type_field, binary_.data(), binary_.size()) != 0) return false;
    header = {name(), static_cast<MessageType>(type),
              load_big_endian<std::int32_t>(at + type_field + binary_.size())};
    return true;
  }
  FASTTHRIFT_INLINE bool read_compact(Bytes message, MessageHeader& header, std::size_t& size) const {
    // A struct follows, of a byte at the least.
    if (message.size() < 2 + 1 + compact_.size() + 1 || message[0] != compact_id) return false;
    const unsigned type = message[1] >> 5;
    if ((message[1] & 0x1f) != compact_version || type - 1 > 3) return false;
    std::uint64_t sequence_id = message[2];
    std::size_t name = 3;
    if (sequence_id >= 0x80) {
      if (message.size() < 2 + 8) return false;
      const unsigned length = unpack_varint(message.data() + 2, 32, sequence_id);
      name = 2 + length;
      if (length == 0 || message.size() < name + compact_.size()) return false;
    }
    if (std::memcmp(message.data() + name, compact_.data(), compact_.size()) != 0) return false;
    size = name + compact_.size();
    header = {this->name(), static_cast<MessageType>(type),
              static_cast<std::int32_t>(static_cast<std::uint32_t>(sequence_id))};
    return true;
  }

  FASTTHRIFT_INLINE void write_binary(Buffer& out, MessageType type, std::int32_t sequence_id) const {
    std::uint8_t* at = out.prepare(type_field + binary_.size() + sequence_field);
    store_big_endian(at, binary_version + static_cast<std::uint32_t>(type));
    at += type_field;
    copy_short(at, bytes_of(binary_), binary_.size());
    at += binary_.size();
    store_big_endian(at, sequence_id);
    out.commit_to(at + sequence_field);
  }
  FASTTHRIFT_INLINE void write_compact(Buffer& out, MessageType type, std::int32_t sequence_id) const {
    std::uint8_t* at = out.prepare(2 + most_varint + compact_.size());
    *at++ = compact_id;
    *at++ = static_cast<std::uint8_t>(static_cast<unsigned>(type) << 5 | compact_version);
    at += write_varint(at, static_cast<std::uint32_t>(sequence_id));
    copy_short(at, bytes_of(compact_), compact_.size());
    out.commit_to(at + compact_.size());
  }

 private:
  static constexpr std::uint32_t binary_version = 0x80010000;
  static constexpr std::uint8_t compact_id = 0x82, compact_version = 1;
  static constexpr std::size_t type_field = 4, size_field = 4, sequence_field = 4, most_varint = 10;

  static const std::uint8_t* bytes_of(const std::string& text) {
    return reinterpret_cast<const std::uint8_t*>(text.data());
  }

  std::string binary_;   // the name behind its length,
  std::string compact_;  // which compact writes as a varint
};

}  // namespace fastthrift::wire
