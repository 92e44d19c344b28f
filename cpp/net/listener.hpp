#pragma once

#include <cstddef>
#include <string>

#include "net/socket.hpp"

namespace fastthrift::net {

// A connection just accepted, non-blocking, with TCP_NODELAY, not inherited by programs that are started.
struct Accepted {
  SocketHandle socket = no_socket;
  int family = 0;
  int error = 0;  // when there is no socket; would_block: nobody waits
};

Accepted accept_now(SocketHandle listener);

// The other end of a connection: "127.0.0.1:51234", "[::1]:51234", the UNIX path or "unix".
std::string peer_of(SocketHandle socket);

// How many descriptors the process may have open; a large number where nobody counts.
std::size_t descriptor_limit();

}  // namespace fastthrift::net
