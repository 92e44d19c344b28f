#pragma once

#include <cstddef>

namespace fastthrift {

// What a peer may make us hold or do; the defaults are TConfiguration's (Apache Thrift) where it has one.
// `no_limit` switches one off.
struct Limits {
  static constexpr std::size_t no_limit = static_cast<std::size_t>(-1);

  std::size_t message = 100 * 1024 * 1024;  // bytes of one message, strings and containers included
  std::size_t frame = 16'384'000;           // bytes behind one frame length
  std::size_t depth = 64;            // structs and containers inside each other, the outermost included
  std::size_t structs = no_limit;    // of them structs, where values are read or written
  std::size_t method_name = 1024;    // bytes
  std::size_t string = no_limit;     // bytes of one string; the message bounds it anyway
  std::size_t container = no_limit;  // elements of one container; the message bounds it anyway
  // Bytes of memory that the structs and containers of a message may take for each byte of it, beyond some
  // that are free.
  std::size_t expansion = 48;
};

// The same for a client of HTTP, in bytes: the sizes of nginx and Envoy; a body is a frame.
struct HttpLimits {
  std::size_t line = 8 * 1024;   // the request line
  std::size_t field = 8 * 1024;  // one header line
  std::size_t head = 64 * 1024;  // all of them
  std::size_t fields = 100;      // their number
  std::size_t body = 16'384'000;
  std::size_t chunk_extensions = 8 * 1024;  // in all of one body
};

}  // namespace fastthrift
