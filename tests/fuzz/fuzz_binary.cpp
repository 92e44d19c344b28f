#include "../cpp/wire/value_by_value.hpp"
#include "wire_properties.hpp"

// Any input gives a value or an error, in whatever pieces. The first byte: 7 bits of the size of a piece, 1
// bit of strict.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fastthrift;
  if (size == 0) return 0;
  const wire::BinaryOptions options{.strict_read = data[0] < 0x80, .strict_write = true};
  fuzz::check_wire<wire::BinaryReader, test::ValueByValue<wire::BinaryWriter>, wire::CompactReader,
                   test::ValueByValue<wire::CompactWriter>>({data + 1, size - 1}, options,
                                                            1u + (data[0] & 0x7f));
  return 0;
}
