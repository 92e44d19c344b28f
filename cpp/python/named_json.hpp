#pragma once

#include "python/codec.hpp"
#include "python/collector.hpp"
#include "python/depth.hpp"
#include "python/path.hpp"
#include "python/ref.hpp"

#include "base/buffer.hpp"

// thriftpy2's own JSON: a struct is an object of its fields by name, a map a list of {"key": .., "value":
// ..}, bytes are base64. It takes more for a value than the other protocols do (numbers as text, anything
// that can be iterated as a list), as thriftpy2 does.
//
// Text is written from the values. It is read by Python's own json, whose leniency thriftpy2's users have
// (numbers of any size, NaN, keys that come twice, metadata before or behind), and what that gives is walked
// here; a dict that somebody else has made is as good. All of it holds the GIL and throws as codec.hpp does.
namespace fastthrift::python {

class NamedJsonWriter {
 public:
  NamedJsonWriter(Buffer& out, const Limits& limits) : out_(out), depth_(limits) {}

  // Any object with a `thrift_spec`.
  void structure(PyObject* object);
  void value(const Layout& layout, const Shape& shape, PyObject* value);
  void text(PyObject* value);
  Path& path() { return path_; }

 private:
  void fields(PyObject* object, const Layout& layout);
  void integer(PyObject* value, int bits);
  void real(PyObject* value);
  void binary(PyObject* value);
  void elements(const Layout& layout, const Shape& element, PyObject* value);
  void items(const Layout& layout, const Shape& shape, PyObject* value);

  Buffer& out_;
  Depth depth_;
  Path path_;
};

class NamedJsonReader {
 public:
  // `sets`: sets come as set instead of list.
  NamedJsonReader(const Limits& limits, bool sets) : depth_(limits), sets_(sets) {}

  // Fills the object from a mapping of its fields by name; what is missing keeps its value.
  void structure(PyObject* object, PyObject* found);
  Ref value(const Layout& layout, const Shape& shape, PyObject* found);
  Path& path() { return path_; }

 private:
  void fields(PyObject* object, const Layout& layout, PyObject* found);
  Ref made(const Shape& shape, PyObject* found);
  Ref elements(const Layout& layout, const Shape& element, PyObject* found);
  Ref items(const Layout& layout, const Shape& shape, PyObject* found);

  Depth depth_;
  const bool sets_;
  Path path_;
  CollectorPause collector_;
};

// Whether JSON has said a number, which Python takes true and false for.
inline bool is_json_number(PyObject* value) { return PyLong_Check(value) || PyFloat_Check(value); }
// The text of bytes, a bytearray or a memoryview.
Ref text_of_bytes(PyObject* value);
inline bool fits(std::int64_t number, int bits) {
  const std::int64_t most = static_cast<std::int64_t>((std::uint64_t{1} << (bits - 1)) - 1);
  return -most - 1 <= number && number <= most;
}
[[noreturn]] void refuse_json_range(int bits);

// Python's function that makes the exception for what does not fit, of (owner, value, field); field is
// (id, type, name, spec), or None where the value should be the owner.
PyObject* named_json_refusal();

}  // namespace fastthrift::python
