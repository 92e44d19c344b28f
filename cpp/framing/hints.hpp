#pragma once

#include <string>
#include <string_view>

#include "base/bytes.hpp"

// Words for errors that framings share.
namespace fastthrift::framing {

// "; it looks like an HTTP request: ..." with what to do about it, or "" where `first` looks like nothing
// known or like `expected`, one of the words of `looks_like`.
std::string hint(Bytes first, std::string_view expected);

// The same for a whole message that came in a frame and cannot be read.
std::string hint_inside(Bytes body);

}  // namespace fastthrift::framing
