#pragma once

#include <cstddef>
#include <cstdint>

#include "base/buffer.hpp"
#include "base/hints.hpp"

namespace fastthrift::wire {

// A writer whose values are bytes one behind the other.
class ByteWriter {
 public:
  explicit ByteWriter(Buffer& out) : out_(out) {}

  Buffer& buffer() { return out_; }

 protected:
  Buffer& out_;
};

// Where a writer stands while it writes one value after the other: two registers, which each function takes
// and gives back by value, so that nothing of it goes through memory. The buffer knows what was written once
// `leave` has said so; whatever writes there in another way, or runs Python code that may, comes between a
// `leave` and a new Place. What comes next is a writer's own: BinaryWriter::Place, CompactWriter::Place.
class Place {
 public:
  // What a new one and `make_room` see to: a field's header, a value of fixed size or a container's header,
  // the end of a struct.
  static constexpr std::size_t room = 16;

  explicit Place(ByteWriter& writer)
      : at_(writer.buffer().prepare(room)), last_(writer.buffer().end_of_room() - room) {}

  FASTTHRIFT_INLINE void leave(ByteWriter& writer) const { writer.buffer().commit_to(at_); }
  FASTTHRIFT_INLINE void make_room(ByteWriter& writer, std::size_t more = 0) {
    if (last_ - at_ < static_cast<std::ptrdiff_t>(more)) [[unlikely]]
      *this = grown(*this, writer, more);
  }
  // For a string of this size too, which is checked.
  FASTTHRIFT_INLINE void make_room_for(ByteWriter& writer, std::size_t size) {
    check_size(size);
    make_room(writer, size);
  }

  // Throws ProtocolError for one that the wire cannot tell.
  FASTTHRIFT_INLINE static void check_size(std::size_t size) {
    if (size > 0x7fffffff) [[unlikely]]
      refuse_size();
  }

 protected:
  std::uint8_t* at_;

 private:
  static Place grown(Place place, ByteWriter& writer, std::size_t more);
  [[noreturn]] static void refuse_size();

  std::uint8_t* last_;  // as far as `room` reaches
};

}  // namespace fastthrift::wire
