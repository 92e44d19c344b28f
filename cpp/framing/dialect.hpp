#pragma once

#include <memory>
#include <optional>

#include "framing/framing.hpp"

namespace fastthrift::framing {

// How the client of a THeader server speaks; the numbers are those of Apache's THeaderClientType.
enum class Dialect : std::uint8_t {
  headers = 0,
  framed_binary = 1,
  unframed_binary = 2,
  framed_compact = 3,
  unframed_compact = 4,
};

// What begins with these bytes; nothing as long as they are too few to tell. Throws TransportError for what
// is none of them, and for a frame over the limits.
std::optional<Dialect> detect(Bytes first, const Limits& limits);

// The protocol of its messages; those of `headers` say themselves.
wire::Protocol protocol_of(Dialect dialect);

// Decides by the first bytes of a connection, then frames as its peer does. A message of `headers` is the
// frame behind its size, with its header; what goes around an answer there is the answer's own (`header.hpp`)
// and none of the business of `begin` and `end`.
class Detecting final : public Framing {
 public:
  explicit Detecting(const Limits& limits) : limits_(limits) {}

  std::optional<Extent> next(Bytes bytes) override;
  std::size_t wanted() const override { return framing_ ? framing_->wanted() : wanted_; }

  std::size_t begin(Buffer& out) const override;
  void end(Buffer& out, std::size_t start) const override;

  std::optional<Dialect> dialect() const override { return dialect_; }

 private:
  const Limits limits_;
  std::optional<Dialect> dialect_;
  std::unique_ptr<Framing> framing_;  // once the dialect is known
  std::size_t wanted_ = 2;
};

}  // namespace fastthrift::framing
