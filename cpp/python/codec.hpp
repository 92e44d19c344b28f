#pragma once

#include "python/payload.hpp"
#include "python/ref.hpp"

#include "base/buffer.hpp"
#include "base/input.hpp"
#include "base/limits.hpp"
#include "wire/binary.hpp"
#include "wire/compact.hpp"
#include "wire/json.hpp"
#include "wire/types.hpp"

// Python values to wire bytes and back, a template over the wire format, driven by Layout. Holds the GIL
// throughout. All functions throw: PythonError with TDecodeException (a value that does not fit its declared
// type: class, id, field, value, type), ProtocolError or TransportError for the bytes.
namespace fastthrift::python {

struct DecodeOptions {
  bool decode_response = true;  // false: every string comes as bytes
  bool strict_decode = false;   // true: a string that is not UTF-8 is an error, not bytes
  bool sets = false;            // true: set fields come as set instead of list
  bool apache = false;          // true: elements of another type are an error, not an empty container
};

struct CodecOptions {
  wire::Protocol protocol = wire::Protocol::binary;
  wire::BinaryOptions binary;
  DecodeOptions decode;
  Limits limits;
};

// Fills `object` from the struct at the input's position; fields that are not there keep their value.
void read_struct(Input& in, PyObject* object, const CodecOptions& options);
// Appends the struct; on an exception `out` is as it was before.
void write_struct(Buffer& out, PyObject* object, const CodecOptions& options);
// The same where the caller has the layout at hand, which is current and goes by offset.
void read_fields(Input& in, PyObject* object, const Layout& layout, const CodecOptions& options);
// A struct with nothing but this field, or with none (`field` is null, or the value None), without the
// instance.
void write_field(Buffer& out, const Layout& layout, const FieldLayout* field, PyObject* value,
                 const CodecOptions& options);
// The same for an object of any class by a spec in Apache's form, `[class, thrift_spec]`, and an object made
// for it.
void read_struct_by(Input& in, PyObject* object, PyTypeObject* type, PyObject* thrift_spec,
                    const CodecOptions& options);
Ref read_new_struct(Input& in, PyTypeObject* type, PyObject* thrift_spec, const CodecOptions& options);
void write_struct_by(Buffer& out, PyObject* object, PyTypeObject* type, PyObject* thrift_spec,
                     const CodecOptions& options);
// A single value of a type as thrift_spec writes it: `spec` is None, an element type, (key, value), a class.
Ref read_value(Input& in, int ttype, PyObject* spec, const CodecOptions& options);
void write_value(Buffer& out, int ttype, PyObject* value, PyObject* spec, const CodecOptions& options);
void skip_value(Input& in, int ttype, const CodecOptions& options);

struct Message {
  Ref name;
  wire::MessageType type;
  std::int32_t sequence_id;
};
wire::MessageHeader read_message_begin(Input& in, const CodecOptions& options);
// Of a whole message; an error says what it looks like. Messages without frames were looked at when their end
// was sought: what fails here came in a frame.
wire::MessageHeader read_message_begin(Input& in, Bytes message, const CodecOptions& options);
void write_message_begin(Buffer& out, std::string_view name, wire::MessageType type, std::int32_t sequence_id,
                         const CodecOptions& options);
void write_message_end(Buffer& out, const CodecOptions& options);

// JSON's messages have an end of their own, and a name that no input holds.
Message read_json_message_begin(Input& in, const CodecOptions& options);
void read_json_message_end(Input& in, const CodecOptions& options);
// The text of the next value, whatever it is.
Ref read_json_text(Input& in, const CodecOptions& options);

}  // namespace fastthrift::python
