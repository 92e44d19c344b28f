#include "base/errors.hpp"

#include <utility>

namespace fastthrift {
namespace {

std::string with_place(const std::string& text, const Place& place) {
  if (place.line == 0) return place.file.empty() ? text : place.file + ": " + text;
  return (place.file.empty() ? "<string>" : place.file) + ":" + std::to_string(place.line) + ":" +
         std::to_string(place.column) + ": " + text;
}

}  // namespace

IdlError::IdlError(Kind kind, std::string text, Place place, std::string hint)
    : std::runtime_error(with_place(hint.empty() ? text : text + "; " + hint, place)),
      kind_(kind),
      text_(std::move(text)),
      hint_(std::move(hint)),
      place_(std::move(place)) {}

}  // namespace fastthrift
