#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "base/buffer.hpp"
#include "base/bytes.hpp"
#include "framing/framing.hpp"

namespace fastthrift::python {

// The receiving side of a connection that is told of bytes as they arrive: whole messages are taken from
// where they are, a piece of one is kept until the rest comes. After an exception it is of no more use.
class Incoming {
 public:
  explicit Incoming(const framing::Options& options) : framing_(framing::make_framing(options)) {}

  const framing::Framing& framing() const { return *framing_; }
  bool has_kept() const { return !kept_.empty(); }

  // For later: nothing can be taken now.
  void keep(Bytes data) { kept_.append(data); }

  // Calls `take(message)` for each complete message, until it returns false; returns whether it never did.
  // What was not taken comes again at the next call.
  template <class Take>
  bool for_each(Bytes data, Take take) {
    const bool was_empty = kept_.empty();
    if (!was_empty) kept_.append(data);
    const Bytes bytes = was_empty ? data : kept_.bytes();
    std::size_t used = 0;
    bool goes_on = true;
    while (goes_on && used < bytes.size()) {
      const std::optional<framing::Extent> extent = framing_->next(bytes.subspan(used));
      if (!extent) break;
      const Bytes message = bytes.subspan(used + extent->begin, extent->end - extent->begin);
      used += extent->end;
      goes_on = take(message);
    }
    if (was_empty) {
      kept_.append(bytes.subspan(used));
    } else if (used != 0) {
      kept_.consume(used);
      if (kept_.empty() && kept_.capacity() > most_kept_) kept_.release();
    }
    return goes_on;
  }

 private:
  static constexpr std::size_t most_kept_ = 1 << 18;

  std::unique_ptr<framing::Framing> framing_;
  Buffer kept_;
};

}  // namespace fastthrift::python
