#pragma once

#include "python/codec.hpp"
#include "python/ref.hpp"

#include "framing/framing.hpp"

// A protocol of Apache's face over a transport of it, where both are exactly ours: what they do with bytes.
namespace fastthrift::python::apache {

struct Stack {
  CodecOptions codec;
  framing::Kind framing = framing::Kind::unframed;
  std::size_t frame_limit = Limits::no_limit;
  Ref transport;  // on which the protocol sits
  Ref inner;      // below buffering and framing: a socket, mostly
};

// False where a part is somebody's own, or holds bytes that would be left behind.
bool find_stack(PyObject* protocol, Stack& stack);

// Whether it is a TSocket of Apache's face whose reading and writing nobody has changed.
bool is_socket(PyObject* transport);
// What TApplicationException is, and its spec; borrowed, or null.
PyObject* application_exception();
PyObject* application_spec();

// set_apache's parts that belong here. Called by apache.cpp; null leaves as it is.
void set_stack_classes(PyObject* protocols, PyObject* transports, PyObject* socket, PyObject* application,
                       PyObject* application_spec);

}  // namespace fastthrift::python::apache
