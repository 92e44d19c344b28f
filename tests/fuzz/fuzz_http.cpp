#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "base/errors.hpp"
#include "framing/http.hpp"
#include "must.hpp"

namespace {

using namespace fastthrift;

using fuzz::must;

// The requests of a stream, and how it ended.
struct Cut {
  std::vector<std::string> requests;
  int refused = 0;

  bool operator==(const Cut&) const = default;
};

Cut cut(const framing::Options& options, Bytes stream, std::size_t step) {
  framing::Http http(options);
  Cut result;
  std::size_t used = 0, shown = 0;
  try {
    do {
      shown = std::min(stream.size(), shown + step);
      for (;;) {
        const fuzz::Shown block(stream.subspan(used, shown - used), stream.size() / step < 32);
        const Bytes bytes = block;
        const auto extent = http.next(bytes);
        if (!extent) {
          must(http.wanted() > bytes.size(), "more is wanted than was shown");
          break;
        }
        must(extent->begin <= extent->end && extent->end <= bytes.size() && extent->end != 0,
             "a request stands within what was shown");
        const framing::HttpRequest request = http.request();
        must(request.head <= extent->begin, "its head stands in front of its body");
        const Bytes head = bytes.subspan(extent->begin - request.head, request.head);
        const auto lines =
            framing::read_http_lines({reinterpret_cast<const char*>(head.data()), head.size()});
        must(!lines.method.empty() && !lines.target.empty(), "a request has a method and a target");
        must(lines.fields.size() <= options.http->fields, "headers are counted");
        const Bytes body = http.body(bytes.subspan(extent->begin, extent->end - extent->begin));
        must(body.size() <= options.http->body && body.size() <= extent->end - extent->begin,
             "a body is limited");
        must(request.is_post || body.empty(), "only POST has a body");
        result.requests.emplace_back(lines.method);
        result.requests.back().append(body.begin(), body.end());
        Buffer out;
        const std::size_t start = http.begin_answer(out);
        out.append(body);
        http.end_answer(out, start, request.keep_alive);
        must(out.size() >= body.size() && std::equal(body.begin(), body.end(), out.end() - body.size()),
             "an answer ends with its body");
        try {
          const Bytes message = http.message(body);
          must(message.size() <= body.size(), "a message stands in its body");
        } catch (const ProtocolError&) {
        } catch (const TransportError&) {
        }
        http.finish_request();
        used += extent->end;
      }
    } while (shown < stream.size());
  } catch (const framing::HttpRefused& refused) {
    result.refused = refused.status();
    Buffer out;
    http.speak(out);
    must(!out.empty(), "a refusal is told");
  }
  return result;
}

}  // namespace

// Any input is cut into the same requests, and ends with the same refusal, in whatever pieces it comes.
// The first byte chooses the limits and what is in the bodies, the second the size of a piece.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  framing::Options options;
  options.http = (data[0] & 1) != 0 ? HttpLimits{64, 40, 200, 6, 100, 20} : HttpLimits{};
  if ((data[0] & 2) != 0) options.kind = framing::Kind::framed;
  if ((data[0] & 4) != 0) options.kind = framing::Kind::detected;
  const Bytes stream(data + 2, size - 2);
  must(cut(options, stream, stream.size() + 1) == cut(options, stream, 1u + data[1]),
       "pieces make no difference");
  return 0;
}
