#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>

namespace fastthrift::rpc {

// What the leading thread does.
class Leader {
 public:
  virtual ~Leader() = default;
  virtual void thread_started() = 0;
  virtual void thread_stops() = 0;
  // Waits for events and handles them, until everything has ended or this thread does not lead any more.
  virtual void lead() = 0;
};

// The threads of a server. One leads: it waits for events and runs the handlers inline. Around handlers it
// calls `enter` and `leave`. A watchdog that finds it inside for more than a tick makes another thread the
// leader: one that is parked, or a new one. A handler that is known to be slow gives the lead away at once
// (`hand_over`). A thread that comes back from a handler and leads no more finishes what it has in hand and
// parks, or leads again where nobody does. Quick handlers pay one exchange and one compare-exchange on a word
// that no other core writes; the watchdog sleeps while no handler runs.
class Leadership {
 public:
  // How often the watchdog looks: while a handler runs, and while it finds none. A look costs the server some
  // 20 us where it wakes a processor: 2 % of a busy one each four milliseconds, and what it is for, a handler
  // that is slow for the first time, is rare.
  static constexpr std::chrono::milliseconds tick{1}, round{8};

  explicit Leadership(std::size_t most_threads) : most_threads_(most_threads) {}

  // Starts a thread that leads and the watchdog, which keep `leader` alive. They have the caller's signal
  // mask: what a handler forks or executes inherits it, and must be able to be terminated.
  void start(std::shared_ptr<Leader> leader);

  // By the leader, around handlers. `leave` returns whether it still leads.
  std::uint64_t enter() {
    const std::uint64_t inside = word_.load(std::memory_order_relaxed) + 1;
    // Sequentially consistent, as is the watchdog's side: either it sees this entry, or this sees it asleep.
    word_.store(inside, std::memory_order_seq_cst);
    if (watchdog_sleeps_.load(std::memory_order_seq_cst)) [[unlikely]]
      wake_watchdog();
    return inside;
  }
  bool still_leads(std::uint64_t ticket) const {
    return ticket == 0 || word_.load(std::memory_order_relaxed) == ticket;
  }
  // The handler that has been entered will be slow: another thread is to lead as soon as can be.
  void hand_over(std::uint64_t ticket);
  bool leave(std::uint64_t ticket) {
    return word_.compare_exchange_strong(ticket, ticket + 1, std::memory_order_acq_rel);
  }

  // Nobody leads from now on; `stuck` threads are inside handlers and may never come back.
  void end(std::size_t stuck);
  // From now on another thread leads even over the limit, so that a stop is never stuck behind handlers.
  void lift_limit();
  bool has_ended() const { return ended_.load(std::memory_order_acquire); }
  // True once all threads have ended, apart from the stuck ones.
  bool wait(std::chrono::milliseconds timeout);
  std::size_t threads() const;

 private:
  void serve(std::shared_ptr<Leader> leader);
  void watch(std::shared_ptr<Leader> leader);
  void promote(std::uint64_t inside, const std::shared_ptr<Leader>& leader);
  void wake_watchdog();

  // Even: the leader is outside handlers; odd: inside. Grows with every change, so that a number is never
  // used twice.
  std::atomic<std::uint64_t> word_{0};
  std::atomic<bool> watchdog_sleeps_{false};
  std::atomic<bool> ended_{false};

  mutable std::mutex mutex_;  // for all below
  std::condition_variable standby_, watchdog_, gone_;
  std::size_t most_threads_;
  std::size_t threads_ = 0;  // that serve
  std::size_t parked_ = 0;
  std::size_t stuck_ = 0;
  bool watchdog_lives_ = false;
  bool vacant_ = false;            // the lead is to be taken
  std::uint64_t handed_over_ = 0;  // the ticket of who gives it away
};

}  // namespace fastthrift::rpc
