#pragma once

#include "python/codec.hpp"
#include "python/ref.hpp"

#include <cstdint>

#include "framing/dialect.hpp"
#include "framing/header.hpp"

// A server whose clients speak as they like (THeaderProtocolFactory): in which protocol a message is, and how
// it is answered. All members need the GIL and throw.
namespace fastthrift::python {

// What goes around the answer to one message that came with a header.
class HeaderAnswer final : public framing::Framing {
 public:
  // `call` has the pairs that the handler sets, as a dict `write_headers`.
  HeaderAnswer(framing::Header header, PyObject* hooks, Ref call, const Limits& limits)
      : header_(std::move(header)), hooks_(hooks), call_(std::move(call)), limits_(limits) {}

  // Nothing is read through it.
  std::optional<framing::Extent> next(Bytes) override { return std::nullopt; }
  std::size_t wanted() const override { return 0; }

  std::size_t begin(Buffer& out) const override;
  void end(Buffer& out, std::size_t start) const override;

 private:
  framing::Header header_;
  PyObject* hooks_;
  Ref call_;
  Limits limits_;
};

class Dialects {
 public:
  // `hooks` (fastthrift/header.py) has the methods begin(pairs), which shows a call's pairs to its handler,
  // inflate(bytes) and deflate(bytes). Bit n of `allowed` is the dialect with the number n.
  Dialects(PyObject* hooks, unsigned allowed, const CodecOptions& options, const Limits& limits);

  // TransportError for a dialect that this server does not take.
  void check(framing::Dialect dialect) const;
  const CodecOptions& codec(wire::Protocol protocol) const {
    return protocol == wire::Protocol::compact ? compact_ : binary_;
  }
  // Shows the pairs to the handler; the object in which it sets its own.
  Ref begin(const std::vector<framing::Header::Pair>& pairs) const;
  // Undoes what was done to the payload.
  Ref undo(Bytes payload, std::size_t transforms) const;
  HeaderAnswer answer_to(const framing::Header& header, Ref call) const;

  void leak() { hooks_.release(); }

 private:
  Ref hooks_;
  unsigned allowed_;
  CodecOptions binary_;
  CodecOptions compact_;
  Limits limits_;
};

}  // namespace fastthrift::python
