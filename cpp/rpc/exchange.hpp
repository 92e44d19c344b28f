#pragma once

#include "base/buffer.hpp"
#include "framing/framing.hpp"
#include "net/deadline.hpp"
#include "net/stream.hpp"

namespace fastthrift::rpc {

// One call of a client: sends `request` (already wrapped by the framing), then reads into `received` until a whole
// message is there. Returns where it stands in `received`; bytes behind it stay for the next exchange. Runs on the
// caller's thread without the GIL; throws TransportError or ProtocolError, after which the connection must be closed:
// nobody knows which answer would come next.
framing::Extent exchange(net::Stream& stream, framing::Framing& framing, Bytes request, Buffer& received,
                         const net::Deadline& deadline);

}  // namespace fastthrift::rpc
