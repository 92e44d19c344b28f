#pragma once

#include "python/transport.hpp"

// How the bytes of a transport come and go; transport.cpp gives them their Python names. All throw.
namespace fastthrift::python::transport {

// More than `first_step` bytes are only asked for once as much has arrived, and never more than
// `largest_step` at once.
inline constexpr std::size_t first_step = 64 * 1024;
inline constexpr std::size_t largest_step = 1024 * 1024;

// Between `begin` and `end` one reader owns `in`. Throws TransportError for the second of two.
void begin_reading(Object* object);
void end_reading(Object* object) noexcept;

class Reading {
 public:
  explicit Reading(Object* object) : object_(object) { begin_reading(object_); }
  ~Reading() { end_reading(object_); }
  Reading(const Reading&) = delete;

 private:
  Object* object_;
};

// The bytes that can be consumed without asking below.
std::size_t at_hand(const Object* object);
// Makes `n` bytes available at `in_used`, contiguous, growing with what arrives and never ahead of it.
void fetch(Object* object, std::size_t n);
// Reads the head of the next frame; what is left of the frame at hand is joined to it.
void next_frame(Object* object);

// Empties both directions; deferred to the end of a reading that is under way. A memory that keeps what was
// read stays.
void forget(Object* object) noexcept;

// Bytes written at the end, or over the start of a memory that keeps what was read.
void append(Object* object, Bytes bytes);
// Hands `out` down in one write, a frame with its length in front, then calls flush below.
void flush(Object* object);

// What is below, or TransportError(not_open).
PyObject* below(const Object* object);

// `method(bytes)` and `method()` of a Python object; the result is dropped.
void call_write(PyObject* transport, PyObject* bytes);
Ref call(PyObject* object, PyObject* name);
// One `read(most)` of any Python transport, appended to `to`; 0 bytes are the end of the stream, which
// throws. A short answer is welcome: TTransportBase's exact `read` is passed by for its `_read`.
std::size_t call_read(PyObject* transport, Buffer& to, std::size_t most);

// TTransportBase, whose `read` waits for exactly what it was asked for and whose `_read` does not.
void set_transport_base(PyObject* type);

}  // namespace fastthrift::python::transport
