#pragma once

#include "python/codec.hpp"
#include "python/ref.hpp"

#include <optional>
#include <utility>

// Apache's face of the package, where it is native: structs by `[class, thrift_spec]`, heads of messages, and
// the read and write of the structs that our generator makes.
namespace fastthrift::python::apache {

// How Apache's protocol classes read and write: text is UTF-8 or an error, sets are sets, 64 structs inside
// each other.
CodecOptions options(wire::Protocol protocol);
// The protocol whose functions of the core a protocol object has as `_fast_encode` and `_fast_decode`; none
// where it has others, or None.
std::optional<wire::Protocol> native_writer(PyObject* protocol);
std::optional<wire::Protocol> native_reader(PyObject* protocol);
Ref transport_in(PyObject* protocol);
// The same with the limits that a protocol object has as attributes.
CodecOptions options_of(PyObject* protocol, wire::Protocol kind);

// Whether a class leaves reading and writing to TStruct.
bool reads_plainly(PyTypeObject* type);
bool writes_plainly(PyTypeObject* type);
// Refuses a struct that lacks a required field, as its class does.
void validate(PyObject* object);

// What Python tells of TStruct; null leaves what there is.
void set_struct_functions(PyObject* read_plainly, PyObject* write_plainly, PyObject* validate,
                          PyObject* validate_struct);
// Holds what Python has given, if it has, in the place of what it gave before.
inline void keep(PyObject*& place, PyObject* given) {
  if (given != nullptr) Ref::steal(std::exchange(place, Ref::share(given).release()));
}

// Read and write of TStruct (apache_struct.cpp), TSerialization's functions (apache_serialization.cpp).
int add_structs_to(PyObject* module);
int add_serialization_to(PyObject* module);

}  // namespace fastthrift::python::apache
