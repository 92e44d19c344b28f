#pragma once

#include "python/codec.hpp"
#include "python/decode_plain.hpp"
#include "python/encode_plain.hpp"
#include "python/handler_arguments.hpp"
#include "python/plain_protocol.hpp"
#include "python/reply.hpp"
#include "python/served_method.hpp"

#include "base/hints.hpp"

// Most calls have arguments and a result of Python's own types, in the binary or the compact protocol and
// with nothing missing: they go from the message to the handler's stack, and from there into the answer,
// without an instance, a Decoder or an Encoder. Whatever is otherwise leaves no trace, and Processor's longer
// way does it from the start.
namespace fastthrift::python {

// Reads all of the layout's fields, in their order, and the end of their struct. False: nothing is read.
FASTTHRIFT_INLINE bool read_plain_arguments(Input& in, const Layout& layout, const CodecOptions& options,
                                            Arguments& arguments) {
  if (!allow_struct(options.limits)) return false;
  return in_plain_protocol(options.protocol, false, [&](auto protocol) {
    auto reader = protocol.reader(in, options);
    typename decltype(reader)::Place place(reader);
    const PlainOptions plain{options.decode.decode_response};
    for (const FieldLayout& field : layout.fields()) {
      PyObject* value = place.field_begin(field.head) ? read_plain(place, field.form, plain) : nullptr;
      if (value == nullptr) {
        arguments.clear();
        return false;
      }
      arguments.add(Ref::steal(value));
    }
    if (!place.stop()) {
      arguments.clear();
      return false;
    }
    place.leave();
    return true;
  });
}

// Appends the answer with the result's field `success`; null: the method returns nothing. False: nothing is
// written. Throws where the answer is over a limit, and has written nothing then either.
FASTTHRIFT_INLINE bool write_plain_result(const ReplyPlace& place, const ServedMethod& method,
                                          std::int32_t sequence_id, const FieldLayout* success,
                                          PyObject* value) {
  const CodecOptions& options = place.options;
  if (!allow_struct(options.limits)) return false;
  return in_plain_protocol(options.protocol, false, [&](auto protocol) {
    if (!protocol.writes(options)) return false;
    Buffer& out = place.out;
    const std::size_t start = place.framing.begin(out);
    try {
      protocol.write_head(method.head(), out, wire::MessageType::reply, sequence_id);
      auto writer = protocol.writer(out, options);
      typename decltype(writer)::Place field(writer);
      if (success != nullptr && value != Py_None) {
        typename decltype(writer)::Fields fields;
        if (!write_plain(writer, field, success->form, value, BeforeField{fields, success->head})) {
          out.truncate(start);
          return false;
        }
      }
      field.make_room(writer);
      field.struct_end();
      field.leave(writer);
      place.framing.end(out, start);
    } catch (...) {
      out.truncate(start);
      throw;
    }
    return true;
  });
}

}  // namespace fastthrift::python
