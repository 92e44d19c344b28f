#include "python/processor.hpp"

#include "python/errors.hpp"
#include "python/raised.hpp"

// How a Processor answers peers that speak in several ways, with headers around their messages or not.
namespace fastthrift::python {

using wire::MessageType;

Processor::Outcome Processor::answer_dialect(Bytes message, const framing::Framing& framing, Buffer& answers,
                                             rpc::Turn& turn, const Origin& origin) {
  const std::size_t before = answers.size();
  try {
    const framing::Dialect dialect = framing.dialect().value();
    dialects_->check(dialect);
    if (dialect == framing::Dialect::headers) return answer_frame(message, answers, turn, origin);
    const Ref headers = dialects_->begin({});
    const ReplyPlace place{dialects_->codec(framing::protocol_of(dialect)), framing, answers, origin};
    return answer_call(message, place, &turn, nullptr);
  } catch (...) {
    return refuse_bytes({options_, framing, answers, origin}, before);
  }
}

// One message behind a header, answered with the same protocol, transforms and flags.
Processor::Outcome Processor::answer_frame(Bytes bytes, Buffer& answers, rpc::Turn& turn,
                                           const Origin& origin) {
  framing::HeaderFrame frame = framing::read_header_frame(bytes);
  framing::Header& header = frame.header;
  const Ref headers = dialects_->begin(header.info);
  // What cannot be opened can be answered; which call it was, only its sender knows.
  const auto refuse_frame = [&](RemoteError::Kind kind, const std::string& text) {
    header.transforms.clear();
    const wire::Protocol protocol =
        header.protocol == framing::Header::compact ? wire::Protocol::compact : wire::Protocol::binary;
    const HeaderAnswer around = dialects_->answer_to(header, Ref::share(headers.get()));
    refuse({dialects_->codec(protocol), around, answers}, {"", MessageType::call, header.sequence_id}, kind,
           text);
    return Outcome::answered;
  };
  if (header.protocol != framing::Header::binary && header.protocol != framing::Header::compact) {
    const std::string number = std::to_string(header.protocol);
    header.protocol = framing::Header::binary;
    return refuse_frame(RemoteError::Kind::invalid_protocol, "Unknown protocol " + number + " in the header");
  }
  for (const std::uint32_t transform : header.transforms) {
    if (transform == framing::Header::zlib) continue;
    return refuse_frame(RemoteError::Kind::invalid_transform,
                        "Unknown transform " + std::to_string(transform) + " in the header");
  }
  Ref plain;  // holds the message
  Bytes message = frame.payload;
  if (!header.transforms.empty()) {
    plain = dialects_->undo(message, header.transforms.size());
    message = {reinterpret_cast<const std::uint8_t*>(PyBytes_AS_STRING(plain.get())),
               static_cast<std::size_t>(PyBytes_GET_SIZE(plain.get()))};
  }
  const CodecOptions& codec = dialects_->codec(
      header.protocol == framing::Header::compact ? wire::Protocol::compact : wire::Protocol::binary);
  Input in(message);
  header.sequence_id = read_message_begin(in, codec).sequence_id;
  const HeaderAnswer around = dialects_->answer_to(header, Ref::share(headers.get()));
  return answer_call(message, {codec, around, answers, origin}, &turn, nullptr);
}

}  // namespace fastthrift::python
