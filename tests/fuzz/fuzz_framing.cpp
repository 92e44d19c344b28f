#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "base/errors.hpp"
#include "framing/framing.hpp"
#include "must.hpp"

namespace {

using namespace fastthrift;

using fuzz::must;

// Where the messages of a stream end, and how it ended.
struct Cut {
  std::vector<std::size_t> ends;
  std::string error;

  bool operator==(const Cut&) const = default;
};

Cut cut(const framing::Options& options, Bytes stream, std::size_t step) {
  const auto framing = framing::make_framing(options);
  Cut result;
  std::size_t used = 0, shown = 0;
  try {
    do {
      shown = std::min(stream.size(), shown + step);
      for (;;) {
        const fuzz::Shown block(stream.subspan(used, shown - used), stream.size() / step < 32);
        const auto extent = framing->next(block);
        if (!extent) {
          must(framing->wanted() > shown - used, "more is wanted than was shown");
          break;
        }
        must(extent->begin < extent->end && extent->end <= shown - used,
             "a message stands within what was shown");
        used += extent->end;
        result.ends.push_back(used);
      }
    } while (shown < stream.size());
  } catch (const ProtocolError& error) {
    result.error = "protocol " + std::to_string(static_cast<int>(error.kind()));
  } catch (const TransportError& error) {
    result.error = "transport " + std::to_string(static_cast<int>(error.kind()));
  }
  return result;
}

}  // namespace

// Any input is cut into the same messages, and ends with the same kind of error, in whatever pieces it comes.
// The first byte chooses the framing, the second the size of a piece.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  framing::Options options;
  options.kind = (data[0] & 1) != 0 ? framing::Kind::framed : framing::Kind::unframed;
  if ((data[0] & 16) != 0) options.kind = framing::Kind::detected;
  options.protocol = (data[0] & 2) != 0 ? wire::Protocol::compact : wire::Protocol::binary;
  options.strict_read = (data[0] & 4) == 0;
  if ((data[0] & 8) != 0) {
    options.limits.message = 64;
    options.limits.frame = 48;
    options.limits.depth = 4;
    options.limits.method_name = 8;
  }
  const Bytes stream(data + 2, size - 2);
  must(cut(options, stream, stream.size() + 1) == cut(options, stream, 1u + data[1]),
       "pieces make no difference");
  return 0;
}
