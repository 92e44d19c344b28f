#pragma once

#include <boost/system/error_code.hpp>

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "rpc/session.hpp"

// What a session's `run` waits for; each lives in the coroutine's frame while it waits. The wait for a
// delivery is session_delivery.hpp's.
namespace fastthrift::rpc {

// The memory of the one receipt that a session waits for. Asio's own cache has room for two of a thread's.
template <class T>
class Session::ReceiptAllocator {
 public:
  using value_type = T;

  explicit ReceiptAllocator(Session& session) : session_(&session) {}
  template <class Other>
  ReceiptAllocator(const ReceiptAllocator<Other>& other) : session_(other.session_) {}

  T* allocate(std::size_t n) {
    ReceiptMemory& memory = session_->receipt_memory_;
    if (n * sizeof(T) > sizeof memory.bytes || memory.is_used) return std::allocator<T>().allocate(n);
    memory.is_used = true;
    return reinterpret_cast<T*>(memory.bytes);
  }
  void deallocate(T* at, std::size_t n) {
    ReceiptMemory& memory = session_->receipt_memory_;
    if (reinterpret_cast<std::byte*>(at) != memory.bytes) return std::allocator<T>().deallocate(at, n);
    memory.is_used = false;
  }
  bool operator==(const ReceiptAllocator&) const = default;

  Session* session_;
};

// Until something has been read, or the wait is over. What is there already comes without a wait: a client
// that called again while others had their turn costs no more than a read.
struct Session::Receipt {
  Session& session;
  boost::system::error_code error = {};
  std::size_t asked = 0, came = 0;
  bool armed = false;

  bool await_ready() const noexcept { return false; }
  void await_resume() const noexcept {}
  void await_suspend(std::coroutine_handle<> coroutine) {
    asked = session.read_size();
    std::uint8_t* const to = session.in_.prepare(asked);
    const bool broke_step = std::exchange(session.broke_step_, false);
    const bool has_sent = std::exchange(session.has_sent_, false);
    const bool asks_anew = std::exchange(session.is_drained_, false) && (broke_step || !has_sent);
    session.socket_.receive(to, asked, Completion{*this, Resumption(coroutine, armed)}, asks_anew,
                            session.is_in_step());
    armed = true;
  }

  struct Completion {
    Receipt& receipt;
    Resumption resumption;

    using allocator_type = ReceiptAllocator<std::byte>;
    allocator_type get_allocator() const noexcept { return allocator_type(receipt.session); }
    void drained(bool is_drained) { receipt.session.is_drained_ = is_drained; }
    void operator()(boost::system::error_code failure, std::size_t bytes) {
      Sessions& sessions = receipt.session.sessions_;
      receipt.error = failure;
      receipt.came = bytes;
      resumption.resume();
      sessions.keep_leading();
    }
  };
};

// Until there is something to read, without a buffer for it: costs a system call more.
struct Session::Readable {
  Session& session;
  boost::system::error_code error = {};
  bool armed = false;

  bool await_ready() const noexcept { return false; }
  void await_resume() const noexcept {}
  void await_suspend(std::coroutine_handle<> coroutine) {
    session.socket_.async_wait(
        Socket::wait_read, [this, &sessions = session.sessions_, resumption = Resumption(coroutine, armed)](
                               boost::system::error_code failure) mutable {
          error = failure;
          resumption.resume();
          sessions.keep_leading();
        });
    armed = true;
  }
};

// Until the others had their turn: right behind the answer there would be nothing to read yet. Where that is
// known the receipt waits by itself.
struct Session::Others {
  Session& session;

  bool await_ready() const noexcept { return session.is_drained_ || session.sessions_.is_alone(); }
  void await_resume() const noexcept {}
  void await_suspend(std::coroutine_handle<> coroutine) {
    session.coroutine_ = coroutine;
    session.sessions_.round().await_turn(session);
  }
};

// Until the handler has answered from messages_ what it could; `outcome_` says how that went. Without others
// there is no round to wait for.
struct Session::Handling {
  Session& session;
  bool has_lost_lead = false;

  bool await_ready() noexcept {
    if (!session.sessions_.is_alone()) return false;
    has_lost_lead = !session.sessions_.round().handle_alone(session);
    return !has_lost_lead;
  }
  void await_resume() const noexcept {}
  void await_suspend(std::coroutine_handle<> coroutine) {
    session.coroutine_ = coroutine;
    if (!has_lost_lead) return session.sessions_.round().await_handler(session);
    session.return_to_leader();
  }
};

}  // namespace fastthrift::rpc
