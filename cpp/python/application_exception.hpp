#pragma once

#include "python/codec.hpp"
#include "python/ref.hpp"

#include <string>

#include "base/input.hpp"
#include "wire/types.hpp"

namespace fastthrift::python {

// What follows the header of an EXCEPTION message.
Ref read_application_exception(Input& in, const CodecOptions& options);

// What an EXCEPTION says that does not answer the call, for the error about that: a server that does not know
// which call it refuses has only this to say. Empty for other messages, and where it cannot be read.
std::string words_of_exception(const wire::MessageHeader& header, Input& in, const CodecOptions& options);

}  // namespace fastthrift::python
