#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/buffer.hpp"
#include "base/bytes.hpp"
#include "base/limits.hpp"
#include "wire/binary.hpp"
#include "wire/types.hpp"

// Where a message ends, and what is put around one. Sans-io: bytes come in, extents go out; nothing here
// waits.
namespace fastthrift::framing {

// A message inside the bytes that were shown: [begin, end) is the message, everything before `end` is used
// up.
struct Extent {
  std::size_t begin;
  std::size_t end;
};

enum class Dialect : std::uint8_t;  // dialect.hpp

// detected: the peer's first bytes say which, and whether there are headers (dialect.hpp)
enum class Kind { unframed, framed, detected };

struct Options {
  Kind kind = Kind::unframed;
  wire::Protocol protocol = wire::Protocol::binary;  // an unframed message ends where its bytes say
  bool strict_read = true;
  Limits limits;
  std::optional<HttpLimits> http;  // each message is the body of a request (http.hpp)
};

// One direction of one connection. Show `next` the bytes that are not used up yet, always from the first of
// them; it remembers how far it looked, so that a message which arrives byte by byte costs no more than one
// in a piece.
class Framing {
 public:
  virtual ~Framing() = default;

  // The first complete message, or nothing: more bytes are needed. Throws ProtocolError or TransportError for
  // bytes that can never become a message; the text says what they look like (HTTP, TLS, framed, unframed,
  // compact).
  virtual std::optional<Extent> next(Bytes bytes) = 0;
  // How many bytes are needed in all, as far as the bytes shown last tell: a hint for the size of the next
  // read.
  virtual std::size_t wanted() const = 0;

  // Around a message that is written into `out`: `begin` reserves what goes in front, `end` fills it in.
  // `start` is what `begin` returned. Over the limit `end` throws TransportError(size_limit) and the caller
  // cuts back to `start`.
  virtual std::size_t begin(Buffer& out) const = 0;
  virtual void end(Buffer& out, std::size_t start) const = 0;

  // How the peer speaks, where the framing finds that out.
  virtual std::optional<Dialect> dialect() const { return std::nullopt; }

  // Appends what the framing itself has to tell the peer, once, behind all answers: HTTP lets a client go on,
  // and says why it refused.
  virtual void speak(Buffer& out) { static_cast<void>(out); }
  // The rest of a message did not come in time: true where `speak` has a word for that.
  virtual bool give_up() { return false; }
};

std::unique_ptr<Framing> make_framing(const Options& options);

// What the first bytes of a stream look like, for the message of an error: "an HTTP request", "a framed
// binary message", "a TLS handshake", ... or "".
std::string_view looks_like(Bytes first);

}  // namespace fastthrift::framing
