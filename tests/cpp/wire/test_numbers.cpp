#include "wire/numbers.hpp"

#include <boost/core/lightweight_test.hpp>
#include <limits>
#include <vector>

#include "value_by_value.hpp"
#include "wire/compact_writer.hpp"

using namespace fastthrift;
using namespace fastthrift::wire;

namespace {

template <class Writer>
void write_one(Writer& out, std::int16_t number) {
  out.i16(number);
}
template <class Writer>
void write_one(Writer& out, std::int32_t number) {
  out.i32(number);
}
template <class Writer>
void write_one(Writer& out, std::int64_t number) {
  out.i64(number);
}
template <class Writer>
void write_one(Writer& out, double number) {
  out.float64(number);
}

template <class Writer, class Number>
void block_is_each_number(TType element, const std::vector<Number>& numbers) {
  Buffer one_by_one, block;
  test::ValueByValue<Writer> slow(one_by_one, {}), fast(block, {});
  slow.list_begin(element, numbers.size());
  for (const Number number : numbers) write_one(slow, number);
  fast.list_begin(element, numbers.size());
  // From an odd address, as a view into a file may have it.
  std::vector<std::uint8_t> odd(1 + numbers.size() * sizeof(Number));
  if (!numbers.empty()) std::memcpy(odd.data() + 1, numbers.data(), numbers.size() * sizeof(Number));
  write_numbers<Number>(static_cast<Writer&>(fast), odd.data() + 1, numbers.size());
  const Bytes expected = one_by_one.bytes(), written = block.bytes();
  BOOST_TEST_ALL_EQ(written.begin(), written.end(), expected.begin(), expected.end());
}

template <class Number>
void in_every_protocol(TType element) {
  using Limits = std::numeric_limits<Number>;
  std::vector<Number> numbers = {0, 1, Number(-1), Limits::min(), Limits::max(), Limits::lowest()};
  for (int i = 0; i < 300; ++i) numbers.push_back(static_cast<Number>(i * 97 - 1000));
  for (const std::size_t size : {numbers.size(), std::size_t{7}, std::size_t{1}, std::size_t{0}}) {
    numbers.resize(size);
    block_is_each_number<BinaryWriter>(element, numbers);
    block_is_each_number<CompactWriter>(element, numbers);
  }
}

void test_a_block_is_written_as_each_of_its_numbers() {
  in_every_protocol<std::int16_t>(TType::i16);
  in_every_protocol<std::int32_t>(TType::i32);
  in_every_protocol<std::int64_t>(TType::i64);
  in_every_protocol<double>(TType::double_);
}

}  // namespace

void test_numbers() { test_a_block_is_written_as_each_of_its_numbers(); }
