#include "framing/framing.hpp"

#include "framing/dialect.hpp"
#include "framing/framed.hpp"
#include "framing/http.hpp"
#include "framing/json_messages.hpp"
#include "framing/unframed.hpp"
#include "wire/compact.hpp"

namespace fastthrift::framing {
namespace {

std::unique_ptr<Framing> make_unframed(const Options& options) {
  switch (options.protocol) {
    case wire::Protocol::binary: {
      const wire::BinaryOptions binary{options.strict_read, true};
      return std::make_unique<Unframed<wire::BinaryReader>>(options.limits, binary,
                                                            "an unframed binary message");
    }
    case wire::Protocol::compact:
      return std::make_unique<Unframed<wire::CompactReader>>(options.limits, wire::CompactOptions{},
                                                             "an unframed compact message");
    case wire::Protocol::json:
      return std::make_unique<JsonMessages>(options.limits);
  }
  return nullptr;
}

}  // namespace

std::unique_ptr<Framing> make_framing(const Options& options) {
  if (options.http) return std::make_unique<Http>(options);
  switch (options.kind) {
    case Kind::unframed:
      return make_unframed(options);
    case Kind::framed:
      return std::make_unique<Framed>(options.limits);
    case Kind::detected:
      return std::make_unique<Detecting>(options.limits);
  }
  return nullptr;
}

}  // namespace fastthrift::framing
