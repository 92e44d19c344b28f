#pragma once

#include "python/codec.hpp"
#include "python/ref.hpp"

#include <string>

#include "base/buffer.hpp"
#include "base/errors.hpp"
#include "framing/framing.hpp"
#include "net/socket.hpp"

// What a server sends back. Each function appends one message, framed; where that fails `out` is as it was
// before.
namespace fastthrift::python {

// Where a call comes from, and what is different in a request of HTTP, which can be refused without a Thrift
// message.
struct Origin {
  net::SocketHandle socket = net::no_socket;  // for the log; none: nobody knows
  std::size_t room = 0;        // bytes of the buffer that are kept free for the head of the response
  Ref* unanswered = nullptr;   // for an exception to which there is no message; null: not in a request
  PyObject* passes = nullptr;  // the class of those that handlers raise for the server to see
};

// Where a reply goes, and how it looks.
struct ReplyPlace {
  const CodecOptions& options;
  const framing::Framing& framing;
  Buffer& out;
  Origin origin = {};
};

// `header` is the call's. `result`: the method's result struct.
void write_result(const ReplyPlace& place, const wire::MessageHeader& header, PyObject* result);
// The same of a result struct in which nothing but this field is set, if any.
void write_result(const ReplyPlace& place, const wire::MessageHeader& header, const Layout& layout,
                  const FieldLayout* field, PyObject* value);
// An exception that is a struct, a TApplicationException.
void write_exception(const ReplyPlace& place, const wire::MessageHeader& header, PyObject* error);
// A TApplicationException of `kind`, unless the call is a oneway. No text: None.
void refuse(const ReplyPlace& place, const wire::MessageHeader& header, RemoteError::Kind kind,
            const std::string& text);

}  // namespace fastthrift::python
