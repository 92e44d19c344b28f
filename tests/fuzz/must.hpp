#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "base/bytes.hpp"

namespace fastthrift::fuzz {

// Ends the process, which is how a fuzz target says that it has found something.
inline void must(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

// What is shown of some bytes: a block of its own, so that the sanitizer sees a read behind it; the bytes
// themselves where there would be so many blocks that copying them is all the time.
class Shown {
 public:
  Shown(Bytes bytes, bool alone)
      : block_(alone ? bytes.begin() : bytes.end(), bytes.end()), bytes_(alone ? block_ : bytes) {}
  Shown(const Shown&) = delete;
  Shown& operator=(const Shown&) = delete;

  operator Bytes() const { return bytes_; }

 private:
  const std::vector<std::uint8_t> block_;
  const Bytes bytes_;
};

}  // namespace fastthrift::fuzz
