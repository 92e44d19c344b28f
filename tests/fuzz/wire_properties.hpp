#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/buffer.hpp"
#include "base/errors.hpp"
#include "base/input.hpp"
#include "must.hpp"
#include "transcribe.hpp"
#include "wire/binary.hpp"
#include "wire/compact.hpp"
#include "wire/scanner.hpp"
#include "wire/skip.hpp"

// What must hold for any bytes in any protocol.
namespace fastthrift::fuzz {

// The offset where something ended, or the error that ended it. Any other exception ends the process.
template <class Body>
std::string outcome(Body&& body) {
  try {
    return std::to_string(body());
  } catch (const ProtocolError& error) {
    return error.what();
  } catch (const TransportError& error) {
    must(
        error.kind() == TransportError::Kind::end_of_file || error.kind() == TransportError::Kind::size_limit,
        "bytes give no other error of the transport");
    return error.what();
  }
}

template <class Reader>
std::string scanned(Bytes bytes, const Limits& limits, typename Reader::Options options, std::size_t step) {
  wire::MessageScanner<Reader> scanner(limits, options);
  return outcome([&]() -> std::size_t {
    for (std::size_t shown = std::min(step, bytes.size());; shown = std::min(shown + step, bytes.size())) {
      const Shown block(bytes.first(shown), bytes.size() / step < 32);
      if (const std::size_t size = scanner.scan(block)) {
        must(size <= shown, "a message ends within what was shown");
        return size;
      }
      must(scanner.wanted() > shown, "more is wanted than was shown");
      if (shown == bytes.size()) return 0;
    }
  });
}

template <class Writer, class Reader>
std::optional<std::vector<std::uint8_t>> transcribed(Bytes bytes, const Limits& limits) {
  Input in(bytes);
  Reader reader(in, limits);
  Buffer out;
  Writer writer(out);
  try {
    Transcriber<Reader, Writer>(reader, writer).structure();
  } catch (const std::runtime_error&) {
    return std::nullopt;
  }
  return std::vector<std::uint8_t>(out.data(), out.data() + out.size());
}

// Any bytes: a value or a ProtocolError (or the end of the input). Skipping ends where reading ends, with the
// same words; the scanner finds the same end in whatever pieces; what was read and written again, in this
// protocol or by way of the other, is the same.
template <class Reader, class Writer, class OtherReader, class OtherWriter>
void check_wire(Bytes bytes, typename Reader::Options options, std::size_t step) {
  const Limits limits;
  const std::string whole = scanned<Reader>(bytes, limits, options, bytes.size() + 1);
  must(whole == scanned<Reader>(bytes, limits, options, step), "pieces make no difference");

  Input in(bytes);
  Reader reader(in, limits, options);
  const std::string header = outcome([&] {
    reader.message_begin();
    return in.offset();
  });
  if (in.offset() == 0 || header != std::to_string(in.offset())) return;
  const Bytes body = bytes.subspan(in.offset());
  const std::size_t before = in.offset();

  const std::string skipped = outcome([&] {
    wire::skip(reader, wire::TType::struct_, 0);
    return in.offset();
  });
  if (whole != "0" && whole.find_first_not_of("0123456789") == std::string::npos) {
    must(skipped == whole, "a message that the scanner found can be skipped");
  }
  if (skipped.find_first_not_of("0123456789") == std::string::npos) {
    must(skipped == whole, "the scanner finds the end of what can be skipped");
  }

  Input again(body);
  Reader second(again, limits, options);
  Input third(body);
  Reader skipper(third, limits, options);
  Buffer out;
  Writer writer(out);
  const std::string read = outcome([&] {
    Transcriber<Reader, Writer>(second, writer).structure();
    return again.offset();
  });
  const std::string passed = outcome([&] {
    wire::skip(skipper, wire::TType::struct_, 0);
    return third.offset();
  });
  must(read == passed, "skipping ends where reading ends");
  if (read != std::to_string(again.offset())) return;
  must(skipped == std::to_string(before + again.offset()), "where a value stands makes no difference");

  const auto same = transcribed<Writer, Reader>(out.bytes(), limits);
  must(same && Bytes(*same).size() == out.size() && std::equal(same->begin(), same->end(), out.data()),
       "what was written reads as what was written");
  const auto other = transcribed<OtherWriter, Reader>(out.bytes(), limits);
  must(other.has_value(), "the other protocol can carry it");
  const auto back = transcribed<Writer, OtherReader>(*other, limits);
  must(back && *back == *same, "the way through the other protocol changes nothing");
}

}  // namespace fastthrift::fuzz
