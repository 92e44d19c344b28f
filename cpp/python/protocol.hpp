#pragma once

#include "python/codec.hpp"
#include "python/ref.hpp"

#include "wire/types.hpp"

// The protocol classes as Python objects: TProtocolBase, TBinaryProtocol (also called TCyBinaryProtocol),
// TCompactProtocol, TApacheJSONProtocol and their factories. What encodes and decodes whole messages by
// itself (serialize, the client, the server) asks here whether an object is one of ours and goes past its
// methods; everything else is called as Python calls it.
namespace fastthrift::python::protocol {

// The C part of TProtocolBase and of everything that derives from it.
struct Base {
  PyObject ob_base;
  PyObject* transport;  // what `trans` is; null before __init__
  PyObject* weak_references;
};

struct Object {
  Base base;
  CodecOptions options;
  bool is_in_written = false;  // JSON: a message has begun whose bracket is still to be written,
  bool is_in_read = false;     // or read
};

// Adds the protocols, their factories, serialize, deserialize and the functions for single values.
int add_to(PyObject* module);

// How a protocol object reads and writes, or null when its class is not exactly TBinaryProtocol or
// TCompactProtocol: a subclass may override anything. Valid while the object lives and nobody assigns to its
// attributes.
const CodecOptions* options_of(PyObject* protocol);
// The same for TApacheJSONProtocol, which the engine alone takes the place of.
const CodecOptions* json_options_of(PyObject* protocol);
// What such an object reads from and writes to. Borrowed; null before __init__.
PyObject* transport_of(PyObject* protocol);

// The options that a factory gives its protocols, or null when its class is not exactly one of our factories.
const CodecOptions* factory_options_of(PyObject* factory);

// A protocol of ours over a transport.
Ref make(const CodecOptions& options, PyObject* transport);

}  // namespace fastthrift::python::protocol
