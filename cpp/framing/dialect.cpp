#include "framing/dialect.hpp"

#include <string>

#include "base/errors.hpp"
#include "framing/framed.hpp"
#include "framing/header.hpp"
#include "framing/hints.hpp"
#include "framing/unframed.hpp"
#include "wire/compact.hpp"

namespace fastthrift::framing {
namespace {

constexpr std::size_t size_bytes = 4;
constexpr std::size_t mark_bytes = 2;  // what tells messages and headers from each other

bool is_binary(const std::uint8_t* mark) { return mark[0] == 0x80 && mark[1] == 0x01; }
bool is_compact(const std::uint8_t* mark) { return mark[0] == 0x82 && (mark[1] & 0x1f) == 1; }
bool is_header(const std::uint8_t* mark) { return mark[0] == 0x0f && mark[1] == 0xff; }

[[noreturn]] void refuse(Bytes first) {
  throw TransportError(TransportError::Kind::unknown,
                       "Could not detect client transport type" + hint(first, {}));
}

Limits header_limits(Limits limits) {
  limits.frame = most_header_frame(limits);
  return limits;
}

std::unique_ptr<Framing> framing_of(Dialect dialect, const Limits& limits) {
  switch (dialect) {
    case Dialect::unframed_binary:
      return make_framing({Kind::unframed, wire::Protocol::binary, true, limits});
    case Dialect::unframed_compact:
      return make_framing({Kind::unframed, wire::Protocol::compact, true, limits});
    case Dialect::framed_binary:
    case Dialect::framed_compact:
    case Dialect::headers:
      break;
  }
  return std::make_unique<Framed>(limits);
}

}  // namespace

std::optional<Dialect> detect(Bytes first, const Limits& limits) {
  if (first.size() < mark_bytes) return std::nullopt;
  if (is_binary(first.data())) return Dialect::unframed_binary;
  if (is_compact(first.data())) return Dialect::unframed_compact;
  if (first[0] >= 0x80) refuse(first);
  if (first.size() < size_bytes) return std::nullopt;
  const std::size_t size = load_big_endian<std::uint32_t>(first.data());
  const std::size_t most = most_header_frame(limits);
  if (size > most) {
    throw TransportError(TransportError::Kind::size_limit, "Frame was too large: " + std::to_string(size) +
                                                               " bytes are over the limit of " +
                                                               std::to_string(most) + hint(first, {}));
  }
  if (size < mark_bytes) refuse(first);
  if (first.size() < size_bytes + mark_bytes) return std::nullopt;
  const std::uint8_t* mark = first.data() + size_bytes;
  if (is_header(mark)) return Dialect::headers;
  if (is_binary(mark)) return Dialect::framed_binary;
  if (is_compact(mark)) return Dialect::framed_compact;
  refuse(first);
}

wire::Protocol protocol_of(Dialect dialect) {
  const bool is_compact = dialect == Dialect::framed_compact || dialect == Dialect::unframed_compact;
  return is_compact ? wire::Protocol::compact : wire::Protocol::binary;
}

std::optional<Extent> Detecting::next(Bytes bytes) {
  if (!framing_) {
    dialect_ = detect(bytes, limits_);
    if (!dialect_) {
      wanted_ = bytes.size() < mark_bytes   ? mark_bytes
                : bytes.size() < size_bytes ? size_bytes
                                            : size_bytes + mark_bytes;
      return std::nullopt;
    }
    framing_ = framing_of(*dialect_, header_limits(limits_));
  }
  return framing_->next(bytes);
}

std::size_t Detecting::begin(Buffer& out) const {
  return framing_ && dialect_ != Dialect::headers ? framing_->begin(out) : out.size();
}

void Detecting::end(Buffer& out, std::size_t start) const {
  if (framing_ && dialect_ != Dialect::headers) framing_->end(out, start);
}

}  // namespace fastthrift::framing
