#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "rpc/leadership.hpp"

namespace fastthrift::rpc {

// One stretch of work of a thread inside handlers. If it gets long, another thread takes the lead meanwhile,
// and what has been answered so far should go out.
class Turn {
 public:
  Turn(Leadership& leadership, std::size_t most_bytes, bool has_others, const std::atomic<bool>& draining)
      : leadership_(leadership), most_bytes_(most_bytes), has_others_(has_others), draining_(draining) {}

  // The work begins now. Not while waiting for a lock under which all others work too (Python's), so that a
  // queue for that lock does not look like a slow handler.
  void begin() { ticket_ = leadership_.enter(); }

  // Answers to others wait for the end of this turn.
  bool has_others() const { return has_others_; }

  // The server stops: a connection ends when all that came of it is answered.
  bool is_last() const { return draining_.load(std::memory_order_relaxed); }

  // After a message: stop here, because it took long or because the answers have become many.
  bool is_over(std::size_t answered_bytes) const {
    return answered_bytes >= most_bytes_ || !leadership_.still_leads(ticket_);
  }

  // The next message has a handler that took long when it was last called: another thread takes the lead now.
  void expect_long() {
    expected_long_ = Clock::now();
    leadership_.hand_over(ticket_);
  }

  // After that message: it took so long that another thread leads by now, or should.
  bool is_long() {
    if (const auto since = std::exchange(expected_long_, std::nullopt))
      return Clock::now() - *since >= Leadership::tick;
    return !leadership_.still_leads(ticket_);
  }

  // After all: true if this thread still leads.
  bool end() { return ticket_ == 0 || leadership_.leave(ticket_); }

 private:
  using Clock = std::chrono::steady_clock;

  Leadership& leadership_;
  std::size_t most_bytes_;
  bool has_others_;
  const std::atomic<bool>& draining_;
  std::uint64_t ticket_ = 0;
  std::optional<Clock::time_point> expected_long_;
};

}  // namespace fastthrift::rpc
