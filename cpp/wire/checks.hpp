#pragma once

#include <cstddef>
#include <cstdint>

#include "base/input.hpp"
#include "base/limits.hpp"
#include "wire/types.hpp"

// What every protocol refuses, with one text each. All throw ProtocolError and none allocates.
namespace fastthrift::wire {

[[noreturn]] void refuse_negative_size(std::int64_t size, const Input& in);
[[noreturn]] void refuse_size(const char* what, std::uint64_t size, std::uint64_t most, const Input& in);
[[noreturn]] void refuse_type(unsigned code, const Input& in);
[[noreturn]] void refuse_message_type(unsigned code, const Input& in);
[[noreturn]] void refuse_depth(const char* doing);

// A declared string length: within the limit and within what can still come.
inline void check_string(std::uint64_t size, const Input& in, const Limits& limits) {
  if (size > in.left() || size > limits.string) [[unlikely]] {
    refuse_size("string", size, in.left() < limits.string ? in.left() : limits.string, in);
  }
}

// A declared number of elements, each at least `minimum` bytes on the wire (1 where it could be none).
inline void check_container(std::uint64_t size, std::size_t minimum, const Input& in, const Limits& limits) {
  if (size * minimum > in.left() || size > limits.container) [[unlikely]] {
    refuse_size("container", size, limits.container < in.left() / minimum ? limits.container : in.left() / minimum, in);
  }
}

}  // namespace fastthrift::wire
