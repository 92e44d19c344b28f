#pragma once

#include "base/buffer.hpp"
#include "framing/framing.hpp"
#include "net/deadline.hpp"
#include "net/stream.hpp"

namespace fastthrift::rpc {

// One call of a client: sends `request` (already wrapped by the framing), then reads into `received` until a
// whole message is there. Returns where it stands in `received`; bytes behind it stay for the next exchange.
// Runs on the caller's thread without the GIL; throws TransportError or ProtocolError, after which the
// connection must be closed: nobody knows which answer would come next.
framing::Extent exchange(net::Stream& stream, framing::Framing& framing, Bytes request, Buffer& received,
                         const net::Deadline& deadline);

// Sends a oneway request: nothing is read.
void send_oneway(net::Stream& stream, Bytes request, const net::Deadline& deadline);

// Before a request on a connection that has been idle: throws when the server has closed it meanwhile, or has
// sent what nobody asked for. Costs one system call.
void check_idle(net::Stream& stream);

}  // namespace fastthrift::rpc
