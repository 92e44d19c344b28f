#pragma once

#include <coroutine>
#include <cstddef>

#include "rpc/session.hpp"

namespace fastthrift::rpc {

// Until at most `most` bytes are unsent.
struct Session::Delivery {
  Session& session;
  std::size_t most;
  std::coroutine_handle<> coroutine = nullptr;

  bool await_ready() const noexcept { return !session.sending_ || session.unsent() <= most; }
  void await_resume() const noexcept {}
  void await_suspend(std::coroutine_handle<> waiting) {
    coroutine = waiting;
    session.awaited_ = this;
  }
};

}  // namespace fastthrift::rpc
