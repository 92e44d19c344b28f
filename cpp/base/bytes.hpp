#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>

// Integers in the byte orders of the wire. The pointers need no alignment.
namespace fastthrift {

using Bytes = std::span<const std::uint8_t>;

template <class T>
constexpr T byte_swapped(T value) {
#if defined(__GNUC__) || defined(__clang__)
  if constexpr (sizeof(T) == 1)
    return value;
  else if constexpr (sizeof(T) == 2)
    return static_cast<T>(__builtin_bswap16(static_cast<std::uint16_t>(value)));
  else if constexpr (sizeof(T) == 4)
    return static_cast<T>(__builtin_bswap32(static_cast<std::uint32_t>(value)));
  else
    return static_cast<T>(__builtin_bswap64(static_cast<std::uint64_t>(value)));
#else
  std::uint64_t in = static_cast<std::uint64_t>(value), out = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i, in >>= 8) out = (out << 8) | (in & 0xff);
  return static_cast<T>(out);
#endif
}

template <class T>
T load_big_endian(const std::uint8_t* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return std::endian::native == std::endian::little ? byte_swapped(value) : value;
}

template <class T>
T load_little_endian(const std::uint8_t* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return std::endian::native == std::endian::big ? byte_swapped(value) : value;
}

template <class T>
void store_big_endian(std::uint8_t* to, T value) {
  if constexpr (std::endian::native == std::endian::little) value = byte_swapped(value);
  std::memcpy(to, &value, sizeof value);
}

template <class T>
void store_little_endian(std::uint8_t* to, T value) {
  if constexpr (std::endian::native == std::endian::big) value = byte_swapped(value);
  std::memcpy(to, &value, sizeof value);
}

}  // namespace fastthrift
