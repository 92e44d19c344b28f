#include "net/deadline.hpp"

#include <limits>

namespace fastthrift::net {

int Deadline::poll_timeout() const {
  if (!moment_) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*moment_ - Clock::now()).count();
  if (left <= 0) return 0;
  return left > std::numeric_limits<int>::max() ? std::numeric_limits<int>::max() : static_cast<int>(left);
}

}  // namespace fastthrift::net
