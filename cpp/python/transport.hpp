#pragma once

#include "python/errors.hpp"
#include "python/ref.hpp"

#include <memory>

#include "base/buffer.hpp"
#include "base/input.hpp"
#include "base/limits.hpp"
#include "framing/framing.hpp"

// The transports of the core as Python objects: TCyBufferedTransport, TCyFramedTransport, TCyMemoryBuffer. They sit on any
// Python object with read/write/flush/open/close/is_open (TSocket, or what a user wrote), and a protocol of ours reads
// their bytes without a Python call per value.
namespace fastthrift::python::transport {

enum class Kind : unsigned char { buffered, framed, memory };

// The C part of every transport of ours; subclasses written in Python share it.
struct Object {
  PyObject_HEAD
  PyObject* inner;  // what it sits on; null for memory
  PyObject* weak_references;
  Kind kind;
  Buffer in;              // read from below; the bytes before `in_used` are consumed
  std::size_t in_used;
  Buffer out;             // written, not yet flushed
  Limits limits;
};

int add_to(PyObject* module);

// The object as one of ours, or null. `exact`: its class overrides none of read, write, flush, so nobody can tell the
// difference when the core works on the buffers directly.
Object* as_ours(PyObject* object);
bool is_exact(const Object* object);

// Reads from any transport object: ours by its buffer, others by `read(n)` for exactly the bytes that are needed.
// What was taken is given back to the transport by the destructor (ours) or was never more than needed (others).
std::unique_ptr<Input> input_from(PyObject* transport, const Limits& limits);

// Appends to ours, or calls `write(bytes)` of others.
void write_to(PyObject* transport, Bytes bytes);
// Drops what is buffered after a failed write: `clean()` where there is one.
void clean(PyObject* transport) noexcept;

}  // namespace fastthrift::python::transport
