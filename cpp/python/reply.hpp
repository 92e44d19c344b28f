#pragma once

#include "python/codec.hpp"
#include "python/ref.hpp"

#include <string>

#include "base/buffer.hpp"
#include "base/errors.hpp"
#include "framing/framing.hpp"

// What a server sends back. Each function appends one message, framed; where that fails `out` is as it was
// before.
namespace fastthrift::python {

// Where a reply goes, and how it looks.
struct ReplyPlace {
  const CodecOptions& options;
  const framing::Framing& framing;
  Buffer& out;
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
