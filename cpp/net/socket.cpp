#include "net/socket.hpp"

#include <cstring>
#include <system_error>

#if defined(_WIN32)
#include <winsock2.h>
#include <algorithm>
#else
#include <cerrno>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#endif

namespace fastthrift::net {

#if defined(_WIN32)

namespace {
int last_error() { return WSAGetLastError(); }
int clamped(std::size_t n) { return static_cast<int>(std::min<std::size_t>(n, 0x7fffffff)); }
}  // namespace

Transfer send_now(SocketHandle socket, Bytes bytes) {
  const int n = ::send(socket, reinterpret_cast<const char*>(bytes.data()), clamped(bytes.size()), 0);
  return n < 0 ? Transfer{0, last_error()} : Transfer{static_cast<std::size_t>(n), 0};
}

Transfer receive_now(SocketHandle socket, std::uint8_t* to, std::size_t most) {
  const int n = ::recv(socket, reinterpret_cast<char*>(to), clamped(most), 0);
  return n < 0 ? Transfer{0, last_error()} : Transfer{static_cast<std::size_t>(n), 0};
}

bool would_block(int error) { return error == WSAEWOULDBLOCK; }
bool is_disconnect(int error) {
  return error == WSAECONNRESET || error == WSAECONNABORTED || error == WSAESHUTDOWN || error == WSAENOTCONN;
}
bool is_exhaustion(int error) { return error == WSAEMFILE || error == WSAENOBUFS; }

Readiness wait_for(SocketHandle socket, bool readable, bool writable, int timeout_ms) {
  WSAPOLLFD one{socket, static_cast<short>((readable ? POLLRDNORM : 0) | (writable ? POLLWRNORM : 0)), 0};
  const int n = ::WSAPoll(&one, 1, timeout_ms);
  if (n < 0) return {false, false, last_error()};
  const bool broken = (one.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
  return {(one.revents & POLLRDNORM) != 0 || broken, (one.revents & POLLWRNORM) != 0 || broken, 0};
}

SocketHandle duplicate(SocketHandle socket, int& error) {
  WSAPROTOCOL_INFOW info;
  SocketHandle copy = no_socket;
  if (::WSADuplicateSocketW(socket, ::GetCurrentProcessId(), &info) == 0) {
    copy = ::WSASocketW(info.iAddressFamily, info.iSocketType, info.iProtocol, &info, 0,
                        WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
  }
  error = copy == no_socket ? last_error() : 0;
  return copy;
}

void close(SocketHandle socket) { ::closesocket(socket); }

void shut_down(SocketHandle socket, bool receiving, bool sending) {
  ::shutdown(socket, receiving && sending ? SD_BOTH : receiving ? SD_RECEIVE : SD_SEND);
}

int set_non_blocking(SocketHandle socket) {
  u_long on = 1;
  return ::ioctlsocket(socket, FIONBIO, &on) == 0 ? 0 : last_error();
}

#else

namespace {
#if defined(MSG_NOSIGNAL)
constexpr int no_signal = MSG_NOSIGNAL;
#else
constexpr int no_signal = 0;  // macOS: SO_NOSIGPIPE on the socket; Python ignores SIGPIPE anyway
#endif
}  // namespace

Transfer send_now(SocketHandle socket, Bytes bytes) {
  for (;;) {
    const ssize_t n = ::send(socket, bytes.data(), bytes.size(), MSG_DONTWAIT | no_signal);
    if (n >= 0) return {static_cast<std::size_t>(n), 0};
    if (errno != EINTR) return {0, errno};
  }
}

Transfer receive_now(SocketHandle socket, std::uint8_t* to, std::size_t most) {
  for (;;) {
    const ssize_t n = ::recv(socket, to, most, MSG_DONTWAIT);
    if (n >= 0) return {static_cast<std::size_t>(n), 0};
    if (errno != EINTR) return {0, errno};
  }
}

#if defined(TCP_INQ)

bool ask_for_rest(SocketHandle socket) {
  const int on = 1;
  return ::setsockopt(socket, IPPROTO_TCP, TCP_INQ, &on, sizeof on) == 0;
}

// Linux 4.18: the bytes that are left, and 1 where only the end of the stream is (tcp_inq_hint).
Received receive_and_rest(SocketHandle socket, std::uint8_t* to, std::size_t most) {
  iovec piece{to, most};
  alignas(cmsghdr) char told[CMSG_SPACE(sizeof(int))];
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = told;
  message.msg_controllen = sizeof told;
  ssize_t n;
  while ((n = ::recvmsg(socket, &message, MSG_DONTWAIT)) < 0) {
    if (errno != EINTR) return {0, errno, false};
  }
  int left = -1;
  const cmsghdr* head = CMSG_FIRSTHDR(&message);
  if (head != nullptr && head->cmsg_level == IPPROTO_TCP && head->cmsg_type == TCP_CM_INQ)
    std::memcpy(&left, CMSG_DATA(head), sizeof left);
  return {static_cast<std::size_t>(n), 0, n != 0 && left == 0};
}

#endif

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK; }
bool is_disconnect(int error) {
  return error == ECONNRESET || error == EPIPE || error == ECONNABORTED || error == ENOTCONN;
}
bool is_exhaustion(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

Readiness wait_for(SocketHandle socket, bool readable, bool writable, int timeout_ms) {
  pollfd one{socket, static_cast<short>((readable ? POLLIN : 0) | (writable ? POLLOUT : 0)), 0};
  const int n = ::poll(&one, 1, timeout_ms);
  if (n < 0) return {false, false, errno};
  if ((one.revents & POLLNVAL) != 0) return {false, false, EBADF};
  const bool broken = (one.revents & (POLLERR | POLLHUP)) != 0;
  return {(one.revents & POLLIN) != 0 || broken, (one.revents & POLLOUT) != 0 || broken, 0};
}

SocketHandle duplicate(SocketHandle socket, int& error) {
  const int copy = ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
  error = copy < 0 ? errno : 0;
  return copy;
}

void close(SocketHandle socket) { ::close(socket); }

void shut_down(SocketHandle socket, bool receiving, bool sending) {
  ::shutdown(socket, receiving && sending ? SHUT_RDWR : receiving ? SHUT_RD : SHUT_WR);
}

int set_non_blocking(SocketHandle socket) {
  const int flags = ::fcntl(socket, F_GETFL);
  return flags >= 0 && ::fcntl(socket, F_SETFL, flags | O_NONBLOCK) == 0 ? 0 : errno;
}

#endif

#if !defined(TCP_INQ)

bool ask_for_rest(SocketHandle) { return false; }

Received receive_and_rest(SocketHandle socket, std::uint8_t* to, std::size_t most) {
  const Transfer received = receive_now(socket, to, most);
  return {received.bytes, received.error, false};
}

#endif

std::string error_text(int error) { return std::system_category().message(error); }

}  // namespace fastthrift::net
