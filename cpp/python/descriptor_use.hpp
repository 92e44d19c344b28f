#pragma once

#include "net/socket.hpp"

namespace fastthrift::python {

// A call that waits on a socket's descriptor without the GIL. While it lives, whoever closes the socket
// leaves the descriptor to it: its number would go to the next socket that anybody opens, and the call would
// read that one's bytes.
class DescriptorUse {
 public:
  explicit DescriptorUse(net::SocketHandle handle);
  // Closes the descriptor if it was left to this call and no other call uses it.
  ~DescriptorUse();
  DescriptorUse(const DescriptorUse&) = delete;
  DescriptorUse& operator=(const DescriptorUse&) = delete;

  // True if a call uses the descriptor; the last one to end closes it.
  static bool leave_to_calls(net::SocketHandle handle);

 private:
  const net::SocketHandle handle_;
  bool is_last_owner_ = false;
  DescriptorUse* next_;
};

}  // namespace fastthrift::python
