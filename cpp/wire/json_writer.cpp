#include <charconv>
#include <cmath>
#include <string>

#include "idl/number.hpp"
#include "wire/json.hpp"
#include "wire/json_names.hpp"
#include "wire/json_text.hpp"

namespace fastthrift::wire {

void JsonWriter::message_begin(std::string_view name, MessageType type, std::int32_t sequence_id) {
  out_.append("[1,");
  append_quoted(out_, name);
  put(',');
  append_integer(out_, static_cast<int>(type));
  put(',');
  append_integer(out_, sequence_id);
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
  append_integer(out_, id);
  out_.append("\":{\"");
  out_.append(json_name(type));
  out_.append("\":");
  levels_.push_back({Kind::field, true, false, 0});
}

void JsonWriter::field_boolean(std::int16_t id, bool value) {
  field_begin(TType::bool_, id);
  boolean(value);
}

void JsonWriter::number(std::int64_t value) {
  const bool is_key = begin();
  if (is_key) put('"');
  append_integer(out_, value);
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
  append_uuid(out_, bytes);
  end();
}

void JsonWriter::string(const void* bytes, std::size_t size) {
  begin();
  append_quoted(out_, {static_cast<const char*>(bytes), size});
  end();
}

void JsonWriter::binary(const void* bytes, std::size_t size) {
  begin();
  append_binary(out_, {static_cast<const std::uint8_t*>(bytes), size});
  end();
}

void JsonWriter::list_begin(TType element, std::size_t size) {
  begin();
  out_.append("[\"");
  out_.append(json_name(element));
  out_.append("\",");
  append_integer(out_, static_cast<std::int64_t>(size));
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
  append_integer(out_, static_cast<std::int64_t>(size));
  out_.append(",{");
  if (size != 0) {
    levels_.push_back({Kind::map, true, true, size});
  } else {
    out_.append("}]");
    end();
  }
}

}  // namespace fastthrift::wire
