#pragma once

namespace fastthrift::wire {

struct BinaryOptions {
  bool strict_read = true;        // refuse messages without the version word
  bool strict_write = true;       // write the version word
  bool any_message_type = false;  // read: leave it to the caller whether the message type is one of the four
};

}  // namespace fastthrift::wire
