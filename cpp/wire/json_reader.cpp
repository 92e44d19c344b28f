#include <charconv>
#include <limits>
#include <string>

#include "base/errors.hpp"
#include "idl/number.hpp"
#include "idl/unicode.hpp"
#include "wire/checks.hpp"
#include "wire/json.hpp"
#include "wire/json_names.hpp"

namespace fastthrift::wire {
namespace {

// No number that means something is longer.
constexpr std::size_t longest_token = 1100;

bool is_space(std::uint8_t byte) { return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t'; }
bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }
bool is_of_token(std::uint8_t byte) {
  return is_digit(static_cast<char>(byte)) || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         byte == '-' || byte == '+' || byte == '.';
}

int hex_value(std::uint8_t byte) {
  if (byte >= '0' && byte <= '9') return byte - '0';
  if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
  if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
  return -1;
}

int base64_value(std::uint8_t byte) {
  if (byte >= 'A' && byte <= 'Z') return byte - 'A';
  if (byte >= 'a' && byte <= 'z') return byte - 'a' + 26;
  if (byte >= '0' && byte <= '9') return byte - '0' + 52;
  return byte == '+' ? 62 : byte == '/' ? 63 : -1;
}

// [sign] digits [. digits] [e [sign] digits], with digits on one side of the point at least.
bool is_number(std::string_view text) {
  std::size_t i = 0;
  const auto digits = [&] {
    const std::size_t first = i;
    while (i < text.size() && is_digit(text[i])) ++i;
    return i - first;
  };
  const auto sign = [&] {
    if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
  };
  sign();
  std::size_t count = digits();
  if (i < text.size() && text[i] == '.') {
    ++i;
    count += digits();
  }
  if (count == 0) return false;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    sign();
    if (digits() == 0) return false;
  }
  return i == text.size();
}

std::string shown(std::string_view text) {
  constexpr std::size_t most = 40;
  return idl::repr(text.size() <= most ? text : text.substr(0, most));
}

}  // namespace

void JsonReader::refuse(const char* expected) {
  const auto found = static_cast<char>(*in_.need(1));
  refuse_text(expected, {&found, 1});
}

void JsonReader::refuse_text(const char* expected, std::string_view found) {
  throw ProtocolError(ProtocolError::Kind::invalid_data, std::string("JSON: expected ") + expected +
                                                             ", found " + shown(found) + " at offset " +
                                                             std::to_string(in_.offset()));
}

std::uint8_t JsonReader::peek() {
  for (;;) {
    const std::uint8_t byte = *in_.need(closing_ != 0 ? closing_ : 1);
    if (!is_space(byte)) return byte;
    in_.advance(1);
  }
}

void JsonReader::expect(char byte) {
  if (peek() != static_cast<std::uint8_t>(byte)) [[unlikely]] {
    const char expected[] = {'\'', byte, '\'', '\0'};
    refuse(expected);
  }
  in_.advance(1);
}

void JsonReader::push(Kind kind, std::uint64_t left) {
  levels_.push_back({kind, true, true, left});
  closing_ += kind == Kind::map ? 2 : 1;
}

void JsonReader::pop() {
  closing_ -= levels_.back().kind == Kind::map ? 2 : 1;
  levels_.pop_back();
}

void JsonReader::begin() {
  if (levels_.empty()) return;
  JsonLevel& level = levels_.back();
  if (level.kind == Kind::list) return expect(',');
  if (level.kind != Kind::map) return;
  if (!level.is_key) return expect(':');
  if (!level.is_first) expect(',');
  level.is_first = false;
}

void JsonReader::end() {
  while (!levels_.empty()) {
    JsonLevel& level = levels_.back();
    if (level.kind == Kind::field) {
      expect('}');
      pop();
      return;
    }
    if (level.kind == Kind::map) {
      level.is_key = !level.is_key;
      if (!level.is_key) return;
    }
    if (--level.left != 0) return;
    if (level.kind == Kind::map) expect('}');
    closing_ -= level.kind == Kind::map ? 1 : 0;
    expect(']');
    --closing_;
    levels_.pop_back();
  }
}

MessageHeader JsonReader::message_begin(bool any_message_type) {
  expect('[');
  closing_ = 1;
  const std::string_view version = token();
  if (version != "1") {
    throw ProtocolError(ProtocolError::Kind::bad_version, "Bad version of a JSON message: " + shown(version));
  }
  expect(',');
  if (peek() != '"') refuse("the name of a message");
  const std::string name(quoted());
  if (name.size() > limits_.method_name) refuse_method_name(name.size(), limits_.method_name, in_);
  expect(',');
  constexpr std::int64_t least = std::numeric_limits<std::int32_t>::min();
  constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
  const std::int64_t type = integer(0, 255, "a message type");
  expect(',');
  // Compact's neighbours of negative numbers, too.
  const std::int64_t sequence_id = integer(least, 2 * most + 1, "a sequence id");
  expect(',');
  text_.clear();
  text_.append(name);
  return {{reinterpret_cast<const char*>(text_.data()), text_.size()},
          any_message_type ? static_cast<MessageType>(type)
                           : checked_message_type(static_cast<unsigned>(type), in_),
          static_cast<std::int32_t>(sequence_id)};
}

void JsonReader::message_end() { expect(']'); }

JsonReader::Saved JsonReader::struct_begin() {
  begin();
  expect('{');
  push(Kind::struct_, 0);
  return {};
}

void JsonReader::struct_end(Saved) {
  // field_begin has taken the bracket, and its level with it.
  end();
}

FieldHeader JsonReader::field_begin() {
  JsonLevel& level = levels_.back();
  if (peek() == '}') {
    in_.advance(1);
    pop();
    return {TType::stop, 0};
  }
  if (!level.is_first) expect(',');
  level.is_first = false;
  if (peek() != '"') refuse("a field id in quotes");
  const std::int64_t id = whole_number(quoted(), std::numeric_limits<std::int16_t>::min(),
                                       std::numeric_limits<std::int16_t>::max(), "a field id");
  expect(':');
  expect('{');
  push(Kind::field, 0);
  const TType type = type_name();
  expect(':');
  return {type, static_cast<std::int16_t>(id)};
}

TType JsonReader::type_name() {
  if (peek() != '"') refuse("the name of a type");
  return json_type(quoted());
}

std::string_view JsonReader::quoted() {
  in_.take(1);
  text_.clear();
  bool is_ascii = true;
  for (;;) {
    const std::uint8_t* at = in_.need(closing_ + 1);
    const std::size_t most = in_.at_hand();
    std::size_t n = 0;
    std::uint8_t seen = 0;
    while (n < most && at[n] != '"' && at[n] != '\\') seen |= at[n++];
    is_ascii = is_ascii && seen < 0x80;
    if (text_.size() + n > limits_.string) refuse_size("string", text_.size() + n, limits_.string, in_);
    text_.append(at, n);
    in_.advance(n);
    if (n == most) continue;
    const bool is_end = at[n] == '"';
    in_.advance(1);
    if (is_end) break;
    escape();
  }
  const std::string_view text(reinterpret_cast<const char*>(text_.data()), text_.size());
  if (!is_ascii && idl::find_invalid(text) != std::string_view::npos) refuse_text("UTF-8", text);
  return text;
}

std::uint32_t JsonReader::four_digits() {
  const std::uint8_t* at = in_.need(4);
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) {
    const int digit = hex_value(at[i]);
    if (digit < 0) refuse_text("four hex digits", {reinterpret_cast<const char*>(at), 4});
    value = value << 4 | static_cast<std::uint32_t>(digit);
  }
  in_.advance(4);
  return value;
}

void JsonReader::escape() {
  static constexpr std::string_view letters = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
  const auto letter = static_cast<char>(*in_.need(1));
  if (const std::size_t i = letters.find(letter); i != std::string_view::npos) {
    in_.advance(1);
    text_.append(meanings.substr(i, 1));
    return;
  }
  if (letter != 'u') refuse("an escape");
  in_.advance(1);
  std::uint32_t code = four_digits();
  if (code >= 0xd800 && code < 0xe000) {
    const std::uint8_t* next = in_.need(2);
    if (code >= 0xdc00 || next[0] != '\\' || next[1] != 'u') {
      refuse_text("a pair of surrogates", {reinterpret_cast<const char*>(next), 2});
    }
    in_.advance(2);
    const std::uint32_t low = four_digits();
    if (low < 0xdc00 || low > 0xdfff) refuse("a pair of surrogates");
    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
  }
  const auto put = [this](std::uint32_t byte) { *text_.extend(1) = static_cast<std::uint8_t>(byte); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xc0 | code >> 6);
  } else {
    if (code < 0x10000) {
      put(0xe0 | code >> 12);
    } else {
      put(0xf0 | code >> 18);
      put(0x80 | (code >> 12 & 0x3f));
    }
    put(0x80 | (code >> 6 & 0x3f));
  }
  put(0x80 | (code & 0x3f));
}

std::string_view JsonReader::token() {
  if (peek() == '"') return quoted();
  text_.clear();
  // A value that is not in a message ends where its bytes end.
  while (closing_ != 0 || in_.at_hand() != 0) {
    const std::uint8_t byte = *in_.need(closing_ != 0 ? closing_ : 1);
    if (!is_of_token(byte)) break;
    if (text_.size() == longest_token) refuse("the end of a number");
    *text_.extend(1) = byte;
    in_.advance(1);
  }
  if (text_.empty()) refuse("a number");
  return {reinterpret_cast<const char*>(text_.data()), text_.size()};
}

std::int64_t JsonReader::whole_number(std::string_view text, std::int64_t least, std::int64_t most,
                                      const char* what) {
  std::int64_t value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || rest != text.data() + text.size() || value < least || value > most) {
    refuse_text(what, text);
  }
  return value;
}

std::int64_t JsonReader::integer(std::int64_t least, std::int64_t most, const char* what) {
  return whole_number(token(), least, most, what);
}

std::int64_t JsonReader::number_in(unsigned bits, const char* what) {
  begin();
  const std::int64_t most = static_cast<std::int64_t>((std::uint64_t{1} << (bits - 1)) - 1);
  const std::int64_t value = integer(-most - 1, most, what);
  end();
  return value;
}

bool JsonReader::boolean() {
  begin();
  const std::string_view text = token();
  bool value = text == "true";
  if (!value && text != "false") {
    value = whole_number(text, std::numeric_limits<std::int64_t>::min(),
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
  const std::string_view text = token();
  const bool is_negative = text.starts_with('-');
  const std::string_view word = is_negative ? text.substr(1) : text;
  double value;
  // In quotes by the specification; bare and short where Apache's Python and Node wrote them.
  if (word == "NaN" || word == "nan") {
    value = std::numeric_limits<double>::quiet_NaN();
  } else if (word == "Infinity" || word == "inf") {
    value = std::numeric_limits<double>::infinity();
    if (is_negative) value = -value;
  } else if (is_number(text)) {
    value = idl::double_of(text);
  } else {
    refuse_text("a double", text);
  }
  end();
  return value;
}

const std::uint8_t* JsonReader::uuid() {
  begin();
  if (peek() != '"') refuse("a uuid");
  const std::string_view text = quoted();
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
  if (digits != 32) refuse_text("a uuid", text);
  text_.clear();
  text_.append(bytes, 16);
  end();
  return text_.data();
}

Bytes JsonReader::string() {
  begin();
  if (peek() != '"') refuse("a string");
  quoted();
  end();
  return text_.bytes();
}

Bytes JsonReader::binary() {
  begin();
  if (peek() != '"') refuse("a string of base64");
  const std::string_view text = quoted();
  std::size_t size = text.size();
  for (int padding = 0; padding < 2 && size != 0 && text[size - 1] == '='; ++padding) --size;
  if (size % 4 == 1) refuse_text("base64", text);
  std::uint8_t* to = text_.data();  // which is never ahead of what is read
  std::uint32_t group = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const int value = base64_value(static_cast<std::uint8_t>(text[i]));
    if (value < 0) refuse_text("base64", text);
    group = group << 6 | static_cast<std::uint32_t>(value);
    if (i % 4 != 0) *to++ = static_cast<std::uint8_t>(group >> (6 - i % 4 * 2));
  }
  text_.truncate(static_cast<std::size_t>(to - text_.data()));
  end();
  return text_.bytes();
}

std::uint32_t JsonReader::size(std::size_t minimum) {
  expect(',');
  const std::int64_t size =
      integer(std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max(), "a size");
  if (size < 0) refuse_negative_size(size, in_);
  check_container(static_cast<std::uint64_t>(size), minimum, in_, limits_);
  return static_cast<std::uint32_t>(size);
}

ListHeader JsonReader::list_begin() {
  begin();
  expect('[');
  push(Kind::list, 0);
  const TType element = type_name();
  const std::uint32_t count = size(2);
  levels_.back().left = count;
  if (count == 0) {
    expect(']');
    pop();
    end();
  }
  return {element, count};
}

MapHeader JsonReader::map_begin() {
  begin();
  expect('[');
  push(Kind::map, 0);
  const TType key = type_name();
  expect(',');
  const TType value = type_name();
  const std::uint32_t count = size(3);
  levels_.back().left = count;
  expect(',');
  expect('{');
  if (count == 0) {
    expect('}');
    --closing_;
    expect(']');
    --closing_;
    levels_.pop_back();
    end();
  }
  return {key, value, count};
}

void JsonReader::skip_string(Buffer* copy) {
  bool is_escaped = false;
  std::size_t length = 0;
  do {
    const std::uint8_t byte = *in_.need(closing_ + 1);
    in_.advance(1);
    if (copy != nullptr) *copy->extend(1) = byte;
    if (byte == '"' && !is_escaped) return;
    is_escaped = byte == '\\' && !is_escaped;
  } while (++length <= limits_.string);
  refuse_size("string", length, limits_.string, in_);
}

void JsonReader::skip(std::size_t depth, Buffer* copy) {
  begin();
  std::string open;
  const auto take = [&] {
    const std::uint8_t byte = *in_.take(1);
    if (copy != nullptr) *copy->extend(1) = byte;
  };
  do {
    const std::uint8_t byte = peek();
    if (byte == '{' || byte == '[') {
      if (open.size() >= depth) refuse_depth("skipping a Thrift struct");
      open += byte == '{' ? '}' : ']';
      ++closing_;
      take();
    } else if (byte == '}' || byte == ']') {
      if (open.empty() || open.back() != static_cast<char>(byte)) refuse("a value");
      open.pop_back();
      --closing_;
      take();
    } else if (byte == '"') {
      take();
      skip_string(copy);
    } else if (byte == ',' || byte == ':') {
      if (open.empty()) refuse("a value");
      take();
    } else {
      const std::string_view text = token();
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
