#include "wire/compact.hpp"

#include <string>

namespace fastthrift::wire {
namespace {

constexpr std::uint8_t protocol_id = 0x82;
constexpr std::uint8_t version = 1;
constexpr std::uint8_t version_mask = 0x1f;
constexpr unsigned type_shift = 5;

// False: the number of 32 bits that ends here will be refused.
bool is_whole_varint(Bytes bytes) {
  return bytes.back() < 0x80 && (bytes.size() < varint_bytes(32) || bytes.back() <= 0x0f);
}

}  // namespace

MessageHeader CompactReader::message_begin() {
  using Kind = ProtocolError::Kind;
  const std::uint8_t id = *in_.take(1);
  if (id != protocol_id)
    throw ProtocolError(Kind::bad_version, "Bad protocol id in the message: " + std::to_string(id));
  const std::uint8_t byte = *in_.take(1);
  if ((byte & version_mask) != version) {
    throw ProtocolError(Kind::bad_version, "Bad version: " + std::to_string(byte & version_mask) +
                                               " (expect " + std::to_string(version) + ")");
  }
  const MessageType type = checked_message_type(byte >> type_shift, in_);
  // Not zigzag: a negative id takes five bytes.
  const std::int32_t sequence_id =
      static_cast<std::int32_t>(static_cast<std::uint32_t>(read_varint<32>(in_)));
  const std::uint64_t size = read_varint<32>(in_);
  if (size > limits_.method_name) refuse_method_name(size, limits_.method_name, in_);
  check_string(size, in_, limits_);
  const std::uint8_t* name = in_.take(static_cast<std::size_t>(size));
  return {{reinterpret_cast<const char*>(name), static_cast<std::size_t>(size)}, type, sequence_id};
}

std::size_t CompactReader::message_extent(Bytes bytes, const Limits& limits, Options) {
  if (bytes.empty() || bytes[0] != protocol_id) return 1;
  if (bytes.size() < 2 || (bytes[1] & version_mask) != version) return 2;
  const std::size_t name_length = 2 + varint_extent(bytes.subspan(2), 32);
  if (name_length > bytes.size() || !is_whole_varint(bytes.subspan(2, name_length - 2))) return name_length;
  const std::size_t name = name_length + varint_extent(bytes.subspan(name_length), 32);
  if (name > bytes.size()) return name;
  std::uint64_t size = 0;
  for (std::size_t n = name; n-- > name_length;) size = size << 7 | (bytes[n] & 0x7f);
  return size > limits.method_name ? name : name + static_cast<std::size_t>(size);
}

std::size_t CompactReader::value_extent(TType type, Bytes bytes) {
  switch (type) {
    case TType::i16:
      return varint_extent(bytes, 16);
    case TType::i64:
      return varint_extent(bytes, 64);
    case TType::list:
    case TType::set:
      return bytes.empty() || bytes[0] >> 4 != 15 ? 1 : 1 + varint_extent(bytes.subspan(1), 32);
    case TType::map: {
      const std::size_t types = varint_extent(bytes, 32);
      if (types > bytes.size() || !is_whole_varint(bytes.first(types))) return types;
      // A size of 0 has no types behind it, in however many bytes it is written.
      for (std::size_t n = 0; n < types; ++n) {
        if ((bytes[n] & 0x7f) != 0) return types + 1;
      }
      return types;
    }
    default:
      return varint_extent(bytes, 32);  // i32 and the length of a string
  }
}

void CompactWriter::message_begin(std::string_view name, MessageType type, std::int32_t sequence_id) {
  std::uint8_t* at = out_.prepare(12);
  at[0] = protocol_id;
  at[1] = static_cast<std::uint8_t>(static_cast<unsigned>(type) << type_shift | version);
  out_.commit(2 + write_varint(at + 2, static_cast<std::uint32_t>(sequence_id)));
  Place place(*this);
  place.make_room_for(*this, name.size());
  place.string(reinterpret_cast<const std::uint8_t*>(name.data()), name.size());
  place.leave(*this);
}

}  // namespace fastthrift::wire
