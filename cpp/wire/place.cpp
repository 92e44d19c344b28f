#include "wire/place.hpp"

#include "base/errors.hpp"

namespace fastthrift::wire {

Place Place::grown(Place place, ByteWriter& writer, std::size_t more) {
  place.leave(writer);
  writer.buffer().prepare(room + more);
  return Place(writer);
}

void Place::refuse_size() {
  throw ProtocolError(ProtocolError::Kind::size_limit, "Size limit: more than 2^31-1");
}

}  // namespace fastthrift::wire
