#pragma once

#include "python/decode_plain.hpp"
#include "python/encode_plain.hpp"
#include "python/remote_method.hpp"

#include <cstring>

#include "base/hints.hpp"
#include "framing/framing.hpp"
#include "wire/binary.hpp"

// A client's side of what plain_call.hpp is for a server: arguments and results of Python's own types,
// without an instance, an Encoder or a Decoder. Whatever is otherwise leaves no trace, and is done the longer
// way from the start.
namespace fastthrift::python::client {

// Appends the call with all of its arguments, positional and none of them None. False: nothing is written.
// Throws where the request is over a limit.
inline bool write_plain_request(Buffer& out, const framing::Framing& framing, const RemoteMethod& method,
                                std::int32_t sequence_id, PyObject* const* args, std::size_t count,
                                const CodecOptions& options) {
  if (!is_plainly_binary(options)) return false;
  const LayoutUse use;
  const Layout* layout = method.args_layout();
  if (layout == nullptr || layout->fields().size() != count) return false;
  const std::size_t start = framing.begin(out);
  const std::string_view head = method.call_head();
  std::uint8_t* at = out.prepare(head.size() + sizeof sequence_id);
  std::memcpy(at, head.data(), head.size());
  store_big_endian(at + head.size(), sequence_id);
  out.commit(head.size() + sizeof sequence_id);
  wire::BinaryWriter writer(out, options.binary);
  wire::BinaryWriter::Place place(writer);
  wire::BinaryWriter::Fields fields;
  for (const FieldLayout& field : layout->fields()) {
    PyObject* value = *args++;
    place.make_room(writer);
    // None is no plain value.
    if (!write_plain(writer, place, field.form, value, BeforeField{fields, field.head})) {
      out.truncate(start);
      return false;
    }
  }
  place.make_room(writer);
  place.struct_end();
  place.leave(writer);
  framing.end(out, start);
  return true;
}

// The result that a reply brings, where it is the answer to this very call. Nothing: the longer way has to
// look.
inline Ref read_plain_reply(Bytes reply, const RemoteMethod& method, std::int32_t sequence_id,
                            const CodecOptions& options) {
  const std::string_view head = method.reply_head();
  const std::size_t begin = head.size() + sizeof sequence_id;
  if (!is_plainly_binary(options) || reply.size() < begin ||
      std::memcmp(reply.data(), head.data(), head.size()) != 0 ||
      load_big_endian<std::int32_t>(reply.data() + head.size()) != sequence_id) {
    return {};
  }
  const LayoutUse use;
  const Layout* layout = method.result_layout();
  if (layout == nullptr) return {};
  Input in(reply.subspan(begin));
  wire::BinaryReader reader(in, options.limits, options.binary);
  wire::BinaryReader::Place place(reader);
  const FieldLayout* success = success_in(*layout);
  Ref result;
  if (success == nullptr) {
    result = Ref::share(Py_None);
  } else if (place.field_begin(success->head)) {
    result = Ref::steal(read_plain(place, success->form, PlainOptions{options.decode.decode_response}));
  }
  // A struct with more in it may have an exception.
  return result && place.stop() ? std::move(result) : Ref();
}

}  // namespace fastthrift::python::client
