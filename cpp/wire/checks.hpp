#pragma once

#include <cstddef>
#include <cstdint>

#include "base/input.hpp"
#include "base/limits.hpp"
#include "wire/types.hpp"

// What every protocol refuses, with one text each. They throw ProtocolError unless they say otherwise.
namespace fastthrift::wire {

[[noreturn]] void refuse_negative_size(std::int64_t size, const Input& in);
[[noreturn]] void refuse_size(const char* what, std::uint64_t size, std::uint64_t most, const Input& in);
[[noreturn]] void refuse_type(unsigned code, const Input& in);
[[noreturn]] void refuse_message_type(unsigned code, const Input& in);
[[noreturn]] void refuse_varint(unsigned bits, const Input& in);
[[noreturn]] void refuse_field_id(std::int32_t id, const Input& in);
[[noreturn]] void refuse_method_name(std::uint64_t size, std::size_t most, const Input& in);
// TransportError: what is too long is the message, whatever is in it.
[[noreturn]] void refuse_message(std::uint64_t size, std::uint64_t most);
// `doing`: "reading a Thrift struct", "skipping a Thrift container", ...
[[noreturn]] void refuse_depth(const char* doing);

// 1 to 4, whatever the protocol packs around it.
inline MessageType checked_message_type(unsigned code, const Input& in) {
  if (code < 1 || code > 4) [[unlikely]]
    refuse_message_type(code, in);
  return static_cast<MessageType>(code);
}

// A declared string length: within the limit and within what can still come. What is at hand is looked at
// first, because `left` is a virtual call.
inline void check_string(std::uint64_t size, const Input& in, const Limits& limits) {
  if ((size > in.at_hand() && size > in.left()) || size > limits.string) [[unlikely]] {
    refuse_size("string", size, in.left() < limits.string ? in.left() : limits.string, in);
  }
}

// A declared number of elements, each at least `minimum` bytes on the wire (1 where it could be none).
inline void check_container(std::uint64_t size, std::size_t minimum, const Input& in, const Limits& limits) {
  if ((size * minimum > in.at_hand() && size * minimum > in.left()) || size > limits.container) [[unlikely]] {
    refuse_size("container", size,
                limits.container < in.left() / minimum ? limits.container : in.left() / minimum, in);
  }
}

}  // namespace fastthrift::wire
