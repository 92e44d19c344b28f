#pragma once

#include "python/errors.hpp"
#include "python/ref.hpp"

#include <cstdint>
#include <memory>

#include "base/buffer.hpp"
#include "base/input.hpp"
#include "base/limits.hpp"

// The transports of the core as Python objects: TCyBufferedTransport, TCyFramedTransport, TCyMemoryBuffer.
// They sit on any Python object with read/write/flush/open/close/is_open (TSocket, or what a user wrote), and
// a protocol of ours reads their bytes without a Python call per value.
//
// What is written is collected until flush, and flush hands it down in one write: half a message never leaves
// early. What is read ahead stays in `in`.
namespace fastthrift::python::transport {

enum class Kind : unsigned char { buffered, framed, memory };

// The C part of every transport of ours; subclasses written in Python share it.
struct Object {
  PyObject_HEAD PyObject*
      inner;  // what it sits on; null for memory, and where a subclass forgot to call __init__
  PyObject* weak_references;
  Kind kind;
  bool keeps_read;   // memory: getvalue gives everything ever written, writing overwrites from the start
  bool is_closed;    // memory that keeps_read, after close
  bool reads_ahead;  // framed: asks below for more than the frame at hand
  bool is_reading;   // somebody holds a window on `in`, or waits for bytes that go into it
  bool is_stale;     // to be emptied when the reading ends
  std::size_t buffer_size;  // the least that is asked for below
  Buffer in;                // read from below; the bytes before `in_used` are consumed
  std::size_t in_used;
  std::size_t frame_end;  // framed: where in `in` the frame at hand ends, which may not be there yet
  std::size_t write_at;   // memory that keeps_read: where the next write goes
  Buffer out;             // written, not yet flushed; memory writes into `in`
  Limits limits;
};

int add_to(PyObject* module);

// The object as one of ours, or null.
Object* as_ours(PyObject* object);
// Its class (and its instance dict) overrides none of read, write and flush, so nobody can tell the
// difference when the core works on the buffers directly.
bool is_exact(const Object* object);

// Reads from any transport object: exact ours by their buffer, others by `read(n)` for exactly the bytes that
// are needed. What was not taken stays in the transport (ours) or was never asked for (others). One at a time
// per transport: while it lives, other reads of the same transport are errors, because they would take each
// other's bytes.
std::unique_ptr<Input> input_from(PyObject* transport, const Limits& limits);

// The same, where somebody else's transport may be one of Apache's CReadableTransports: its bytes are read
// out of its BytesIO, and more of them come from its `cstringio_refill`.
std::unique_ptr<Input> readable_input_from(PyObject* transport, const Limits& limits);

// Appends to exact ours, or calls `write(bytes)` of others.
void write_to(PyObject* transport, Bytes bytes);
// Drops what is buffered after a failed read or write: `clean()` where there is one. Keeps the Python error
// that is set.
void clean(PyObject* transport) noexcept;
// In a forked child: what was being read and written is the parent's, whose threads are not here to end it.
// Down to the first transport that is not ours.
void begin_in_child(PyObject* transport) noexcept;

}  // namespace fastthrift::python::transport
