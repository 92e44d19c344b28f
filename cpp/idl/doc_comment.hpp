#pragma once

#include <string>
#include <string_view>

namespace fastthrift::idl {

// The text of a doc comment, given what stands between /** and */: without the frame of stars, the common
// indent, trailing blanks and empty lines at both ends.
std::string doc_text(std::string_view comment);

}  // namespace fastthrift::idl
