#include "base/input.hpp"

#include <string>

namespace fastthrift {

void Input::refill(std::size_t n) {
  throw TransportError(TransportError::Kind::end_of_file,
                       "End of file reading from transport: " + std::to_string(n) +
                           " bytes wanted at offset " + std::to_string(offset()) + ", " +
                           std::to_string(at_hand()) + " are there");
}

}  // namespace fastthrift
