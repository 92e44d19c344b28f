#pragma once

#include <cstdint>
#include <utility>

#include "wire/field_head.hpp"
#include "wire/types.hpp"

namespace fastthrift::test {

// A writer whose values have a Place each, in the words of the readers: what it writes stands in the buffer
// at once.
template <class Writer>
class ValueByValue : public Writer {
 public:
  using Place = typename Writer::Place;
  using Fields = typename Writer::Fields;
  using TType = wire::TType;

  using Writer::Writer;

  Fields struct_begin() {
    write([](Place& place) { place.struct_begin(); });
    return std::exchange(fields_, Fields{});
  }
  void struct_end(Fields around) {
    write([](Place& place) { place.struct_end(); });
    fields_ = around;
  }
  void field_begin(TType type, std::int16_t id) {
    write([&](Place& place) { place.field_begin(fields_, wire::FieldHead::of(type, id)); });
  }
  void field_boolean(std::int16_t id, bool value) {
    write([&](Place& place) { place.field_boolean(fields_, wire::FieldHead::of(TType::bool_, id), value); });
  }
  void boolean(bool value) {
    write([&](Place& place) { place.boolean(value); });
  }
  void i8(std::int8_t value) {
    write([&](Place& place) { place.i8(value); });
  }
  void i16(std::int16_t value) {
    write([&](Place& place) { place.i16(value); });
  }
  void i32(std::int32_t value) {
    write([&](Place& place) { place.i32(value); });
  }
  void i64(std::int64_t value) {
    write([&](Place& place) { place.i64(value); });
  }
  void float64(double value) {
    write([&](Place& place) { place.float64(value); });
  }
  void uuid(const std::uint8_t* bytes) {
    write([&](Place& place) {
      place.make_room(*this, 16);
      place.uuid(bytes);
    });
  }
  void string(const void* bytes, std::size_t size) {
    write([&](Place& place) {
      place.make_room_for(*this, size);
      place.string(static_cast<const std::uint8_t*>(bytes), size);
    });
  }
  void binary(const void* bytes, std::size_t size) {
    write([&](Place& place) {
      place.make_room_for(*this, size);
      place.binary(static_cast<const std::uint8_t*>(bytes), size);
    });
  }
  void list_begin(TType element, std::size_t size) {
    write([&](Place& place) { place.list_begin(element, size); });
  }
  void map_begin(TType key, TType value, std::size_t size) {
    write([&](Place& place) { place.map_begin(key, value, size); });
  }

 private:
  template <class Write>
  void write(Write write) {
    Place place(*this);
    write(place);
    place.leave(*this);
  }

  Fields fields_;
};

}  // namespace fastthrift::test
