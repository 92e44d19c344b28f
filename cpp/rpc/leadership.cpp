#include "rpc/leadership.hpp"

#include <limits>
#include <thread>

namespace fastthrift::rpc {
namespace {

constexpr int quiet_rounds = 12;               // without any change, then the watchdog sleeps
constexpr std::chrono::seconds retirement{5};  // of a parked thread that nobody needs

}  // namespace

void Leadership::start(std::shared_ptr<Leader> leader) {
  std::unique_lock lock(mutex_);
  vacant_ = true;
  std::thread([this, leader] { watch(leader); }).detach();
  watchdog_lives_ = true;
  try {
    std::thread([this, leader] { serve(leader); }).detach();
    ++threads_;
  } catch (...) {
    ended_ = true;
    watchdog_.notify_one();
    throw;
  }
}

void Leadership::serve(std::shared_ptr<Leader> leader) {
  leader->thread_started();
  std::unique_lock lock(mutex_);
  while (!ended_) {
    if (vacant_) {
      vacant_ = false;
      lock.unlock();
      leader->lead();
      lock.lock();
      continue;
    }
    ++parked_;
    const bool called = standby_.wait_for(lock, retirement, [this] { return vacant_ || ended_; });
    --parked_;
    if (!called) break;
  }
  lock.unlock();
  leader->thread_stops();
  lock.lock();
  --threads_;
  gone_.notify_all();
}

void Leadership::watch(std::shared_ptr<Leader> leader) {
  std::unique_lock lock(mutex_);
  std::uint64_t seen = word_.load(std::memory_order_acquire);
  int quiet = 0;
  while (!ended_) {
    if (quiet < quiet_rounds) {
      // Quick handlers are mostly over when it looks, and a look costs some microseconds.
      watchdog_.wait_for(lock, (seen & 1) != 0 ? tick : round);
    } else {
      watchdog_sleeps_.store(true, std::memory_order_seq_cst);
      if (word_.load(std::memory_order_seq_cst) == seen) {
        watchdog_.wait(lock, [this] { return !watchdog_sleeps_ || ended_; });
      }
      watchdog_sleeps_ = false;
      quiet = 0;
      seen = word_.load(std::memory_order_acquire);
      continue;
    }
    const std::uint64_t now = word_.load(std::memory_order_acquire);
    const bool inside = (now & 1) != 0;
    quiet = now == seen && !inside ? quiet + 1 : 0;
    if (inside && (now == seen || now == handed_over_)) promote(now, leader);
    seen = now;
  }
  watchdog_lives_ = false;
  gone_.notify_all();
}

void Leadership::promote(std::uint64_t inside, const std::shared_ptr<Leader>& leader) {
  if (parked_ == 0 && threads_ >= most_threads_) return;
  if (!word_.compare_exchange_strong(inside, inside + 1, std::memory_order_acq_rel)) return;
  vacant_ = true;
  if (parked_ > 0) {
    standby_.notify_one();
    return;
  }
  try {
    std::thread([this, leader] { serve(leader); }).detach();
    ++threads_;
  } catch (const std::exception&) {
    // No thread to be had: whoever comes back from a handler first finds the lead vacant.
  }
}

void Leadership::wake_watchdog() {
  const std::lock_guard lock(mutex_);
  watchdog_sleeps_ = false;
  watchdog_.notify_one();
}

void Leadership::hand_over(std::uint64_t ticket) {
  const std::lock_guard lock(mutex_);
  handed_over_ = ticket;
  watchdog_.notify_one();
}

void Leadership::lift_limit() {
  const std::lock_guard lock(mutex_);
  most_threads_ = std::numeric_limits<std::size_t>::max();
}

void Leadership::end(std::size_t stuck) {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  stuck_ = stuck;
  standby_.notify_all();
  watchdog_.notify_all();
  gone_.notify_all();
}

bool Leadership::wait(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  return gone_.wait_for(lock, timeout, [this] { return ended_ && threads_ <= stuck_ && !watchdog_lives_; });
}

std::size_t Leadership::threads() const {
  const std::lock_guard lock(mutex_);
  return threads_;
}

}  // namespace fastthrift::rpc
