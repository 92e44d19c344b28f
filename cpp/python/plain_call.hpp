#pragma once

#include "python/codec.hpp"
#include "python/decode_plain.hpp"
#include "python/encode_plain.hpp"
#include "python/handler_arguments.hpp"
#include "python/reply.hpp"
#include "python/served_method.hpp"

#include "base/copy.hpp"
#include "base/hints.hpp"
#include "wire/binary.hpp"

// Most calls have arguments and a result of Python's own types, in the binary protocol and with nothing
// missing: they go from the message to the handler's stack, and from there into the answer, without an
// instance, a Decoder or an Encoder. Whatever is otherwise leaves no trace, and Processor's longer way does
// it from the start.
namespace fastthrift::python {

// Reads all of the layout's fields, in their order, and the end of their struct. False: nothing is read.
FASTTHRIFT_INLINE bool read_plain_arguments(Input& in, const Layout& layout, const CodecOptions& options,
                                            Arguments& arguments) {
  if (options.protocol != wire::Protocol::binary || options.limits.depth == 0 || options.limits.structs == 0)
    return false;
  wire::BinaryReader reader(in, options.limits, options.binary);
  wire::BinaryReader::Place place(reader);
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
}

// Appends the answer with the result's field `success`; null: the method returns nothing. False: nothing is
// written. Throws where the answer is over a limit, and has written nothing then either.
FASTTHRIFT_INLINE bool write_plain_result(const ReplyPlace& place, const ServedMethod& method,
                                          std::int32_t sequence_id, const FieldLayout* success,
                                          PyObject* value) {
  const CodecOptions& options = place.options;
  if (!is_plainly_binary(options)) return false;
  Buffer& out = place.out;
  const std::size_t start = place.framing.begin(out);
  try {
    const std::string_view head = method.reply_head();
    std::uint8_t* at = out.prepare(head.size() + sizeof sequence_id);
    copy_short(at, reinterpret_cast<const std::uint8_t*>(head.data()), head.size());
    store_big_endian(at + head.size(), sequence_id);
    out.commit(head.size() + sizeof sequence_id);
    wire::BinaryWriter writer(out, options.binary);
    wire::BinaryWriter::Place field(writer);
    if (success != nullptr && value != Py_None) {
      wire::BinaryWriter::Fields fields;
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
}

}  // namespace fastthrift::python
