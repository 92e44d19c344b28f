#pragma once

#include "python/decode_plain.hpp"
#include "python/encode_plain.hpp"
#include "python/plain_protocol.hpp"
#include "python/remote_method.hpp"

#include "base/hints.hpp"
#include "framing/framing.hpp"

// A client's side of what plain_call.hpp is for a server: arguments and results of Python's own types,
// without an instance, an Encoder or a Decoder. Whatever is otherwise leaves no trace, and is done the longer
// way from the start.
namespace fastthrift::python::client {

// Appends the call with all of its arguments, positional and none of them None. False: nothing is written.
// Throws where the request is over a limit.
inline bool write_plain_request(Buffer& out, const framing::Framing& framing, const RemoteMethod& method,
                                std::int32_t sequence_id, PyObject* const* args, std::size_t count,
                                const CodecOptions& options) {
  if (!allow_struct(options.limits)) return false;
  const LayoutUse use;
  const Layout* layout = method.args_layout();
  if (layout == nullptr || layout->fields().size() != count) return false;
  return in_plain_protocol(options.protocol, false, [&](auto protocol) {
    if (!protocol.writes(options)) return false;
    const std::size_t start = framing.begin(out);
    protocol.write_head(method.head(), out, method.call_type(), sequence_id);
    auto writer = protocol.writer(out, options);
    typename decltype(writer)::Place place(writer);
    typename decltype(writer)::Fields fields;
    PyObject* const* value = args;
    for (const FieldLayout& field : layout->fields()) {
      place.make_room(writer);
      // None is no plain value.
      if (!write_plain(writer, place, field.form, *value++, BeforeField{fields, field.head})) {
        out.truncate(start);
        return false;
      }
    }
    place.make_room(writer);
    place.struct_end();
    place.leave(writer);
    framing.end(out, start);
    return true;
  });
}

// The result that a reply brings, where it is the answer to this very call. Nothing: the longer way has to
// look.
inline Ref read_plain_reply(Bytes reply, const RemoteMethod& method, std::int32_t sequence_id,
                            const CodecOptions& options) {
  if (!allow_struct(options.limits)) return {};
  const LayoutUse use;
  const Layout* layout = method.result_layout();
  if (layout == nullptr) return {};
  return in_plain_protocol(options.protocol, Ref(), [&](auto protocol) -> Ref {
    wire::MessageHeader header{};
    std::size_t begin = 0;
    if (!protocol.read_head(method.head(), reply, header, begin) || header.type != wire::MessageType::reply ||
        header.sequence_id != sequence_id) {
      return {};
    }
    Input in(reply.subspan(begin));
    auto reader = protocol.reader(in, options);
    typename decltype(reader)::Place place(reader);
    const FieldLayout* success = success_in(*layout);
    Ref result;
    if (success == nullptr) {
      result = Ref::share(Py_None);
    } else if (place.field_begin(success->head)) {
      result = Ref::steal(read_plain(place, success->form, PlainOptions{options.decode.decode_response}));
    }
    // A struct with more in it may have an exception.
    return result && place.stop() ? std::move(result) : Ref();
  });
}

}  // namespace fastthrift::python::client
