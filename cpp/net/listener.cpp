#include "net/listener.hpp"

#include <cstdint>
#include <cstring>

#if defined(_WIN32)
#include <winsock2.h>
#include <ws2tcpip.h>
#else
#include <cerrno>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#endif

namespace fastthrift::net {

Accepted accept_now(SocketHandle listener) {
  Accepted accepted;
  sockaddr_storage address{};
  socklen_t size = sizeof address;
#if defined(_WIN32)
  accepted.socket = ::accept(listener, reinterpret_cast<sockaddr*>(&address), &size);
  if (accepted.socket == no_socket) {
    accepted.error = WSAGetLastError();
    return accepted;
  }
  set_non_blocking(accepted.socket);
#elif defined(__linux__)
  accepted.socket =
      ::accept4(listener, reinterpret_cast<sockaddr*>(&address), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (accepted.socket < 0) {
    accepted.error = errno;
    return accepted;
  }
#else
  accepted.socket = ::accept(listener, reinterpret_cast<sockaddr*>(&address), &size);
  if (accepted.socket < 0) {
    accepted.error = errno;
    return accepted;
  }
  ::fcntl(accepted.socket, F_SETFD, FD_CLOEXEC);
  set_non_blocking(accepted.socket);
#endif
  accepted.family = address.ss_family;
  if (accepted.family != AF_UNIX) {
    // Without it a reply may wait 40 ms for the peer's delayed acknowledgement.
    const int on = 1;
    ::setsockopt(accepted.socket, IPPROTO_TCP, TCP_NODELAY, reinterpret_cast<const char*>(&on), sizeof on);
  }
  return accepted;
}

std::string peer_of(SocketHandle socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getpeername(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return "a peer that has gone";
#if !defined(_WIN32)
  if (address.ss_family == AF_UNIX) {
    const auto& unix_address = reinterpret_cast<const sockaddr_un&>(address);
    const std::size_t prefix = offsetof(sockaddr_un, sun_path);
    if (size <= prefix || unix_address.sun_path[0] == 0) return "unix";
    return std::string(unix_address.sun_path, ::strnlen(unix_address.sun_path, size - prefix));
  }
#endif
  char host[NI_MAXHOST], service[NI_MAXSERV];
  if (::getnameinfo(reinterpret_cast<sockaddr*>(&address), size, host, sizeof host, service, sizeof service,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "a peer of unknown address";
  }
  return address.ss_family == AF_INET6 ? "[" + std::string(host) + "]:" + service
                                       : std::string(host) + ":" + service;
}

std::size_t descriptor_limit() {
#if defined(_WIN32)
  return SIZE_MAX;
#else
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return SIZE_MAX;
  return static_cast<std::size_t>(limit.rlim_cur);
#endif
}

}  // namespace fastthrift::net
