#include "wire/binary.hpp"

#include <cstring>
#include <string>

namespace fastthrift::wire {
namespace {

constexpr std::uint32_t version_mask = 0xffff0000;
constexpr std::uint32_t version_1 = BinaryReader::version_1;

// Whether text in UTF-8 can begin with it. What has no version word may be a frame's length instead of a
// name's: behind that comes a version word, or compact's first byte.
bool may_begin_text(std::uint8_t byte) { return byte < 0x80 || (byte >= 0xc2 && byte <= 0xf4); }

}  // namespace

MessageHeader BinaryReader::message_begin() {
  using Kind = ProtocolError::Kind;
  const std::int32_t first = load_big_endian<std::int32_t>(in_.need(4));
  const std::uint32_t word = static_cast<std::uint32_t>(first);
  if (first >= 0 && options_.strict_read) {
    throw ProtocolError(Kind::bad_version, "No protocol version header");
  }
  if (first < 0 && (word & version_mask) != version_1) {
    throw ProtocolError(Kind::bad_version, "Bad version in read_message_begin: " + std::to_string(first));
  }
  // The header is shown as a whole, so that the name stays valid: word, length, name, (type,) sequence id.
  const bool strict = first < 0;
  const std::uint8_t* at = in_.need(strict ? 8 : 4);
  const std::int32_t declared = load_big_endian<std::int32_t>(at + (strict ? 4 : 0));
  if (declared < 0) refuse_negative_size(declared, in_);
  const std::size_t size = static_cast<std::size_t>(declared);
  if (size > limits_.method_name) refuse_method_name(size, limits_.method_name, in_);
  if (strict) {
    const MessageType type = message_type(word & 0xff);
    at = in_.take(12 + size);
    return {
        {reinterpret_cast<const char*>(at + 8), size}, type, load_big_endian<std::int32_t>(at + 8 + size)};
  }
  if (size > 0 && !may_begin_text(in_.need(5)[4])) {
    throw ProtocolError(Kind::bad_version, "No protocol version header, and no method name");
  }
  at = in_.need(9 + size);
  const MessageType type = message_type(at[4 + size]);
  in_.advance(9 + size);
  return {{reinterpret_cast<const char*>(at + 4), size}, type, load_big_endian<std::int32_t>(at + 5 + size)};
}

std::size_t BinaryReader::message_extent(Bytes bytes, const Limits& limits, Options options) {
  if (bytes.size() < 4) return 4;
  const std::int32_t first = load_big_endian<std::int32_t>(bytes.data());
  const bool strict = first < 0;
  if (strict ? (static_cast<std::uint32_t>(first) & version_mask) != version_1 : options.strict_read)
    return 4;
  const std::size_t before = strict ? 8 : 4;
  if (bytes.size() < before) return before;
  const std::int32_t size = load_big_endian<std::int32_t>(bytes.data() + before - 4);
  if (size < 0 || static_cast<std::size_t>(size) > limits.method_name) return before;
  if (!strict && size > 0 && (bytes.size() < 5 || !may_begin_text(bytes[4]))) return 5;
  return before + static_cast<std::size_t>(size) + (strict ? 4 : 5);
}

void BinaryWriter::message_begin(std::string_view name, MessageType type, std::int32_t sequence_id) {
  Place::check_size(name.size());
  std::uint8_t* at = out_.prepare(12 + name.size());
  if (options_.strict_write) {
    store_big_endian(at, version_1 | static_cast<std::uint32_t>(type));
    at += 4;
  }
  store_big_endian(at, static_cast<std::uint32_t>(name.size()));
  if (!name.empty()) std::memcpy(at + 4, name.data(), name.size());
  at += 4 + name.size();
  if (!options_.strict_write) *at++ = static_cast<std::uint8_t>(type);
  store_big_endian(at, sequence_id);
  out_.commit_to(at + 4);
}

}  // namespace fastthrift::wire
