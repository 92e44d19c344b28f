#include "python/codec.hpp"

#include "python/decode.hpp"
#include "python/encode.hpp"
#include "python/value_layout.hpp"

#include "framing/hints.hpp"

namespace fastthrift::python {

extern template class Decoder<wire::BinaryReader>;
extern template class Decoder<wire::CompactReader>;
extern template class Decoder<wire::JsonReader>;
extern template class Encoder<wire::BinaryWriter>;
extern template class Encoder<wire::CompactWriter>;
extern template class Encoder<wire::JsonWriter>;

namespace {

// The one place where a protocol's number becomes its types: `body` gets a Decoder or an Encoder.
template <class Body>
auto decode(Input& in, const CodecOptions& options, Body body) {
  const LayoutUse use;
  if (options.protocol == wire::Protocol::compact) {
    Decoder<wire::CompactReader> decoder(in, options, {});
    return body(decoder);
  }
  if (options.protocol == wire::Protocol::json) {
    Decoder<wire::JsonReader> decoder(in, options, {});
    return body(decoder);
  }
  Decoder<wire::BinaryReader> decoder(in, options, options.binary);
  return body(decoder);
}

template <class Body>
void encode(Buffer& out, const CodecOptions& options, Body body) {
  const LayoutUse use;
  const std::size_t before = out.size();
  try {
    if (options.protocol == wire::Protocol::compact) {
      Encoder<wire::CompactWriter> encoder(out, options, {});
      body(encoder);
    } else if (options.protocol == wire::Protocol::json) {
      Encoder<wire::JsonWriter> encoder(out, options, {});
      body(encoder);
    } else {
      Encoder<wire::BinaryWriter> encoder(out, options, options.binary);
      body(encoder);
    }
  } catch (...) {
    out.truncate(before);
    throw;
  }
}

}  // namespace

void read_struct(Input& in, PyObject* object, const CodecOptions& options) {
  decode(in, options, [object](auto& decoder) {
    try {
      decoder.structure_into(object);
    } catch (...) {
      decoder.path().raise_with(Py_TYPE(object));
    }
  });
}

void write_struct(Buffer& out, PyObject* object, const CodecOptions& options) {
  encode(out, options, [object](auto& encoder) {
    try {
      encoder.write_structure(object);
    } catch (...) {
      encoder.path().raise_with(Py_TYPE(object));
    }
  });
}

void read_fields(Input& in, PyObject* object, const Layout& layout, const CodecOptions& options) {
  decode(in, options, [&](auto& decoder) {
    try {
      decoder.direct_fields(object, layout);
    } catch (...) {
      decoder.path().raise_with(layout.type());
    }
  });
}

void write_field(Buffer& out, const Layout& layout, const FieldLayout* field, PyObject* value,
                 const CodecOptions& options) {
  encode(out, options, [&](auto& encoder) {
    try {
      encoder.write_only_field(layout, field, value);
    } catch (...) {
      encoder.path().raise_with(layout.type());
    }
  });
}

namespace {

bool has_its_spec(PyTypeObject* type, PyObject* thrift_spec) {
  if (!payload::is_payload_type(type)) return false;
  payload::layout_of(type);
  return payload::data_of(type).spec.get() == thrift_spec;
}

}  // namespace

void read_struct_by(Input& in, PyObject* object, PyTypeObject* type, PyObject* thrift_spec,
                    const CodecOptions& options) {
  if (has_its_spec(Py_TYPE(object), thrift_spec)) return read_struct(in, object, options);
  decode(in, options, [&](auto& decoder) {
    std::unique_ptr<Layout> keep;
    const Layout& layout = payload::layout_of_pair(type, thrift_spec, keep);
    try {
      decoder.other_fields(object, layout);
    } catch (...) {
      decoder.path().raise_with(Py_TYPE(object));
    }
  });
}

Ref read_new_struct(Input& in, PyTypeObject* type, PyObject* thrift_spec, const CodecOptions& options) {
  const bool is_own = has_its_spec(type, thrift_spec);
  return decode(in, options, [&](auto& decoder) {
    try {
      if (is_own) return Ref::steal(decoder.structure_of(type, payload::layout_of(type)));
      return decoder.plain_structure(type, thrift_spec);
    } catch (...) {
      decoder.path().raise_with(type);
    }
  });
}

void write_struct_by(Buffer& out, PyObject* object, PyTypeObject* type, PyObject* thrift_spec,
                     const CodecOptions& options) {
  if (has_its_spec(Py_TYPE(object), thrift_spec)) return write_struct(out, object, options);
  encode(out, options, [&](auto& encoder) {
    std::unique_ptr<Layout> keep;
    const Layout& layout = payload::layout_of_pair(type, thrift_spec, keep);
    try {
      encoder.write_by(layout, object);
    } catch (...) {
      encoder.path().raise_with(Py_TYPE(object));
    }
  });
}

Ref read_value(Input& in, int ttype, PyObject* spec, const CodecOptions& options) {
  const ValueLayout value(ttype, spec);
  return decode(in, options, [&](auto& decoder) { return decoder.value(value.layout(), value.shape()); });
}

void write_value(Buffer& out, int ttype, PyObject* object, PyObject* spec, const CodecOptions& options) {
  if (static_cast<wire::TType>(ttype) == wire::TType::struct_) {  // its own class says more than the spec
    return encode(out, options, [object](auto& encoder) { encoder.write_structure(object); });
  }
  const ValueLayout value(ttype, spec);
  encode(out, options, [&](auto& encoder) {
    encoder.write_value(value.layout(), value.layout().fields()[0].shape, object);
  });
}

void skip_value(Input& in, int ttype, const CodecOptions& options) {
  const wire::TType type = ttype == 18 ? wire::TType::string : static_cast<wire::TType>(ttype);
  if (ttype < 2 || ttype > 18 || wire::name_of(type) == "unknown type") {
    wire::refuse_type(static_cast<unsigned>(ttype), in);
  }
  decode(in, options, [type](auto& decoder) { decoder.skip(type); });
}

wire::MessageHeader read_message_begin(Input& in, const CodecOptions& options) {
  if (options.protocol == wire::Protocol::compact) {
    return wire::CompactReader(in, options.limits).message_begin();
  }
  if (options.protocol == wire::Protocol::json) {
    // The reader's name goes with it; this one stays until its thread reads the next.
    static thread_local std::string name;
    wire::JsonReader reader(in, options.limits);
    wire::MessageHeader header = reader.message_begin(options.binary.any_message_type);
    name = header.name;
    header.name = name;
    return header;
  }
  return wire::BinaryReader(in, options.limits, options.binary).message_begin();
}

wire::MessageHeader read_message_begin(Input& in, Bytes message, const CodecOptions& options) {
  try {
    return read_message_begin(in, options);
  } catch (const ProtocolError& error) {
    throw ProtocolError(error.kind(), error.what() + framing::hint_inside(message));
  }
}

void write_message_begin(Buffer& out, std::string_view name, wire::MessageType type, std::int32_t sequence_id,
                         const CodecOptions& options) {
  if (options.protocol == wire::Protocol::compact) {
    wire::CompactWriter(out).message_begin(name, type, sequence_id);
  } else if (options.protocol == wire::Protocol::json) {
    wire::JsonWriter(out).message_begin(name, type, sequence_id);
  } else {
    wire::BinaryWriter(out, options.binary).message_begin(name, type, sequence_id);
  }
}

void write_message_end(Buffer& out, const CodecOptions& options) {
  if (options.protocol == wire::Protocol::json) wire::JsonWriter(out).message_end();
}

Message read_json_message_begin(Input& in, const CodecOptions& options) {
  wire::JsonReader reader(in, options.limits);
  const wire::MessageHeader header = reader.message_begin(options.binary.any_message_type);
  const Bytes name{reinterpret_cast<const std::uint8_t*>(header.name.data()), header.name.size()};
  return {text_of(name, true), header.type, header.sequence_id};
}

void read_json_message_end(Input& in, const CodecOptions& options) {
  wire::JsonReader(in, options.limits).message_end();
}

Ref read_json_text(Input& in, const CodecOptions& options) {
  Buffer text;
  wire::JsonReader(in, options.limits).skip(4 * Depth::most, &text);
  return bytes_of(text.bytes());
}

}  // namespace fastthrift::python
