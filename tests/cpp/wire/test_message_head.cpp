#include "wire/message_head.hpp"

#include <boost/core/lightweight_test.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "../hex.hpp"
#include "base/errors.hpp"
#include "base/input.hpp"
#include "wire/binary.hpp"
#include "wire/compact.hpp"

using namespace fastthrift;
using namespace fastthrift::wire;
using test::squeezed;
using test::to_hex;

namespace {

constexpr MessageType types[] = {MessageType::call, MessageType::reply, MessageType::exception,
                                 MessageType::oneway};
constexpr std::int32_t sequence_ids[] = {0,     1,       127,     128,        16383,           16384,
                                         65536, 2097152, 1 << 28, 0x7fffffff, -0x7fffffff - 1, -1};

Bytes bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
std::string text_of(const Buffer& buffer) {
  return {reinterpret_cast<const char*>(buffer.data()), buffer.size()};
}

// One protocol: the header by the Head, and by the Writer and the Reader that everybody else uses.
struct Binary {
  using Writer = BinaryWriter;
  using Reader = BinaryReader;
  static void write(const MessageHead& head, Buffer& out, MessageType type, std::int32_t id) {
    head.write_binary(out, type, id);
  }
  static bool read(const MessageHead& head, Bytes message, MessageHeader& header, std::size_t& size) {
    return head.read_binary(message, header, size);
  }
};
struct Compact {
  using Writer = CompactWriter;
  using Reader = CompactReader;
  static void write(const MessageHead& head, Buffer& out, MessageType type, std::int32_t id) {
    head.write_compact(out, type, id);
  }
  static bool read(const MessageHead& head, Bytes message, MessageHeader& header, std::size_t& size) {
    return head.read_compact(message, header, size);
  }
};

template <class Protocol>
std::string by_the_writer(std::string_view name, MessageType type, std::int32_t id) {
  Buffer out;
  typename Protocol::Writer(out).message_begin(name, type, id);
  return text_of(out);
}

std::vector<std::string> names() {
  return {"",
          "a",
          "echo",
          "Service:method",
          std::string(31, 'n'),
          std::string(127, 'n'),
          std::string(128, 'n'),
          std::string(1000, 'n')};
}

template <class Protocol>
void test_it_is_what_the_writer_writes_and_the_reader_reads() {
  for (const std::string& name : names()) {
    const MessageHead head(name);
    BOOST_TEST_EQ(std::string(head.name()), name);
    for (const MessageType type : types) {
      for (const std::int32_t id : sequence_ids) {
        Buffer out;
        out.append(std::string_view("before"));
        Protocol::write(head, out, type, id);
        const std::string expected = by_the_writer<Protocol>(name, type, id);
        BOOST_TEST_EQ(to_hex(out), to_hex(bytes_of("before" + expected)));

        const std::string message = expected + std::string(1, '\0') + "behind it";
        MessageHeader header{};
        std::size_t size = 0;
        BOOST_TEST(Protocol::read(head, bytes_of(message), header, size));
        BOOST_TEST_EQ(size, expected.size());
        BOOST_TEST_EQ(std::string(header.name), name);
        BOOST_TEST(header.type == type);
        BOOST_TEST_EQ(header.sequence_id, id);
      }
    }
  }
}

// Whatever it takes for its own, the Reader takes for the same.
template <class Protocol>
void check_against_the_reader(const MessageHead& head, const std::string& message) {
  MessageHeader header{};
  std::size_t size = 0;
  if (!Protocol::read(head, bytes_of(message), header, size)) return;
  const Limits limits;
  Input in(bytes_of(message));
  const MessageHeader expected = typename Protocol::Reader(in, limits).message_begin();
  BOOST_TEST_EQ(in.offset(), size);
  BOOST_TEST_EQ(std::string(header.name), std::string(expected.name));
  BOOST_TEST(header.type == expected.type);
  BOOST_TEST_EQ(header.sequence_id, expected.sequence_id);
}

template <class Protocol>
void test_it_takes_nothing_that_the_reader_reads_otherwise() {
  const MessageHead head("echo");
  for (const std::int32_t id : {7, 300, -5}) {
    const std::string whole = by_the_writer<Protocol>("echo", MessageType::call, id) + std::string(10, '\0');
    for (std::size_t at = 0; at < whole.size(); ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string changed = whole;
        changed[at] = static_cast<char>(byte);
        try {
          check_against_the_reader<Protocol>(head, changed);
        } catch (const ProtocolError& error) {
          BOOST_ERROR(
              ("taken although it is refused: " + to_hex(bytes_of(changed)) + ": " + error.what()).c_str());
        }
      }
    }
  }
}

template <class Protocol>
void test_another_name_is_not_taken() {
  const MessageHead head("echo");
  for (const char* name : {"", "ech", "echo2", "ohce", "Echo", "e"}) {
    const std::string message = by_the_writer<Protocol>(name, MessageType::call, 1) + std::string(20, '\0');
    MessageHeader header{};
    std::size_t size = 0;
    BOOST_TEST(!Protocol::read(head, bytes_of(message), header, size));
  }
}

template <class Protocol>
void test_nothing_is_taken_or_looked_at_behind_the_end() {
  const MessageHead head("echo");
  for (const std::int32_t id : {1, 200, 70000, -1}) {
    const std::string header_bytes = by_the_writer<Protocol>("echo", MessageType::reply, id);
    for (std::size_t length = 0; length < header_bytes.size(); ++length) {
      // Of its own memory, so that a sanitizer sees a look behind it.
      const std::vector<std::uint8_t> cut(header_bytes.begin(),
                                          header_bytes.begin() + static_cast<std::ptrdiff_t>(length));
      MessageHeader header{};
      std::size_t size = 0;
      BOOST_TEST(!Protocol::read(head, Bytes(cut.data(), cut.size()), header, size));
    }
  }
}

// By the specifications, not by our writers.
void test_the_bytes_are_those_of_the_specifications() {
  const MessageHead head("ping");
  Buffer binary, compact;
  head.write_binary(binary, MessageType::reply, 258);
  BOOST_TEST_EQ(to_hex(binary), squeezed("80010002 00000004 70696e67 00000102"));
  head.write_compact(compact, MessageType::reply, 258);
  BOOST_TEST_EQ(to_hex(compact), squeezed("82 41 8202 04 70696e67"));
  Buffer negative;
  head.write_compact(negative, MessageType::oneway, -1);
  BOOST_TEST_EQ(to_hex(negative), squeezed("82 81 ffffffff0f 04 70696e67"));
}

template <class Protocol>
void test_protocol() {
  test_it_is_what_the_writer_writes_and_the_reader_reads<Protocol>();
  test_it_takes_nothing_that_the_reader_reads_otherwise<Protocol>();
  test_another_name_is_not_taken<Protocol>();
  test_nothing_is_taken_or_looked_at_behind_the_end<Protocol>();
}

}  // namespace

void test_message_head() {
  test_protocol<Binary>();
  test_protocol<Compact>();
  test_the_bytes_are_those_of_the_specifications();
}
