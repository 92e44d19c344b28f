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
  throw ProtocolError(Kind::size_limit, std::string("Size limit: ") + what + " of size " + std::to_string(size) +
                                            at(in) + ", at most " + std::to_string(most) + " can follow");
}

void refuse_type(unsigned code, const Input& in) {
  throw ProtocolError(Kind::invalid_data, "Invalid type " + std::to_string(code) + at(in));
}

void refuse_message_type(unsigned code, const Input& in) {
  throw ProtocolError(Kind::invalid_data, "Invalid message type " + std::to_string(code) + at(in));
}

void refuse_depth(const char* doing) {
  throw ProtocolError(Kind::depth_limit,
                      std::string("maximum nesting depth exceeded while ") + doing);
}

}  // namespace fastthrift::wire
