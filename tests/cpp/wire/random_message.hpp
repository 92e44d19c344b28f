#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/buffer.hpp"
#include "value_by_value.hpp"
#include "wire/types.hpp"

namespace fastthrift::test {

// The same numbers on every machine.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed * 2862933555777941757u + 3037000493u) {}

  std::uint64_t next() {
    state_ ^= state_ << 13, state_ ^= state_ >> 7, state_ ^= state_ << 17;
    return state_;
  }
  std::size_t below(std::size_t n) { return static_cast<std::size_t>((next() >> 11) % n); }
  // Mostly small, sometimes anything.
  std::int64_t number() { return static_cast<std::int64_t>(next() >> below(64)) * (below(2) == 0 ? 1 : -1); }

 private:
  std::uint64_t state_;
};

// Writes valid values of random types, containers in each other up to `depth`.
template <class Writer>
class RandomValues {
 public:
  RandomValues(Writer& writer, Dice& dice) : writer_(writer), dice_(dice) {}

  void message(std::size_t depth) {
    const std::string name(dice_.below(20), 'n');
    writer_.message_begin(name, static_cast<wire::MessageType>(1 + dice_.below(4)),
                          static_cast<std::int32_t>(dice_.number()));
    structure(depth);
  }
  void structure(std::size_t depth) {
    const auto saved = writer_.struct_begin();
    std::int32_t id = static_cast<std::int32_t>(dice_.below(3)) - 1;
    for (std::size_t n = dice_.below(6); n != 0; --n) {
      const wire::TType type = random_type(depth);
      if (type == wire::TType::bool_) {
        writer_.field_boolean(static_cast<std::int16_t>(id), dice_.below(2) == 0);
      } else {
        writer_.field_begin(type, static_cast<std::int16_t>(id));
        value(type, depth);
      }
      id += 1 + static_cast<std::int32_t>(dice_.below(dice_.below(4) == 0 ? 400 : 3));
    }
    writer_.struct_end(saved);
  }
  void value(wire::TType type, std::size_t depth) {
    using wire::TType;
    switch (type) {
      case TType::bool_:
        writer_.boolean(dice_.below(2) == 0);
        return;
      case TType::i8:
        writer_.i8(static_cast<std::int8_t>(dice_.number()));
        return;
      case TType::i16:
        writer_.i16(static_cast<std::int16_t>(dice_.number()));
        return;
      case TType::i32:
        writer_.i32(static_cast<std::int32_t>(dice_.number()));
        return;
      case TType::i64:
        writer_.i64(dice_.number());
        return;
      case TType::double_:
        writer_.float64(static_cast<double>(dice_.number()));
        return;
      case TType::uuid:
        writer_.uuid(reinterpret_cast<const std::uint8_t*>("0123456789abcdef"));
        return;
      case TType::string: {
        const std::string text(dice_.below(dice_.below(8) == 0 ? 300 : 8), 's');
        writer_.string(text.data(), text.size());
        return;
      }
      case TType::struct_:
        structure(depth - 1);
        return;
      case TType::list:
      case TType::set: {
        const TType element = random_type(depth - 1);
        const std::size_t size = dice_.below(dice_.below(8) == 0 ? 40 : 4);
        writer_.list_begin(element, size);
        for (std::size_t n = 0; n < size; ++n) value(element, depth - 1);
        return;
      }
      case TType::map: {
        const TType key = random_type(depth - 1), mapped = random_type(depth - 1);
        const std::size_t size = dice_.below(4);
        writer_.map_begin(key, mapped, size);
        for (std::size_t n = 0; n < size; ++n) value(key, depth - 1), value(mapped, depth - 1);
        return;
      }
      default:
        return;
    }
  }
  // No struct or container once `depth` is used up.
  wire::TType random_type(std::size_t depth) {
    using wire::TType;
    static constexpr TType types[] = {TType::bool_,   TType::i8,      TType::i16,  TType::i32,
                                      TType::i64,     TType::double_, TType::uuid, TType::string,
                                      TType::struct_, TType::list,    TType::set,  TType::map};
    return types[dice_.below(depth == 0 ? 8 : 12)];
  }

 private:
  Writer& writer_;
  Dice& dice_;
};

template <class Writer>
std::vector<std::uint8_t> random_message(std::uint64_t seed, std::size_t depth) {
  Dice dice(seed);
  Buffer out;
  ValueByValue<Writer> writer(out);
  RandomValues<ValueByValue<Writer>>(writer, dice).message(depth);
  return {out.data(), out.data() + out.size()};
}

}  // namespace fastthrift::test
