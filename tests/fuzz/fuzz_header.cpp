#include <algorithm>
#include <cstdint>

#include "base/errors.hpp"
#include "framing/header.hpp"
#include "must.hpp"

// Any frame is a header with a payload or a ProtocolError, and what was read is written and read again alike.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fastthrift;
  using fuzz::must;
  const Bytes frame(data, size);
  try {
    const framing::HeaderFrame read = framing::read_header_frame(frame);
    must(read.payload.size() <= frame.size(), "the payload stands within the frame");
    must(read.payload.empty() || read.payload.data() + read.payload.size() == data + size,
         "the payload ends with the frame");
    must(read.header.info.size() <= framing::most_header_pairs, "pairs are limited");
    must(read.header.transforms.size() <= framing::most_transforms, "transforms are limited");
    Limits limits;
    limits.frame = limits.message = Limits::no_limit;
    Buffer out;
    const std::size_t start = framing::begin_header_frame(out, read.header);
    out.append(read.payload);
    framing::end_header_frame(out, start, limits);
    must(load_big_endian<std::uint32_t>(out.data()) == out.size() - 4, "the size is that of the frame");
    const framing::HeaderFrame again = framing::read_header_frame(out.bytes().subspan(4));
    must(again.header.flags == read.header.flags && again.header.sequence_id == read.header.sequence_id &&
             again.header.protocol == read.header.protocol &&
             again.header.transforms == read.header.transforms && again.header.info == read.header.info,
         "the header survives");
    must(std::equal(again.payload.begin(), again.payload.end(), read.payload.begin(), read.payload.end()),
         "the payload survives");
  } catch (const ProtocolError&) {
  }
  return 0;
}
