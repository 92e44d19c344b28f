#include "wire/checks.hpp"

#include <string>

#include "base/errors.hpp"

namespace fastthrift::wire {
namespace {

using Kind = ProtocolError::Kind;

std::string at(const Input& in) { return " at offset " + std::to_string(in.offset()); }

}  // namespace

void refuse_negative_size(std::int64_t size, const Input& in) {
  throw ProtocolError(Kind::negative_size, "Negative size " + std::to_string(size) + at(in));
}

void refuse_size(const char* what, std::uint64_t size, std::uint64_t most, const Input& in) {
  throw ProtocolError(Kind::size_limit, std::string("Size limit: ") + what + " of size " +
                                            std::to_string(size) + at(in) + ", at most " +
                                            std::to_string(most) + " can follow");
}

void refuse_type(unsigned code, const Input& in) {
  throw ProtocolError(Kind::invalid_data, "Invalid type " + std::to_string(code) + at(in));
}

void refuse_message_type(unsigned code, const Input& in) {
  throw ProtocolError(Kind::invalid_data, "Invalid message type " + std::to_string(code) + at(in));
}

void refuse_varint(unsigned bits, const Input& in) {
  throw ProtocolError(Kind::invalid_data, "Variable-length int over " + std::to_string((bits + 6) / 7) +
                                              " bytes or " + std::to_string(bits) + " bits" + at(in));
}

void refuse_field_id(std::int32_t id, const Input& in) {
  throw ProtocolError(Kind::invalid_data, "Invalid field id " + std::to_string(id) + at(in) + ": over 32767");
}

void refuse_method_name(std::uint64_t size, std::size_t most, const Input& in) {
  throw ProtocolError(Kind::invalid_data, "Method name of size " + std::to_string(size) + at(in) +
                                              ", at most " + std::to_string(most) + " is allowed");
}

void refuse_message(std::uint64_t size, std::uint64_t most) {
  throw TransportError(
      TransportError::Kind::size_limit,
      "Message of " + std::to_string(size) + " bytes and more is over the limit of " + std::to_string(most));
}

void refuse_depth(const char* doing) {
  throw ProtocolError(Kind::depth_limit, std::string("maximum nesting depth exceeded while ") + doing);
}

}  // namespace fastthrift::wire
