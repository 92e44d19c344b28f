#include "rpc/exchange.hpp"

#include <algorithm>
#include <optional>
#include <string>

namespace fastthrift::rpc {
namespace {

constexpr std::size_t least_read = 4096;
constexpr std::size_t most_read = 1 << 18;
constexpr std::size_t most_early = 1 << 20;  // read while the request is still being sent

// Reads once without waiting; how much depends on what the message is known to want, but never runs far ahead
// of what has come, so that a declared length reserves nothing.
std::size_t read_more(net::Stream& stream, const framing::Framing& framing, Buffer& received) {
  const std::size_t wanted = framing.wanted() > received.size() ? framing.wanted() - received.size() : 0;
  const std::size_t ahead = std::clamp(received.size(), least_read, most_read);
  const std::size_t most = std::max(least_read, std::min(wanted, ahead));
  const std::size_t n = stream.try_read(received.prepare(most), most);
  received.commit(n);
  return n;
}

// As read_more; says of a connection that ends what it may mean at this point of a call.
std::size_t read_reply(net::Stream& stream, const framing::Framing& framing, Buffer& received) {
  try {
    return read_more(stream, framing, received);
  } catch (const TransportError& error) {
    if (error.kind() != TransportError::Kind::end_of_file) throw;
    const std::string advice = received.empty()
                                   ? " without an answer. Do both sides use the same transport (buffered, "
                                     "framed) and protocol (binary, "
                                     "compact)? The server's log may say why"
                                   : " after " + std::to_string(received.size()) + " bytes of its answer";
    throw TransportError(error.kind(), error.what() + advice, error.os_error());
  }
}

// The reply that may be there although the connection has failed.
std::optional<framing::Extent> last_words(net::Stream& stream, framing::Framing& framing, Buffer& received) {
  try {
    for (;;) {
      if (auto reply = framing.next(received.bytes())) return reply;
      if (read_more(stream, framing, received) == 0) return std::nullopt;
    }
  } catch (const TransportError&) {
  } catch (const ProtocolError&) {
  }
  return std::nullopt;
}

}  // namespace

framing::Extent exchange(net::Stream& stream, framing::Framing& framing, Bytes request, Buffer& received,
                         const net::Deadline& deadline) {
  std::optional<framing::Extent> reply;
  try {
    while (!(request = request.subspan(stream.try_write(request))).empty()) {
      // A server may answer before it has read the whole of a big request, and read no further until somebody
      // takes the answer: both directions are watched.
      const bool room = received.size() < most_early;
      if (stream.wait(room, true, deadline, "sending the request").readable && room) {
        read_more(stream, framing, received);
      }
    }
  } catch (const TransportError&) {
    // The server has closed, perhaps because it refuses the request: what it said is the better answer.
    if (!(reply = last_words(stream, framing, received))) throw;
    return *reply;
  }
  if (!received.empty()) reply = framing.next(received.bytes());
  while (!reply) {
    // Waiting comes first: a reply is never there right after the request.
    stream.wait(true, false, deadline, "waiting for the reply");
    while (read_reply(stream, framing, received) != 0) {
      if ((reply = framing.next(received.bytes()))) return *reply;
    }
  }
  return *reply;
}

void send_oneway(net::Stream& stream, Bytes request, const net::Deadline& deadline) {
  stream.write_all(request, deadline);
}

void check_idle(net::Stream& stream) {
  std::uint8_t byte;
  std::size_t n = 0;
  try {
    n = stream.try_read(&byte, 1);
  } catch (const TransportError& error) {
    throw TransportError(
        error.kind(),
        std::string(net::nothing_read) + ": " + std::string(stream.peer()) +
            " had closed the connection before this call (idle for too long?); nothing was sent",
        error.os_error());
  }
  if (n != 0) {
    throw TransportError(
        TransportError::Kind::unknown,
        std::string(stream.peer()) + ": bytes came that no call is waiting for; nothing was sent");
  }
}

}  // namespace fastthrift::rpc
