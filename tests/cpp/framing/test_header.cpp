#include "framing/header.hpp"

#include <boost/core/lightweight_test.hpp>
#include <string>

#include "../hex.hpp"
#include "base/errors.hpp"

using namespace fastthrift;
using namespace fastthrift::framing;
using test::from_hex;
using Bad = ProtocolError::Kind;

namespace {

// The frames that Apache's Python 0.25 writes, without their size: add(1, -2), sequence id 0.
const char* const binary_message = "80010001 00000003 616464 00000000 08000100000001 080002fffffffe 00";
const char* const compact_message = "8221 00 03 616464 1502 1503 00";

struct Vector {
  const char* what;
  std::string frame;
  Header header;
  std::string payload;
};

std::vector<Vector> vectors() {
  return {
      {"binary", std::string("0fff 0000 00000000 0001 00 00 0000") + binary_message, {}, binary_message},
      {"compact",
       std::string("0fff 0000 00000000 0001 02 00 0000") + compact_message,
       {0, 0, Header::compact, {}, {}},
       compact_message},
      {"one pair",
       std::string("0fff 0000 00000000 0003 00 00 01 01 01 6b 02 7631 000000") + binary_message,
       {0, 0, Header::binary, {}, {{"k", "v1"}}},
       binary_message},
      {"zlib",
       "0fff 0000 00000000 0001 00 01 01 00 "
       "789c6b606460646060604e4c4901520c1c601e230703d3ffffffff31000036bf05be",
       {0, 0, Header::binary, {Header::zlib}, {}},
       "789c6b606460646060604e4c4901520c1c601e230703d3ffffffff31000036bf05be"},
      {"flags, a negative sequence id, an empty payload",
       "0fff abcd fffffffe 0001 02 00 0000",
       {0xabcd, -2, Header::compact, {}, {}},
       ""},
      {"keys and values that are empty or no text",
       "0fff 0000 00000007 0003 00 00 01 02 00 00 02 00ff 01 0a 00",
       {0, 7, Header::binary, {}, {{"", ""}, {std::string("\0\xff", 2), "\n"}}},
       ""},
  };
}

bool equal(const Header& one, const Header& other) {
  return one.flags == other.flags && one.sequence_id == other.sequence_id && one.protocol == other.protocol &&
         one.transforms == other.transforms && one.info == other.info;
}

void test_apaches_frames_are_read() {
  for (const Vector& row : vectors()) {
    const auto frame = from_hex(row.frame);
    const HeaderFrame read = read_header_frame(frame);
    if (!BOOST_TEST(equal(read.header, row.header))) BOOST_LIGHTWEIGHT_TEST_OSTREAM << row.what << '\n';
    BOOST_TEST_EQ(test::to_hex(read.payload), test::squeezed(row.payload));
  }
}

void test_apaches_frames_are_written() {
  for (const Vector& row : vectors()) {
    Buffer out;
    out.append(std::string_view("before"));
    const std::size_t start = begin_header_frame(out, row.header);
    BOOST_TEST_EQ(start, 6u);
    out.append(Bytes(from_hex(row.payload)));
    end_header_frame(out, start, {});
    const auto frame = from_hex(row.frame);
    BOOST_TEST_EQ(load_big_endian<std::uint32_t>(out.data() + start), frame.size());
    if (!BOOST_TEST_EQ(test::to_hex(out.bytes().subspan(start + 4)), test::squeezed(row.frame))) {
      BOOST_LIGHTWEIGHT_TEST_OSTREAM << row.what << '\n';
    }
  }
}

void test_padding_is_zeros_up_to_four_bytes() {
  for (std::size_t size = 0; size < 9; ++size) {
    Buffer out;
    Header header;
    header.info = {{std::string(size, 'k'), "v"}};
    begin_header_frame(out, header);
    const std::size_t words = load_big_endian<std::uint16_t>(out.data() + 12);
    BOOST_TEST_EQ(out.size(), 14 + words * 4);
    for (std::size_t i = 14 + 2 + 2 + 1 + size + 2; i < out.size(); ++i) BOOST_TEST_EQ(out.data()[i], 0);
    BOOST_TEST(read_header_frame(out.bytes().subspan(4)).header.info == header.info);
  }
}

void test_what_is_read_leniently() {
  struct Lenient {
    const char* what;
    const char* frame;
    std::size_t pairs;
  };
  const Lenient table[] = {
      {"no padding", "0fff 0000 00000000 0001 00 00 01 00", 0},
      {"padding in front of a block", "0fff 0000 00000000 0002 00 00 00 01 01 00 00 00", 1},
      {"two blocks of pairs", "0fff 0000 00000000 0003 00 00 01 01 01 61 00 01 01 01 62 00", 2},
      {"an unknown block ends the header", "0fff 0000 00000000 0003 00 00 01 01 01 61 00 09 ff ff ff ff", 1},
      {"fbthrift's persistent block", "0fff 0000 00000000 0002 00 00 02 01 01 61 01 62", 0},
      {"words of nothing but zeros", "0fff 0000 00000000 0003 00 00 0000 00000000 00000000", 0},
  };
  for (const Lenient& row : table) {
    if (!BOOST_TEST_EQ(read_header_frame(from_hex(row.frame)).header.info.size(), row.pairs))
      BOOST_LIGHTWEIGHT_TEST_OSTREAM << row.what << '\n';
  }
}

void test_unknown_numbers_are_the_callers_business() {
  const Header header = read_header_frame(from_hex("0fff 0000 00000000 0002 ff 01 02 03 85 01 00 00")).header;
  BOOST_TEST_EQ(header.protocol, 255u);
  BOOST_TEST_EQ(header.transforms.size(), 2u);
}

struct Refused {
  const char* what;
  std::string frame;
  Bad kind;
  const char* text;
};

void test_bytes_that_are_no_header_are_refused() {
  const std::string start = "0fff 0000 00000000 ";
  const Refused table[] = {
      {"nothing", "", Bad::invalid_data, "too short"},
      {"nine bytes", "0fff 0000 00000000 00", Bad::invalid_data, "too short"},
      {"another magic", "0ffe 0000 00000000 0001 00000000", Bad::bad_version, "0x0fff"},
      {"no words", start + "0000", Bad::invalid_data, "ends in the middle"},
      {"no words before a payload", start + "0000 00 00", Bad::invalid_data, "ends in the middle"},
      {"one word more than there is", start + "0002 00 00 0000", Bad::size_limit,
       "Header size is larger than whole frame: 8 of 4 bytes"},
      {"65535 words", start + "ffff 00 00 0000", Bad::size_limit, "262140 of 4 bytes"},
      {"a varint without an end", start + "0001 80808080", Bad::invalid_data, "ends in the middle"},
      {"a varint of six bytes", start + "0002 ffffffffff 01 0000", Bad::invalid_data, "Variable-length"},
      {"a varint of 33 bits", start + "0002 ffffffff1f 00 0000", Bad::invalid_data, "Variable-length"},
      {"five transforms", start + "0002 00 05 0101010101 00", Bad::size_limit, "5 transforms"},
      {"2^32-1 transforms", start + "0002 00 ffffffff0f 0000", Bad::size_limit, "4294967295 transforms"},
      {"a transform that is not there", start + "0001 00 03 0101", Bad::invalid_data, "ends in the middle"},
      {"101 pairs", start + "0001 00 00 01 65", Bad::size_limit, "more than 100 pairs"},
      {"2^32-1 pairs", start + "0002 00 00 01 ffffffff0f", Bad::size_limit, "more than 100 pairs"},
      {"pairs that are not there", start + "0001 00 00 01 01", Bad::invalid_data, "ends in the middle"},
      {"a key beyond the header", start + "0002 00 00 01 01 04 61 62 63", Bad::invalid_data,
       "ends in the middle"},
      {"a key of 2^32-1 bytes", start + "0003 00 00 01 01 ffffffff0f 00 00 00", Bad::invalid_data,
       "ends in the middle"},
      {"a value beyond the header, within the frame", start + "0002 00 00 01 01 01 61 05 62 6364656667",
       Bad::invalid_data, "ends in the middle"},
  };
  for (const Refused& row : table) {
    try {
      read_header_frame(from_hex(row.frame));
      BOOST_ERROR(row.what);
    } catch (const ProtocolError& error) {
      if (!BOOST_TEST_EQ(static_cast<int>(error.kind()), static_cast<int>(row.kind)) ||
          !BOOST_TEST(std::string(error.what()).find(row.text) != std::string::npos)) {
        BOOST_LIGHTWEIGHT_TEST_OSTREAM << row.what << ": " << error.what() << '\n';
      }
    }
  }
}

void test_every_cut_of_a_frame_is_refused_or_a_shorter_payload() {
  for (const Vector& row : vectors()) {
    const auto frame = from_hex(row.frame);
    const std::size_t payload = frame.size() - from_hex(row.payload).size();
    for (std::size_t size = 0; size < frame.size(); ++size) {
      const std::vector<std::uint8_t> cut(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(size));
      if (size < payload) {
        BOOST_TEST_THROWS(read_header_frame(cut), ProtocolError);
      } else {
        BOOST_TEST_EQ(read_header_frame(cut).payload.size(), size - payload);
      }
    }
  }
}

void test_info_is_limited_in_both_directions() {
  const std::string half(most_header_bytes / 2, 'x');
  Header most;
  most.info = {{"", half}, {half, ""}};
  Buffer out;
  begin_header_frame(out, most);
  BOOST_TEST(read_header_frame(out.bytes().subspan(4)).header.info == most.info);

  Header too_long = most, too_many;
  too_long.info.emplace_back("k", "");
  too_many.info.assign(most_header_pairs + 1, {"k", "v"});
  for (const Header& header : {too_long, too_many}) {
    const std::size_t before = out.size();
    BOOST_TEST_THROWS(begin_header_frame(out, header), ProtocolError);
    BOOST_TEST_EQ(out.size(), before);
  }
  // As a peer without limits would write it.
  auto sent = from_hex("0fff 0000 00000000 4004 00 00 01 02");
  for (int i = 0; i < 2; ++i) {
    for (std::uint8_t byte : {0x80, 0x80, 0x02}) sent.push_back(byte);  // 32768
    sent.insert(sent.end(), half.begin(), half.end());
    sent.push_back(1);
    sent.push_back('v');
  }
  sent.resize(10 + 4 * 0x4004);
  try {
    read_header_frame(sent);
    BOOST_ERROR("65538 bytes of info passed");
  } catch (const ProtocolError& error) {
    BOOST_TEST_EQ(static_cast<int>(error.kind()), static_cast<int>(Bad::size_limit));
  }
}

void test_frame_over_the_limit_is_not_written() {
  Limits limits;
  limits.frame = 20;
  Buffer out;
  std::size_t start = begin_header_frame(out, {});
  out.append(std::string_view("sixbyt"));
  end_header_frame(out, start, limits);
  start = begin_header_frame(out, {});
  out.append(std::string_view("sevenby"));
  BOOST_TEST_THROWS(end_header_frame(out, start, limits), TransportError);
  limits.frame = limits.message = Limits::no_limit;
  BOOST_TEST_EQ(most_header_frame(limits), 0x3fffffffu);
}

}  // namespace

void test_header() {
  test_apaches_frames_are_read();
  test_apaches_frames_are_written();
  test_padding_is_zeros_up_to_four_bytes();
  test_what_is_read_leniently();
  test_unknown_numbers_are_the_callers_business();
  test_bytes_that_are_no_header_are_refused();
  test_every_cut_of_a_frame_is_refused_or_a_shorter_payload();
  test_info_is_limited_in_both_directions();
  test_frame_over_the_limit_is_not_written();
}
