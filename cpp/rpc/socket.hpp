#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/version.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "net/socket.hpp"

// Asio's receive tries the system before it waits, each time: right behind an answer, in vain, and that costs
// a server 4 % of a small request. Where the system tells with what it gives that nothing is left, the next
// receive need not try. Asio's reactor knows that state but its own operations for reading never say so:
// hence one of ours, for the versions whose reactor is known to be this one.
#if !defined(FASTTHRIFT_OWN_RECEIVE)
#if defined(BOOST_ASIO_HAS_EPOLL) && !defined(BOOST_ASIO_HAS_IO_URING_AS_DEFAULT) && BOOST_VERSION < 108900
#define FASTTHRIFT_OWN_RECEIVE 1
#else
#define FASTTHRIFT_OWN_RECEIVE 0  // also by hand, to be tested where the other is at hand
#endif
#endif

#if FASTTHRIFT_OWN_RECEIVE
#include <boost/asio/detail/epoll_reactor.hpp>
#include <boost/asio/detail/reactor_op.hpp>
#else
#include <boost/asio/buffer.hpp>
#endif

namespace fastthrift::rpc {

class Socket : public boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol,
                                                       boost::asio::io_context::executor_type> {
 public:
  explicit Socket(const boost::asio::io_context::executor_type& executor)
      : basic_stream_socket(executor)
#if FASTTHRIFT_OWN_RECEIVE
        ,
        reactor_(&boost::asio::use_service<boost::asio::detail::epoll_reactor>(executor.context()))
#endif
  {
  }

  // Lets `receive` know what is left, where the system can tell.
  void ask_for_rest() {
#if FASTTHRIFT_OWN_RECEIVE
    tells_rest_ = net::ask_for_rest(native_handle());
#endif
  }

  // As async_receive of one buffer. `completion(error, bytes)` has an allocator, is moved without throwing
  // and takes the word that nothing is left to be read with `drained(true)`, before it is called.
  //
  // A peer that resets the connection right behind its bytes leaves nothing, and the one event may have been
  // for both. Sending tells; `asks_anew` is for whoever has sent nothing since the last receive, and costs a
  // system call more.
  //
  // To ask for what is left costs a twentieth of a small request. Fewer bytes than there is room for say the
  // same but of the end of the stream, for which there is no second event either. `trusts_size` is for who
  // does not expect it there.
  template <class Completion>
  void receive(std::uint8_t* to, std::size_t most, Completion completion, bool asks_anew, bool trusts_size);

 private:
#if FASTTHRIFT_OWN_RECEIVE
  template <class Completion>
  class Receive;

  boost::asio::detail::epoll_reactor* reactor_;
  bool tells_rest_ = false;
#endif
};

#if FASTTHRIFT_OWN_RECEIVE

// Belongs to the reactor from `start_op` until it calls `complete`.
template <class Completion>
class Socket::Receive final : public boost::asio::detail::reactor_op {
  using Operation = boost::asio::detail::operation;
  using error_code = boost::system::error_code;

 public:
  Receive(Socket& socket, std::uint8_t* to, std::size_t most, Completion&& completion, bool trusts_size)
      : reactor_op(error_code(), perform, complete),
        socket_(socket.native_handle()),
        tells_rest_(socket.tells_rest_),
        trusts_size_(trusts_size),
        to_(to),
        most_(most),
        completion_(std::move(completion)) {}

 private:
  static status perform(reactor_op* base) {
    auto* self = static_cast<Receive*>(base);
    const net::Received read = self->received();
    if (net::would_block(read.error)) return not_done;
    self->bytes_transferred_ = read.bytes;
    if (read.error != 0) {
      self->ec_ = error_code(read.error, boost::asio::error::get_system_category());
    } else if (read.bytes == 0) {
      self->ec_ = boost::asio::error::eof;
    }
    self->is_drained_ = read.is_drained;
    return read.is_drained ? done_and_exhausted : done;
  }

  net::Received received() const {
    if (tells_rest_ && !trusts_size_) return net::receive_and_rest(socket_, to_, most_);
    const net::Transfer read = net::receive_now(socket_, to_, most_);
    return {read.bytes, read.error, trusts_size_ && read.bytes != 0 && read.bytes < most_};
  }

  // `owner` is null where the io_context is destroyed with the operation under way.
  static void complete(void* owner, Operation* base, const error_code&, std::size_t) {
    auto* self = static_cast<Receive*>(base);
    const error_code error = self->ec_;
    const std::size_t bytes = self->bytes_transferred_;
    const bool is_drained = self->is_drained_;
    Completion completion = std::move(self->completion_);
    typename std::allocator_traits<typename Completion::allocator_type>::template rebind_alloc<Receive>
        memory(completion.get_allocator());
    self->~Receive();
    memory.deallocate(self, 1);
    if (owner == nullptr) return;
    completion.drained(is_drained);
    completion(error, bytes);
  }

  const net::SocketHandle socket_;
  const bool tells_rest_, trusts_size_;
  std::uint8_t* const to_;
  const std::size_t most_;
  bool is_drained_ = false;
  Completion completion_;
};

template <class Completion>
void Socket::receive(std::uint8_t* to, std::size_t most, Completion completion, bool asks_anew,
                     bool trusts_size) {
  using boost::asio::detail::epoll_reactor;
  using Operation = Receive<Completion>;
  typename std::allocator_traits<typename Completion::allocator_type>::template rebind_alloc<Operation>
      memory(completion.get_allocator());
  auto* operation = new (memory.allocate(1)) Operation(*this, to, most, std::move(completion), trusts_size);
  auto& state = impl_.get_implementation();
  reactor_->start_op(epoll_reactor::read_op, state.socket_, state.reactor_data_, operation, false,
                     !asks_anew);
}

#else

template <class Completion>
void Socket::receive(std::uint8_t* to, std::size_t most, Completion completion, bool, bool) {
  async_receive(boost::asio::buffer(to, most), std::move(completion));
}

#endif

}  // namespace fastthrift::rpc
