#pragma once

#include <cstdint>
#include <string_view>

// The words of the Thrift specification that every protocol shares.
namespace fastthrift::wire {

// The type numbers of the binary protocol. thriftpy2's own numbers (BINARY 18, UTF8 16, ...) never come here:
// the layer above turns them into these.
enum class TType : std::uint8_t {
  stop = 0,
  void_ = 1,
  bool_ = 2,
  i8 = 3,
  double_ = 4,
  i16 = 6,
  i32 = 8,
  i64 = 10,
  string = 11,  // and binary: the wire does not tell them apart
  struct_ = 12,
  map = 13,
  set = 14,
  list = 15,
  uuid = 16,
};

enum class MessageType : std::uint8_t { call = 1, reply = 2, exception = 3, oneway = 4 };

// `name` is a view into the input, valid until the next read.
struct MessageHeader {
  std::string_view name;
  MessageType type;
  std::int32_t sequence_id;
};
struct FieldHeader {
  TType type;  // stop at the end of the struct
  std::int16_t id;
};
struct ListHeader {
  TType element;
  std::uint32_t size;
};
struct MapHeader {
  TType key;
  TType value;
  std::uint32_t size;
};

// "I32", "LIST", ...; "type 5" for what no specification has.
std::string_view name_of(TType type);

// Which protocol a message is written in. A protocol is one header in this folder (a Reader and a Writer with
// the members that binary.hpp shows), one row here and one test file.
enum class Protocol : std::uint8_t { binary, compact, json };

}  // namespace fastthrift::wire
