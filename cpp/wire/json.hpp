#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/buffer.hpp"
#include "base/bytes.hpp"
#include "base/input.hpp"
#include "base/limits.hpp"
#include "wire/field_head.hpp"
#include "wire/json_tokens.hpp"
#include "wire/no_place.hpp"
#include "wire/types.hpp"

// Apache's JSON protocol: a message is [1,"name",type,sequence id,struct], a struct
// {"id":{"type":value},...}, a list or set ["type",size,value,...], a map ["key type","value
// type",size,{key:value,...}]. Numbers as keys stand in quotes; structs and containers as keys do not, which
// other Thrifts read although it is no JSON.
//
// The containers have no end of their own in the codec: reader and writer count the elements, so that
// brackets and commas come by themselves.
namespace fastthrift::wire {

struct JsonOptions {};

// What is open around a value.
struct JsonLevel {
  enum class Kind : std::uint8_t { struct_, field, list, map };

  Kind kind;
  bool is_first;       // struct, map: no comma yet
  bool is_key;         // map: the key comes next
  std::uint64_t left;  // list, map: elements to come
};

class JsonReader {
 public:
  using Options = JsonOptions;
  struct Saved {};
  using Place = NoPlace<JsonReader>;
  static constexpr bool boolean_in_header = false;

  JsonReader(Input& in, const Limits& limits, Options = {}) : tokens_(in, limits) {}

  Input& input() { return tokens_.input(); }
  const Limits& limits() const { return tokens_.limits(); }

  // The view is valid until the next read. Between begin and end comes one struct.
  MessageHeader message_begin(bool any_message_type);
  void message_end();

  Saved struct_begin();
  void struct_end(Saved);
  // Of a type that nobody knows: void_.
  FieldHeader field_begin();

  bool boolean();
  std::int8_t i8();
  std::int16_t i16();
  std::int32_t i32();
  std::int64_t i64();
  double float64();
  const std::uint8_t* uuid();
  Bytes string();
  Bytes binary();

  ListHeader list_begin();
  MapHeader map_begin();

  // With its comma or colon.
  static constexpr std::size_t minimum_size(TType) { return 2; }

  // Goes over a value, whatever it is, with at most `depth` brackets inside each other; appends it to `copy`
  // where there is one.
  void skip(std::size_t depth, Buffer* copy = nullptr);

 private:
  using Kind = JsonLevel::Kind;

  // What stands in front of a value, and behind it.
  void begin();
  void end();
  void push(Kind kind, std::uint64_t left);
  void pop();

  std::int64_t number_in(unsigned bits, const char* what);
  TType type_name();
  std::uint32_t size(std::size_t minimum);

  JsonTokens tokens_;
  std::vector<JsonLevel> levels_;
};

class JsonWriter {
 public:
  using Options = JsonOptions;
  struct Saved {};
  struct Fields {};
  class Place;

  explicit JsonWriter(Buffer& out, Options = {}) : out_(out) {}

  Buffer& buffer() { return out_; }

  void message_begin(std::string_view name, MessageType type, std::int32_t sequence_id);
  void message_end();

  Saved struct_begin();
  void struct_end(Saved);
  void field_begin(TType type, std::int16_t id);
  void field_boolean(std::int16_t id, bool value);

  void boolean(bool value) { number(value); }
  void i8(std::int8_t value) { number(value); }
  void i16(std::int16_t value) { number(value); }
  void i32(std::int32_t value) { number(value); }
  void i64(std::int64_t value) { number(value); }
  void float64(double value);
  void uuid(const std::uint8_t* bytes);
  void string(const void* bytes, std::size_t size);
  void binary(const void* bytes, std::size_t size);

  void list_begin(TType element, std::size_t size);
  void map_begin(TType key, TType value, std::size_t size);

 private:
  using Kind = JsonLevel::Kind;

  // True where a key of a map comes.
  bool begin();
  void end();
  void number(std::int64_t value);
  void put(char byte) { *out_.extend(1) = static_cast<std::uint8_t>(byte); }

  Buffer& out_;
  std::vector<JsonLevel> levels_;
};

// What the codec writes through. A value's text depends on what is open around it: the writer itself knows
// where it stands.
class JsonWriter::Place {
 public:
  explicit Place(JsonWriter& writer) : writer_(&writer) {}

  void leave(JsonWriter&) const {}
  void make_room(JsonWriter&, std::size_t = 0) {}
  void make_room_for(JsonWriter&, std::size_t) {}

  void struct_begin() { writer_->struct_begin(); }
  void struct_end() { writer_->struct_end({}); }
  void field_begin(Fields&, const FieldHead& head) { writer_->field_begin(head.type, head.id); }
  void field_boolean(Fields&, const FieldHead& head, bool value) { writer_->field_boolean(head.id, value); }
  void boolean(bool value) { writer_->boolean(value); }
  void i8(std::int8_t value) { writer_->i8(value); }
  void i16(std::int16_t value) { writer_->i16(value); }
  void i32(std::int32_t value) { writer_->i32(value); }
  void i64(std::int64_t value) { writer_->i64(value); }
  void float64(double value) { writer_->float64(value); }
  void uuid(const std::uint8_t* bytes) { writer_->uuid(bytes); }
  void string(const std::uint8_t* bytes, std::size_t size) { writer_->string(bytes, size); }
  void binary(const std::uint8_t* bytes, std::size_t size) { writer_->binary(bytes, size); }
  void list_begin(TType element, std::size_t size) { writer_->list_begin(element, size); }
  void map_begin(TType key, TType value, std::size_t size) { writer_->map_begin(key, value, size); }

 private:
  JsonWriter* writer_;
};

// The codec's way to pass over a value; `depth` is how many structs and containers are open around it.
void skip(JsonReader& reader, TType type, std::size_t depth);

}  // namespace fastthrift::wire
