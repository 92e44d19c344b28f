#include "wire/place.hpp"

#include <array>
#include <boost/core/lightweight_test.hpp>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "../hex.hpp"
#include "value_by_value.hpp"
#include "wire/binary.hpp"
#include "wire/compact.hpp"
#include "wire/json.hpp"

using namespace fastthrift;
using namespace fastthrift::wire;

namespace {

const std::uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

// A writer of one value after the other: JSON's does, the others get a place for each.
template <class Writer>
struct SlowOf {
  using type = test::ValueByValue<Writer>;
};
template <>
struct SlowOf<JsonWriter> {
  using type = JsonWriter;
};
template <class Writer>
using Slow = typename SlowOf<Writer>::type;

// One value, as the codec writes it where the one before ended and by itself.
template <class Writer>
struct Step {
  std::function<void(typename Writer::Place&, Writer&)> at_its_place;
  std::function<void(Slow<Writer>&)> slowly;
};

template <class Writer, class Place = typename Writer::Place>
std::vector<Step<Writer>> numbers() {
  std::vector<Step<Writer>> steps;
  for (const bool value : {true, false}) {
    steps.push_back(
        {[=](Place& p, Writer&) { p.boolean(value); }, [=](Slow<Writer>& w) { w.boolean(value); }});
  }
  std::vector<std::int64_t> around = {0, -1, 1};
  for (int bit = 1; bit < 64; ++bit) {
    const auto power = static_cast<std::int64_t>(std::uint64_t{1} << (bit - 1));
    for (const std::int64_t near : {power - 1, power, -power, -power + 1}) around.push_back(near);
  }
  around.push_back(std::numeric_limits<std::int64_t>::min());
  for (const std::int64_t value : around) {
    const auto i8 = static_cast<std::int8_t>(value);
    const auto i16 = static_cast<std::int16_t>(value);
    const auto i32 = static_cast<std::int32_t>(value);
    steps.push_back({[=](Place& p, Writer&) { p.i8(i8); }, [=](Slow<Writer>& w) { w.i8(i8); }});
    steps.push_back({[=](Place& p, Writer&) { p.i16(i16); }, [=](Slow<Writer>& w) { w.i16(i16); }});
    steps.push_back({[=](Place& p, Writer&) { p.i32(i32); }, [=](Slow<Writer>& w) { w.i32(i32); }});
    steps.push_back({[=](Place& p, Writer&) { p.i64(value); }, [=](Slow<Writer>& w) { w.i64(value); }});
  }
  for (const double value : {0.0, -0.0, 1.5, -2.25e300, 5e-324, std::numeric_limits<double>::infinity()}) {
    steps.push_back(
        {[=](Place& p, Writer&) { p.float64(value); }, [=](Slow<Writer>& w) { w.float64(value); }});
  }
  return steps;
}

template <class Writer, class Place = typename Writer::Place>
std::vector<Step<Writer>> strings() {
  std::vector<Step<Writer>> steps;
  for (std::size_t size = 0; size < 300; size += size < 70 ? 1 : 29) {
    const std::string text(size, static_cast<char>('a' + size % 26));
    steps.push_back({[=](Place& p, Writer& w) {
                       p.make_room_for(w, text.size());
                       p.string(bytes_of(text), text.size());
                     },
                     [=](Slow<Writer>& w) { w.string(text.data(), text.size()); }});
    steps.push_back({[=](Place& p, Writer& w) {
                       p.make_room_for(w, text.size());
                       p.binary(bytes_of(text), text.size());
                     },
                     [=](Slow<Writer>& w) { w.binary(text.data(), text.size()); }});
  }
  static constexpr std::array<std::uint8_t, 16> id = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 255};
  steps.push_back({[](Place& p, Writer& w) {
                     p.make_room(w, id.size());
                     p.uuid(id.data());
                   },
                   [](Slow<Writer>& w) { w.uuid(id.data()); }});
  return steps;
}

// For protocols without brackets to close.
template <class Writer, class Place = typename Writer::Place>
std::vector<Step<Writer>> heads() {
  std::vector<Step<Writer>> steps;
  for (const std::size_t size : {0, 1, 14, 15, 16, 127, 128, 16383, 16384, 70000, 0x7fffffff}) {
    steps.push_back({[=](Place& p, Writer&) { p.list_begin(TType::struct_, size); },
                     [=](Slow<Writer>& w) { w.list_begin(TType::struct_, size); }});
    steps.push_back({[=](Place& p, Writer&) { p.map_begin(TType::i16, TType::bool_, size); },
                     [=](Slow<Writer>& w) { w.map_begin(TType::i16, TType::bool_, size); }});
  }
  steps.push_back({[](Place& p, Writer&) { p.struct_begin(), p.struct_end(); },
                   [](Slow<Writer>& w) { w.struct_end(w.struct_begin()); }});
  return steps;
}

// Whatever room there was: behind `written` bytes in memory of `capacity`.
template <class Writer>
void same_in_both_ways(const std::vector<Step<Writer>>& steps, std::size_t capacity, std::size_t written) {
  Buffer fast(capacity), slow(capacity);
  for (Buffer* each : {&fast, &slow}) each->append(std::string(written, '.'));
  Writer fast_writer(fast, {});
  Slow<Writer> slow_writer(slow, {});
  typename Writer::Place place(fast_writer);
  for (const auto& step : steps) {
    place.make_room(fast_writer);
    step.at_its_place(place, fast_writer);
    step.slowly(slow_writer);
  }
  place.leave(fast_writer);
  BOOST_TEST_EQ(test::to_hex(fast.bytes()), test::to_hex(slow.bytes()));
}

template <class Writer>
void check_steps(const std::vector<Step<Writer>>& steps) {
  for (std::size_t capacity = 0; capacity <= 160; capacity += 32) {
    for (std::size_t written = 0; written <= 40; written += 5) same_in_both_ways(steps, capacity, written);
  }
  // Each first in turn, so that each meets each end of the memory.
  for (std::size_t first = 0; first < steps.size(); first += steps.size() / 40 + 1) {
    std::vector<Step<Writer>> turned(steps.begin() + static_cast<std::ptrdiff_t>(first), steps.end());
    same_in_both_ways(turned, 64, first % 64);
  }
}

template <class Writer>
void check_all() {
  check_steps<Writer>(numbers<Writer>());
  check_steps<Writer>(strings<Writer>());
}

// What is written elsewhere between a `leave` and a new place stands between.
template <class Writer>
void check_detours() {
  Buffer out, expected;
  Slow<Writer> writer(out, {}), slow(expected, {});
  typename Writer::Place place(writer);
  for (int i = 0; i < 200; ++i) {
    place.make_room(writer);
    place.i64(i);
    place.leave(writer);
    writer.i32(-i);
    place = typename Writer::Place(writer);
    slow.i64(i), slow.i32(-i);
  }
  place.leave(writer);
  BOOST_TEST_EQ(test::to_hex(out.bytes()), test::to_hex(expected.bytes()));
}

// Nothing is reserved for what no length on the wire can tell.
template <class Writer>
void check_refused_sizes() {
  const std::size_t too_much = std::size_t{1} << 31;
  Buffer out;
  Writer writer(out, {});
  typename Writer::Place place(writer);
  const std::size_t before = out.capacity();
  BOOST_TEST_THROWS(place.make_room_for(writer, too_much), ProtocolError);
  BOOST_TEST_THROWS(place.list_begin(TType::i8, too_much), ProtocolError);
  BOOST_TEST_THROWS(place.map_begin(TType::i8, TType::i8, too_much), ProtocolError);
  BOOST_TEST_EQ(out.capacity(), before);
}

}  // namespace

void test_place() {
  check_all<BinaryWriter>();
  check_all<CompactWriter>();
  check_all<JsonWriter>();
  check_steps<BinaryWriter>(heads<BinaryWriter>());
  check_steps<CompactWriter>(heads<CompactWriter>());
  check_detours<BinaryWriter>();
  check_detours<CompactWriter>();
  check_detours<JsonWriter>();
  check_refused_sizes<BinaryWriter>();
  check_refused_sizes<CompactWriter>();
}
