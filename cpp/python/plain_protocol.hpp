#pragma once

#include "python/codec.hpp"

#include <utility>

#include "base/hints.hpp"
#include "wire/binary.hpp"
#include "wire/compact.hpp"
#include "wire/message_head.hpp"

// The protocols in which calls of plain values have a short way (plain_call.hpp, plain_request.hpp), each
// with what that way needs of it.
namespace fastthrift::python {

struct PlainBinary {
  using Reader = wire::BinaryReader;
  using Writer = wire::BinaryWriter;
  static Reader reader(Input& in, const CodecOptions& options) {
    return {in, options.limits, options.binary};
  }
  static Writer writer(Buffer& out, const CodecOptions& options) { return Writer(out, options.binary); }
  // The head is that of the strict form.
  static bool writes(const CodecOptions& options) { return options.binary.strict_write; }

  FASTTHRIFT_INLINE static void write_head(const wire::MessageHead& head, Buffer& out, wire::MessageType type,
                                           std::int32_t sequence_id) {
    head.write_binary(out, type, sequence_id);
  }
  FASTTHRIFT_INLINE static bool read_head(const wire::MessageHead& head, Bytes message,
                                          wire::MessageHeader& header, std::size_t& size) {
    return head.read_binary(message, header, size);
  }
};

struct PlainCompact {
  using Reader = wire::CompactReader;
  using Writer = wire::CompactWriter;
  static Reader reader(Input& in, const CodecOptions& options) { return {in, options.limits}; }
  static Writer writer(Buffer& out, const CodecOptions&) { return Writer(out); }
  static bool writes(const CodecOptions&) { return true; }

  FASTTHRIFT_INLINE static void write_head(const wire::MessageHead& head, Buffer& out, wire::MessageType type,
                                           std::int32_t sequence_id) {
    head.write_compact(out, type, sequence_id);
  }
  FASTTHRIFT_INLINE static bool read_head(const wire::MessageHead& head, Bytes message,
                                          wire::MessageHeader& header, std::size_t& size) {
    return head.read_compact(message, header, size);
  }
};

// What `way` answers for the protocol in use, its parameter; where that has no short way, `otherwise`.
template <class Result, class Way>
FASTTHRIFT_INLINE Result in_plain_protocol(wire::Protocol protocol, Result otherwise, Way&& way) {
  switch (protocol) {
    case wire::Protocol::binary:
      return way(PlainBinary());
    case wire::Protocol::compact:
      return way(PlainCompact());
    default:
      return otherwise;
  }
}

// Nothing forbids the struct of a call.
inline bool allow_struct(const Limits& limits) { return limits.depth != 0 && limits.structs != 0; }

}  // namespace fastthrift::python
