#include <charconv>
#include <cmath>
#include <string>

#include "base/errors.hpp"
#include "idl/number.hpp"
#include "idl/unicode.hpp"
#include "wire/json.hpp"
#include "wire/json_names.hpp"

namespace fastthrift::wire {
namespace {

constexpr char hex[] = "0123456789abcdef";

// 0: goes out as it is; 'u': as \u00XX; otherwise the letter behind the backslash.
constexpr char escape_of(std::uint8_t byte) {
  switch (byte) {
    case '"':
    case '\\':
      return static_cast<char>(byte);
    case '\b':
      return 'b';
    case '\f':
      return 'f';
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    default:
      return byte < 0x20 ? 'u' : 0;
  }
}

}  // namespace

void JsonWriter::message_begin(std::string_view name, MessageType type, std::int32_t sequence_id) {
  out_.append("[1,");
  quoted(name);
  put(',');
  digits(static_cast<int>(type));
  put(',');
  digits(sequence_id);
  put(',');
}

void JsonWriter::message_end() { put(']'); }

bool JsonWriter::begin() {
  if (levels_.empty()) return false;
  JsonLevel& level = levels_.back();
  if (level.kind == Kind::list) put(',');
  if (level.kind != Kind::map) return false;
  if (!level.is_key) {
    put(':');
    return false;
  }
  if (!level.is_first) put(',');
  level.is_first = false;
  return true;
}

void JsonWriter::end() {
  while (!levels_.empty()) {
    JsonLevel& level = levels_.back();
    if (level.kind == Kind::field) {
      put('}');
      levels_.pop_back();
      return;
    }
    if (level.kind == Kind::map) {
      level.is_key = !level.is_key;
      if (!level.is_key) return;
    }
    if (--level.left != 0) return;
    out_.append(level.kind == Kind::map ? "}]" : "]");
    levels_.pop_back();
  }
}

JsonWriter::Saved JsonWriter::struct_begin() {
  begin();
  put('{');
  levels_.push_back({Kind::struct_, true, false, 0});
  return {};
}

void JsonWriter::struct_end(Saved) {
  put('}');
  levels_.pop_back();
  end();
}

void JsonWriter::field_begin(TType type, std::int16_t id) {
  JsonLevel& level = levels_.back();
  if (!level.is_first) put(',');
  level.is_first = false;
  put('"');
  digits(id);
  out_.append("\":{\"");
  out_.append(json_name(type));
  out_.append("\":");
  levels_.push_back({Kind::field, true, false, 0});
}

void JsonWriter::field_boolean(std::int16_t id, bool value) {
  field_begin(TType::bool_, id);
  boolean(value);
}

void JsonWriter::digits(std::int64_t value) {
  constexpr std::size_t most = 20;  // of -2^63
  char* at = reinterpret_cast<char*>(out_.prepare(most));
  out_.commit(static_cast<std::size_t>(std::to_chars(at, at + most, value).ptr - at));
}

void JsonWriter::number(std::int64_t value) {
  const bool is_key = begin();
  if (is_key) put('"');
  digits(value);
  if (is_key) put('"');
  end();
}

void JsonWriter::float64(double value) {
  const bool is_key = begin();
  const bool is_quoted = is_key || !std::isfinite(value);
  if (is_quoted) put('"');
  if (std::isnan(value)) {
    out_.append("NaN");
  } else if (std::isinf(value)) {
    out_.append(value < 0 ? "-Infinity" : "Infinity");
  } else {
#if defined(__cpp_lib_to_chars) || defined(_MSC_VER)
    constexpr std::size_t most = 32;  // the shortest text that reads back as the same number is of 24 at most
    char* at = reinterpret_cast<char*>(out_.prepare(most));
    out_.commit(static_cast<std::size_t>(std::to_chars(at, at + most, value).ptr - at));
#else
    out_.append(idl::repr(value));
#endif
  }
  if (is_quoted) put('"');
  end();
}

void JsonWriter::uuid(const std::uint8_t* bytes) {
  begin();
  put('"');
  for (int i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) put('-');
    put(hex[bytes[i] >> 4]);
    put(hex[bytes[i] & 15]);
  }
  put('"');
  end();
}

void JsonWriter::quoted(std::string_view text) {
  std::uint8_t seen = 0;
  for (const char byte : text) seen |= static_cast<std::uint8_t>(byte);
  if (seen >= 0x80 && idl::find_invalid(text) != std::string_view::npos) {
    throw ProtocolError(ProtocolError::Kind::invalid_data, "a string of JSON must be UTF-8");
  }
  put('"');
  std::size_t done = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(text[i]);
    const char letter = escape_of(byte);
    if (letter == 0) [[likely]]
      continue;
    out_.append(text.substr(done, i - done));
    done = i + 1;
    put('\\');
    put(letter);
    if (letter == 'u') {
      out_.append("00");
      put(hex[byte >> 4]);
      put(hex[byte & 15]);
    }
  }
  out_.append(text.substr(done));
  put('"');
}

void JsonWriter::string(const void* bytes, std::size_t size) {
  begin();
  quoted({static_cast<const char*>(bytes), size});
  end();
}

// Base64 with padding, as Apache's Python and thriftpy2 write it.
void JsonWriter::binary(const void* bytes, std::size_t size) {
  static constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  begin();
  put('"');
  const auto* from = static_cast<const std::uint8_t*>(bytes);
  std::uint8_t* to = out_.extend((size + 2) / 3 * 4);
  for (; size >= 3; size -= 3, from += 3) {
    const std::uint32_t group = from[0] << 16u | from[1] << 8u | from[2];
    for (unsigned shift = 18;; shift -= 6) {
      *to++ = static_cast<std::uint8_t>(alphabet[group >> shift & 63]);
      if (shift == 0) break;
    }
  }
  if (size != 0) {
    const std::uint32_t group = from[0] << 16u | (size == 2 ? from[1] << 8u : 0u);
    to[0] = static_cast<std::uint8_t>(alphabet[group >> 18]);
    to[1] = static_cast<std::uint8_t>(alphabet[group >> 12 & 63]);
    to[2] = size == 2 ? static_cast<std::uint8_t>(alphabet[group >> 6 & 63]) : '=';
    to[3] = '=';
  }
  put('"');
  end();
}

void JsonWriter::list_begin(TType element, std::size_t size) {
  begin();
  out_.append("[\"");
  out_.append(json_name(element));
  out_.append("\",");
  digits(static_cast<std::int64_t>(size));
  if (size != 0) {
    levels_.push_back({Kind::list, true, false, size});
  } else {
    put(']');
    end();
  }
}

void JsonWriter::map_begin(TType key, TType value, std::size_t size) {
  begin();
  out_.append("[\"");
  out_.append(json_name(key));
  out_.append("\",\"");
  out_.append(json_name(value));
  out_.append("\",");
  digits(static_cast<std::int64_t>(size));
  out_.append(",{");
  if (size != 0) {
    levels_.push_back({Kind::map, true, true, size});
  } else {
    out_.append("}]");
    end();
  }
}

}  // namespace fastthrift::wire
