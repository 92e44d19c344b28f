#include "rpc/acceptor.hpp"

#include "base/errors.hpp"

#include <chrono>

#if !defined(_WIN32)
#include <cerrno>
#include <sys/socket.h>
#else
#include <winsock2.h>
#endif

namespace fastthrift::rpc {

using boost::system::error_code;
using std::chrono::milliseconds;

namespace {

constexpr int accepted_at_once = 64;
constexpr milliseconds exhaustion_pause{50};
constexpr milliseconds warning_pause{1000};

int family_of(net::SocketHandle socket) {
  sockaddr_storage address{};
#if defined(_WIN32)
  int size = sizeof address;
#else
  socklen_t size = sizeof address;
#endif
  return ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0 ? address.ss_family
                                                                                  : AF_INET;
}

// What ends one connection before it was accepted, not the listener.
bool is_passing(int error) {
#if defined(_WIN32)
  return error == WSAECONNRESET || error == WSAEINTR;
#else
  return error == ECONNABORTED || error == EINTR || error == EPROTO || error == EPERM || error == ENETDOWN ||
         error == EHOSTUNREACH || error == ENETUNREACH || error == ETIMEDOUT;
#endif
}

TransportError not_listening(const std::string& why, int error) {
  return TransportError(TransportError::Kind::not_open, "Could not listen: " + why, error);
}

}  // namespace

Acceptor::Acceptor(boost::asio::io_context& io, Owner& owner, net::SocketHandle listener)
    : owner_(owner), listener_(io.get_executor()), pause_(io) {
  int error = 0;
  const net::SocketHandle copy = net::duplicate(listener, error);
  if (copy == net::no_socket) throw not_listening(net::error_text(error), error);
  error_code failed;
  listener_.assign(boost::asio::generic::stream_protocol(family_of(copy), 0), copy, failed);
  if (failed) {
    net::close(copy);
    throw not_listening(failed.message(), failed.value());
  }
  net::set_non_blocking(copy);
}

void Acceptor::has_room_again() {
  if (!full_ || !owner_.has_room()) return;
  full_ = false;
  await_connection();
}

void Acceptor::stop() {
  stopped_ = true;
  error_code ignored;
  listener_.close(ignored);
  pause_.cancel();
}

void Acceptor::await_connection() {
  if (stopped_) return;
  listener_.async_wait(Socket::wait_read, [this](error_code error) {
    if (stopped_) return;
    if (error) return owner_.listener_failed(error.message());
    accept_some();
  });
}

void Acceptor::accept_some() {
  for (int i = 0; i < accepted_at_once; ++i) {
    if (!owner_.has_room()) {
      full_ = true;
      return warn_seldom("");
    }
    const net::Accepted accepted = net::accept_now(listener_.native_handle());
    if (accepted.socket == net::no_socket) {
      if (net::would_block(accepted.error)) break;
      if (is_passing(accepted.error)) continue;
      if (net::is_exhaustion(accepted.error)) return pause(net::error_text(accepted.error));
      return owner_.listener_failed(net::error_text(accepted.error));
    }
    owner_.accepted(accepted);
  }
  await_connection();
}

// The listener stays readable while nothing can be accepted: waiting for it would spin.
void Acceptor::pause(const std::string& why) {
  warn_seldom(why);
  pause_.expires_after(exhaustion_pause);
  pause_.async_wait([this](error_code error) {
    if (!error) await_connection();
  });
}

void Acceptor::warn_seldom(const std::string& why) {
  const auto now = net::Clock::now();
  if (warned_ && now - *warned_ < warning_pause) return;
  warned_ = now;
  owner_.accepting_pauses(why);
}

}  // namespace fastthrift::rpc
