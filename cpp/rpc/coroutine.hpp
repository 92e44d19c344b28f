#pragma once

#include <coroutine>
#include <exception>
#include <utility>

namespace fastthrift::rpc {

// A coroutine that nobody waits for: runs until its end, which frees it. It must not let an exception out.
struct Detached {
  struct promise_type {
    Detached get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() noexcept { std::terminate(); }
  };
};

// The right to resume a suspended coroutine once. Dropped unused (the io_context is destroyed with operations
// pending), it frees the coroutine. `armed` says that whoever holds it was really started: before that, the
// coroutine still runs.
class Resumption {
 public:
  Resumption(std::coroutine_handle<> coroutine, const bool& armed) : coroutine_(coroutine), armed_(&armed) {}
  Resumption(Resumption&& other) noexcept
      : coroutine_(std::exchange(other.coroutine_, nullptr)), armed_(other.armed_) {}
  Resumption& operator=(Resumption&& other) = delete;
  ~Resumption() {
    if (coroutine_ && *armed_) coroutine_.destroy();
  }

  void resume() { std::exchange(coroutine_, nullptr).resume(); }

 private:
  std::coroutine_handle<> coroutine_;
  const bool* armed_;
};

}  // namespace fastthrift::rpc
