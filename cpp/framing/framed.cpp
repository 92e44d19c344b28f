#include "framing/framed.hpp"

#include <algorithm>
#include <string>

#include "base/errors.hpp"
#include "framing/hints.hpp"

namespace fastthrift::framing {
namespace {

constexpr std::size_t head = 4;

// Both limits hold for a frame; the length itself has 31 bits.
std::size_t most_of(const Limits& limits) {
  return std::min({limits.frame, limits.message, std::size_t{0x7fffffff}});
}

[[noreturn]] void refuse_frame(std::size_t size, std::size_t most, const std::string& hint) {
  throw TransportError(
      TransportError::Kind::size_limit,
      "Frame of " + std::to_string(size) + " bytes is over the limit of " + std::to_string(most) + hint);
}

}  // namespace

std::optional<Extent> Framed::next(Bytes bytes) {
  if (bytes.size() < head) {
    wanted_ = head;
    return std::nullopt;
  }
  const std::int32_t length = load_big_endian<std::int32_t>(bytes.data());
  if (length <= 0) {
    // thriftpy2's words come first: programs look for them.
    throw TransportError(TransportError::Kind::negative_size,
                         "No frame: its length is " + std::to_string(length) + hint(bytes, {}));
  }
  const std::size_t size = static_cast<std::size_t>(length);
  const std::size_t most = most_of(limits_);
  if (size > most) refuse_frame(size, most, hint(bytes, {}));
  wanted_ = head + size;
  if (bytes.size() < wanted_) return std::nullopt;
  wanted_ = head;
  return Extent{head, head + size};
}

std::size_t Framed::begin(Buffer& out) const {
  const std::size_t start = out.size();
  store_big_endian<std::int32_t>(out.extend(head), 0);
  return start;
}

void Framed::end(Buffer& out, std::size_t start) const {
  const std::size_t size = out.size() - start - head;
  const std::size_t most = most_of(limits_);
  if (size > most) refuse_frame(size, most, {});
  store_big_endian(out.data() + start, static_cast<std::int32_t>(size));
}

}  // namespace fastthrift::framing
