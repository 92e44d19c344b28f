#include "../cpp/wire/value_by_value.hpp"
#include "wire_properties.hpp"

// Any input gives a value or an error, in whatever pieces. The first byte is the size of a piece.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fastthrift;
  if (size == 0) return 0;
  fuzz::check_wire<wire::CompactReader, test::ValueByValue<wire::CompactWriter>, wire::BinaryReader,
                   test::ValueByValue<wire::BinaryWriter>>({data + 1, size - 1}, {}, 1u + data[0]);
  return 0;
}
