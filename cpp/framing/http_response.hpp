#pragma once

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <string_view>

#include "base/buffer.hpp"

namespace fastthrift::framing {

// What a server's response says about the connection, by what the client understands.
struct HttpConnection {
  bool goes_on = false;    // another request may follow
  std::uint8_t minor = 1;  // of the request's version 1.x: in 1.0 going on has to be said
};

// The status line, the header fields and the empty line behind them, for a body of `length` bytes.
void append_response_head(Buffer& out, int status, std::size_t length, const HttpConnection& connection,
                          std::time_t now);

// A response whose body is a line of text for people; `is_head`: to HEAD, which gets only the head of it.
void append_refusal(Buffer& out, int status, std::string_view text, const HttpConnection& connection,
                    bool is_head, std::time_t now);

}  // namespace fastthrift::framing
