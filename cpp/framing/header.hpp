#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/buffer.hpp"
#include "base/bytes.hpp"
#include "base/limits.hpp"

// THeader (doc/specs/HeaderFormat.md of Apache Thrift): a frame that says in front of its message which
// protocol the message is in, what was done to its bytes, and any key-value pairs the sender wishes to add.
//
//   i32 size of what follows | u16 0x0fff | u16 flags | i32 sequence id | u16 size of the header / 4 |
//   varint protocol | varint count, varint transform... | info blocks | zeros up to a multiple of 4 | message
namespace fastthrift::framing {

struct Header {
  static constexpr std::uint32_t binary = 0;   // protocol
  static constexpr std::uint32_t compact = 2;  // protocol
  static constexpr std::uint32_t zlib = 1;     // transform

  using Pair = std::pair<std::string, std::string>;

  std::uint16_t flags = 0;
  std::int32_t sequence_id = 0;
  std::uint32_t protocol = binary;        // any number: who reads it decides what it can do with it
  std::vector<std::uint32_t> transforms;  // in the order in which they were applied
  std::vector<Pair> info;
};

// What a peer may put into a header: Envoy's limits of the fields of an HTTP request.
inline constexpr std::size_t most_header_pairs = 100;
inline constexpr std::size_t most_header_bytes = 64 * 1024;  // keys and values together
inline constexpr std::size_t most_transforms = 4;

// The most bytes of a frame: above 0x3fffffff the first word would look like something else.
std::size_t most_header_frame(const Limits& limits);

struct HeaderFrame {
  Header header;
  Bytes payload;  // within the frame; transformed as the header says
};
// `frame` is what stands behind the first size. Throws ProtocolError.
HeaderFrame read_header_frame(Bytes frame);

// Around a payload that is appended between the two. `end` throws TransportError(size_limit) for a frame that
// is too long, and the caller cuts back to `start`. `begin` throws ProtocolError for a header that nobody
// would read.
std::size_t begin_header_frame(Buffer& out, const Header& header);
void end_header_frame(Buffer& out, std::size_t start, const Limits& limits);

}  // namespace fastthrift::framing
