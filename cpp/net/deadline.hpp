#pragma once

#include <chrono>
#include <optional>

namespace fastthrift::net {

using Clock = std::chrono::steady_clock;

// The moment until which something may wait; computed once per call, so that many short waits cannot add up.
class Deadline {
 public:
  static Deadline never() { return Deadline{}; }
  static Deadline after(std::chrono::milliseconds time) {
    return after_ms(static_cast<double>(time.count()) + 1e-6);
  }
  // thriftpy2's timeouts: milliseconds, 0 or less means none.
  static Deadline after_ms(double ms) {
    // Longer than a century is for ever: the clock's own number would overflow.
    if (!(ms > 0) || ms > 3.2e12) return never();
    return Deadline{Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                       std::chrono::duration<double, std::milli>(ms))};
  }

  bool is_never() const { return !moment_; }
  bool has_passed() const { return moment_ && Clock::now() >= *moment_; }
  // For poll(): -1 for ever, else milliseconds rounded up, 0 when it has passed.
  int poll_timeout() const;

 private:
  Deadline() = default;
  explicit Deadline(Clock::time_point moment) : moment_(moment) {}
  std::optional<Clock::time_point> moment_;
};

}  // namespace fastthrift::net
