#include "describe.hpp"

// The order of structs in sets and as keys, which the generated code leaves to us.
bool interop::Point::operator<(const Point& other) const { return x != other.x ? x < other.x : y < other.y; }

namespace words {
namespace {

class Fields {
 public:
  void add(bool is_set, const char* name, const std::string& value) {
    if (!is_set) return;
    out_ += out_.size() > 1 ? "," : "";
    out_ += quoted(name) + ":" + value;
  }
  std::string done() const { return out_ + "}"; }

 private:
  std::string out_ = "{";
};

}  // namespace

#define FIELD(name) fields.add(value.__isset.name, #name, of(value.name))

std::string quoted(const std::string& text) {
  static const char digits[] = "0123456789abcdef";
  std::string out = "\"";
  for (unsigned char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c < 0x20) {
      out += "\\u00";
      out += digits[c >> 4];
      out += digits[c & 15];
    } else {
      out += static_cast<char>(c);
    }
  }
  return out + "\"";
}

std::string hex(const std::string& bytes) {
  static const char digits[] = "0123456789abcdef";
  std::string out = "\"";
  for (unsigned char c : bytes) {
    out += digits[c >> 4];
    out += digits[c & 15];
  }
  return out + "\"";
}

std::string of(double value) {
  if (std::isnan(value)) return "\"nan\"";
  std::uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  char text[24];
  std::snprintf(text, sizeof text, "\"%016llx\"", static_cast<unsigned long long>(bits));
  return text;
}

std::string of(const interop::Point& value) {
  Fields fields;
  FIELD(x);
  FIELD(y);
  return fields.done();
}

std::string of(const interop::Shape& value) {
  Fields fields;
  FIELD(circle);
  FIELD(corner);
  FIELD(label);
  FIELD(group);
  return fields.done();
}

std::string of(const interop::Tree& value) {
  Fields fields;
  FIELD(value);
  FIELD(children);
  return fields.done();
}

std::string of(const interop::Mixed& value) {
  Fields fields;
  fields.add(true, "must", of(value.must));
  FIELD(usual);
  FIELD(maybe);
  FIELD(perhaps);
  fields.add(true, "text", of(value.text));
  return fields.done();
}

std::string of(const interop::Everything& value) {
  Fields fields;
  FIELD(a_bool);
  FIELD(an_i8);
  FIELD(an_i16);
  FIELD(an_i32);
  FIELD(an_i64);
  FIELD(a_double);
  FIELD(a_string);
  fields.add(value.__isset.a_binary, "a_binary", hex(value.a_binary));
  FIELD(a_color);
  FIELD(a_moment);
  FIELD(bools);
  FIELD(i8s);
  FIELD(i16s);
  FIELD(i32s);
  FIELD(i64s);
  FIELD(doubles);
  FIELD(strings);
  fields.add(value.__isset.binaries, "binaries", list(value.binaries, hex));
  FIELD(colors);
  FIELD(points);
  FIELD(rows);
  FIELD(i32_set);
  FIELD(string_set);
  FIELD(point_set);
  FIELD(by_string);
  FIELD(by_i32);
  FIELD(by_i64);
  FIELD(by_bool);
  FIELD(by_double);
  FIELD(by_color);
  FIELD(by_point);
  FIELD(nested);
  FIELD(groves);
  FIELD(tree);
  FIELD(shape);
  FIELD(shapes);
  FIELD(mixed);
  FIELD(by_the_way);
  FIELD(far);
  FIELD(last);
  return fields.done();
}

std::string of(const interop::Refused& value) {
  Fields fields;
  FIELD(code);
  FIELD(reason);
  return fields.done();
}

std::string of(const interop::Broken& value) {
  Fields fields;
  FIELD(detail);
  FIELD(places);
  return fields.done();
}

std::string of(const interop::Narrow& value) {
  Fields fields;
  FIELD(first);
  FIELD(last);
  return fields.done();
}

#undef FIELD

}  // namespace words
