#include "wire/base64.hpp"

#include <boost/core/lightweight_test.hpp>

#include <string>
#include <vector>

// RFC 4648: its own test vectors, every length around a group, and what is no base64.
namespace {

using namespace fastthrift;

std::string encoded(const std::string& bytes) {
  Buffer out;
  wire::append_base64(out, {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
  return {reinterpret_cast<const char*>(out.data()), out.size()};
}

std::optional<std::string> decoded(std::string text) {
  const auto size = wire::decode_base64(text, reinterpret_cast<std::uint8_t*>(text.data()));
  if (!size) return std::nullopt;
  return text.substr(0, *size);
}

const struct {
  const char* bytes;
  const char* text;
} vectors[] = {{"", ""},
               {"f", "Zg=="},
               {"fo", "Zm8="},
               {"foo", "Zm9v"},
               {"foob", "Zm9vYg=="},
               {"fooba", "Zm9vYmE="},
               {"foobar", "Zm9vYmFy"}};

void test_the_vectors_of_the_specification_come_out_and_go_in() {
  for (const auto& each : vectors) {
    BOOST_TEST_EQ(encoded(each.bytes), each.text);
    const std::string text = each.text;
    const auto back = decoded(text.substr(0, text.find('=')));
    BOOST_TEST(back.has_value());
    BOOST_TEST_EQ(back.value_or("nothing"), each.bytes);
  }
}

void test_every_byte_survives_at_every_place_of_a_group() {
  for (int size = 1; size <= 4; ++size) {
    for (int place = 0; place < size; ++place) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string bytes(static_cast<std::size_t>(size), '\x5a');
        bytes[static_cast<std::size_t>(place)] = static_cast<char>(byte);
        const std::string text = encoded(bytes);
        BOOST_TEST(decoded(text.substr(0, text.find('='))) == bytes);
      }
    }
  }
}

void test_what_is_no_base64_gives_nothing() {
  for (const char* text : {"Z", "Zm9vY", "Zg==", "Zm8=", "Z g", "Zm-_", "Zm9\n", "\xc3\xa9", "=", "A.B."}) {
    BOOST_TEST(!decoded(text).has_value());
  }
  BOOST_TEST(!decoded(std::string("Zg\0A", 4)).has_value());
}

}  // namespace

void test_base64() {
  test_the_vectors_of_the_specification_come_out_and_go_in();
  test_every_byte_survives_at_every_place_of_a_group();
  test_what_is_no_base64_gives_nothing();
}
