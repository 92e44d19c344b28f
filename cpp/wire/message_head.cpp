#include "wire/message_head.hpp"

namespace fastthrift::wire {

MessageHead::MessageHead(std::string_view name) {
  std::uint8_t length[most_varint];
  store_big_endian(length, static_cast<std::uint32_t>(name.size()));
  binary_.assign(reinterpret_cast<const char*>(length), size_field).append(name);
  compact_.assign(reinterpret_cast<const char*>(length), write_varint(length, name.size())).append(name);
}

}  // namespace fastthrift::wire
