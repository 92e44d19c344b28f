#pragma once

#include <cstdint>

#include "wire/checks.hpp"
#include "wire/types.hpp"

namespace fastthrift::fuzz {

// Reads a value with all checks that a codec makes and writes it down: in the same protocol or in the other.
// What the protocols leave open is made one: an empty container has elements of type i8.
template <class Reader, class Writer>
class Transcriber {
 public:
  Transcriber(Reader& reader, Writer& writer) : reader_(reader), writer_(writer) {}

  void structure() {
    if (++depth_ > reader_.limits().depth) wire::refuse_depth("skipping a Thrift struct");
    const auto read = reader_.struct_begin();
    const auto written = writer_.struct_begin();
    for (;;) {
      const wire::FieldHeader field = reader_.field_begin();
      if (field.type == wire::TType::stop) break;
      if (field.type == wire::TType::bool_) {
        writer_.field_boolean(field.id, reader_.boolean());
      } else {
        writer_.field_begin(field.type, field.id);
        value(field.type);
      }
    }
    writer_.struct_end(written);
    reader_.struct_end(read);
    --depth_;
  }

  void value(wire::TType type) {
    using wire::TType;
    switch (type) {
      case TType::bool_:
        writer_.boolean(reader_.boolean());
        return;
      case TType::i8:
        writer_.i8(reader_.i8());
        return;
      case TType::i16:
        writer_.i16(reader_.i16());
        return;
      case TType::i32:
        writer_.i32(reader_.i32());
        return;
      case TType::i64:
        writer_.i64(reader_.i64());
        return;
      case TType::double_:
        writer_.float64(reader_.float64());
        return;
      case TType::uuid:
        writer_.uuid(reader_.uuid());
        return;
      case TType::string: {
        const Bytes bytes = reader_.string();
        writer_.string(bytes.data(), bytes.size());
        return;
      }
      case TType::struct_:
        structure();
        return;
      case TType::list:
      case TType::set: {
        const wire::ListHeader list = reader_.list_begin();
        if (++depth_ > reader_.limits().depth) wire::refuse_depth("skipping a Thrift container");
        writer_.list_begin(list.size != 0 ? list.element : TType::i8, list.size);
        for (std::uint32_t n = 0; n < list.size; ++n) value(list.element);
        --depth_;
        return;
      }
      case TType::map: {
        const wire::MapHeader map = reader_.map_begin();
        if (++depth_ > reader_.limits().depth) wire::refuse_depth("skipping a Thrift container");
        writer_.map_begin(map.size != 0 ? map.key : TType::i8, map.size != 0 ? map.value : TType::i8,
                          map.size);
        for (std::uint32_t n = 0; n < map.size; ++n) value(map.key), value(map.value);
        --depth_;
        return;
      }
      default:
        wire::refuse_type(static_cast<unsigned>(type), reader_.input());
    }
  }

 private:
  Reader& reader_;
  Writer& writer_;
  std::size_t depth_ = 0;
};

}  // namespace fastthrift::fuzz
