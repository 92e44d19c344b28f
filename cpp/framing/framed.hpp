#pragma once

#include <optional>

#include "framing/framing.hpp"

namespace fastthrift::framing {

// Each message behind its length, a big-endian i32.
class Framed final : public Framing {
 public:
  explicit Framed(const Limits& limits) : limits_(limits) {}

  std::optional<Extent> next(Bytes bytes) override;
  std::size_t wanted() const override { return wanted_; }

  std::size_t begin(Buffer& out) const override;
  void end(Buffer& out, std::size_t start) const override;

 private:
  const Limits limits_;
  std::size_t wanted_ = 4;
};

}  // namespace fastthrift::framing
