#include <limits>
#include <optional>
#include <string>

#include "base/errors.hpp"
#include "idl/unicode.hpp"
#include "wire/base64.hpp"
#include "wire/checks.hpp"
#include "wire/json.hpp"
#include "wire/json_names.hpp"

namespace fastthrift::wire {

void JsonReader::push(Kind kind, std::uint64_t left) {
  levels_.push_back({kind, true, true, left});
  tokens_.opened(kind == Kind::map ? 2 : 1);
}

void JsonReader::pop() {
  tokens_.closed(levels_.back().kind == Kind::map ? 2 : 1);
  levels_.pop_back();
}

void JsonReader::begin() {
  if (levels_.empty()) return;
  JsonLevel& level = levels_.back();
  if (level.kind == Kind::list) return tokens_.expect(',');
  if (level.kind != Kind::map) return;
  if (!level.is_key) return tokens_.expect(':');
  if (!level.is_first) tokens_.expect(',');
  level.is_first = false;
}

void JsonReader::end() {
  while (!levels_.empty()) {
    JsonLevel& level = levels_.back();
    if (level.kind == Kind::field) {
      tokens_.expect('}');
      pop();
      return;
    }
    if (level.kind == Kind::map) {
      level.is_key = !level.is_key;
      if (!level.is_key) return;
    }
    if (--level.left != 0) return;
    if (level.kind == Kind::map) {
      tokens_.expect('}');
      tokens_.closed();
    }
    tokens_.expect(']');
    tokens_.closed();
    levels_.pop_back();
  }
}

MessageHeader JsonReader::message_begin(bool any_message_type) {
  tokens_.expect('[');
  tokens_.opened();
  const std::string_view version = tokens_.token();
  if (version != "1") {
    throw ProtocolError(ProtocolError::Kind::bad_version,
                        "Bad version of a JSON message: " + idl::repr(version));
  }
  tokens_.expect(',');
  if (tokens_.peek() != '"') tokens_.refuse("the name of a message");
  const std::string name(tokens_.quoted());
  if (name.size() > tokens_.limits().method_name)
    refuse_method_name(name.size(), tokens_.limits().method_name, tokens_.input());
  tokens_.expect(',');
  constexpr std::int64_t least = std::numeric_limits<std::int32_t>::min();
  constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
  const std::int64_t type = tokens_.integer(0, 255, "a message type");
  tokens_.expect(',');
  // Compact's neighbours of negative numbers, too.
  const std::int64_t sequence_id = tokens_.integer(least, 2 * most + 1, "a sequence id");
  tokens_.expect(',');
  tokens_.text().clear();
  tokens_.text().append(name);
  return {{reinterpret_cast<const char*>(tokens_.text().data()), tokens_.text().size()},
          any_message_type ? static_cast<MessageType>(type)
                           : checked_message_type(static_cast<unsigned>(type), tokens_.input()),
          static_cast<std::int32_t>(sequence_id)};
}

void JsonReader::message_end() { tokens_.expect(']'); }

JsonReader::Saved JsonReader::struct_begin() {
  begin();
  tokens_.expect('{');
  push(Kind::struct_, 0);
  return {};
}

void JsonReader::struct_end(Saved) {
  // field_begin has taken the bracket, and its level with it.
  end();
}

FieldHeader JsonReader::field_begin() {
  JsonLevel& level = levels_.back();
  if (tokens_.peek() == '}') {
    tokens_.input().advance(1);
    pop();
    return {TType::stop, 0};
  }
  if (!level.is_first) tokens_.expect(',');
  level.is_first = false;
  if (tokens_.peek() != '"') tokens_.refuse("a field id in quotes");
  const std::int64_t id = tokens_.whole_number(tokens_.quoted(), std::numeric_limits<std::int16_t>::min(),
                                               std::numeric_limits<std::int16_t>::max(), "a field id");
  tokens_.expect(':');
  tokens_.expect('{');
  push(Kind::field, 0);
  const TType type = type_name();
  tokens_.expect(':');
  return {type, static_cast<std::int16_t>(id)};
}

TType JsonReader::type_name() {
  if (tokens_.peek() != '"') tokens_.refuse("the name of a type");
  return json_type(tokens_.quoted());
}

std::int64_t JsonReader::number_in(unsigned bits, const char* what) {
  begin();
  const std::int64_t most = static_cast<std::int64_t>((std::uint64_t{1} << (bits - 1)) - 1);
  const std::int64_t value = tokens_.integer(-most - 1, most, what);
  end();
  return value;
}

bool JsonReader::boolean() {
  begin();
  const std::string_view text = tokens_.token();
  bool value = text == "true";
  if (!value && text != "false") {
    value = tokens_.whole_number(text, std::numeric_limits<std::int64_t>::min(),
                                 std::numeric_limits<std::int64_t>::max(), "a bool") != 0;
  }
  end();
  return value;
}

std::int8_t JsonReader::i8() { return static_cast<std::int8_t>(number_in(8, "an i8")); }
std::int16_t JsonReader::i16() { return static_cast<std::int16_t>(number_in(16, "an i16")); }
std::int32_t JsonReader::i32() { return static_cast<std::int32_t>(number_in(32, "an i32")); }
std::int64_t JsonReader::i64() { return number_in(64, "an i64"); }

double JsonReader::float64() {
  begin();
  const double value = tokens_.real();
  end();
  return value;
}

const std::uint8_t* JsonReader::uuid() {
  begin();
  if (tokens_.peek() != '"') tokens_.refuse("a uuid");
  const std::string_view text = tokens_.quoted();
  std::uint8_t bytes[16];
  std::size_t digits = 0;
  for (std::size_t i = 0; i < text.size() && text.size() == 36; ++i) {
    const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
    const int value = hex_value(static_cast<std::uint8_t>(text[i]));
    if (is_dash ? text[i] != '-' : value < 0) break;
    if (is_dash) continue;
    bytes[digits / 2] = static_cast<std::uint8_t>(digits % 2 == 0 ? value << 4 : bytes[digits / 2] | value);
    ++digits;
  }
  if (digits != 32) tokens_.refuse_text("a uuid", text);
  tokens_.text().clear();
  tokens_.text().append(bytes, 16);
  end();
  return tokens_.text().data();
}

Bytes JsonReader::string() {
  begin();
  if (tokens_.peek() != '"') tokens_.refuse("a string");
  tokens_.quoted();
  end();
  return tokens_.text().bytes();
}

Bytes JsonReader::binary() {
  begin();
  if (tokens_.peek() != '"') tokens_.refuse("a string of base64");
  std::string_view text = tokens_.quoted();
  for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
  Buffer& bytes = tokens_.text();
  const std::optional<std::size_t> size = decode_base64(text, bytes.data());
  if (!size) tokens_.refuse_text("base64", text);
  bytes.truncate(*size);
  end();
  return tokens_.text().bytes();
}

std::uint32_t JsonReader::size(std::size_t minimum) {
  tokens_.expect(',');
  const std::int64_t size = tokens_.integer(std::numeric_limits<std::int32_t>::min(),
                                            std::numeric_limits<std::int32_t>::max(), "a size");
  if (size < 0) refuse_negative_size(size, tokens_.input());
  check_container(static_cast<std::uint64_t>(size), minimum, tokens_.input(), tokens_.limits());
  return static_cast<std::uint32_t>(size);
}

ListHeader JsonReader::list_begin() {
  begin();
  tokens_.expect('[');
  push(Kind::list, 0);
  const TType element = type_name();
  const std::uint32_t count = size(2);
  levels_.back().left = count;
  if (count == 0) {
    tokens_.expect(']');
    pop();
    end();
  }
  return {element, count};
}

MapHeader JsonReader::map_begin() {
  begin();
  tokens_.expect('[');
  push(Kind::map, 0);
  const TType key = type_name();
  tokens_.expect(',');
  const TType value = type_name();
  const std::uint32_t count = size(3);
  levels_.back().left = count;
  tokens_.expect(',');
  tokens_.expect('{');
  if (count == 0) {
    tokens_.expect('}');
    tokens_.closed();
    tokens_.expect(']');
    tokens_.closed();
    levels_.pop_back();
    end();
  }
  return {key, value, count};
}

void JsonReader::skip(std::size_t depth, Buffer* copy) {
  begin();
  std::string open;
  const auto take = [&] {
    const std::uint8_t byte = *tokens_.input().take(1);
    if (copy != nullptr) *copy->extend(1) = byte;
  };
  do {
    const std::uint8_t byte = tokens_.peek();
    if (byte == '{' || byte == '[') {
      if (open.size() >= depth) refuse_depth("skipping a Thrift struct");
      open += byte == '{' ? '}' : ']';
      tokens_.opened();
      take();
    } else if (byte == '}' || byte == ']') {
      if (open.empty() || open.back() != static_cast<char>(byte)) tokens_.refuse("a value");
      open.pop_back();
      tokens_.closed();
      take();
    } else if (byte == '"') {
      take();
      tokens_.skip_string(copy);
    } else if (byte == ',' || byte == ':') {
      if (open.empty()) tokens_.refuse("a value");
      take();
    } else {
      const std::string_view text = tokens_.token();
      if (copy != nullptr) copy->append(text);
    }
  } while (!open.empty());
  end();
}

void skip(JsonReader& reader, TType, std::size_t depth) {
  // A struct or container is two brackets at the most.
  const std::size_t most = reader.limits().depth;
  const std::size_t left = most < depth ? 0 : most - depth;
  reader.skip(left < 100'000 ? 2 * left : 200'000);
}

}  // namespace fastthrift::wire
