#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "framing/framing.hpp"
#include "framing/hints.hpp"
#include "wire/scanner.hpp"

namespace fastthrift::framing {

// Messages one behind the other, with nothing between them: each ends where its bytes say.
template <class Reader>
class Unframed final : public Framing {
 public:
  // `looks`: what looks_like says of messages that are right here.
  Unframed(const Limits& limits, typename Reader::Options options, std::string_view looks)
      : limits_(limits), scanner_(limits_, options), looks_(looks) {}

  std::optional<Extent> next(Bytes bytes) override {
    try {
      const std::size_t size = scanner_.scan(bytes);
      if (size == 0) return std::nullopt;
      return Extent{0, size};
    } catch (const ProtocolError& error) {
      throw ProtocolError(error.kind(), error.what() + hint(bytes, looks_));
    }
  }
  std::size_t wanted() const override { return scanner_.wanted(); }

  std::size_t begin(Buffer& out) const override { return out.size(); }
  void end(Buffer& out, std::size_t start) const override {
    const std::size_t size = out.size() - start;
    if (size > limits_.message) wire::refuse_message(size, limits_.message);
  }

 private:
  const Limits limits_;
  wire::MessageScanner<Reader> scanner_;
  const std::string_view looks_;
};

}  // namespace fastthrift::framing
