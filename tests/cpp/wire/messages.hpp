#pragma once

#include <cstdint>
#include <string_view>

// Whole messages and structs in both protocols. From the vectors of Apache Thrift 0.25.0 (Python, pure and
// accelerated agree) and of thriftpy2 0.7.1.
namespace fastthrift::test {

// A struct with a field of every type.
inline constexpr std::string_view every_type_binary =
    "080001000000050b00020000000468c3a9790f000306000000020001fffe020004010d00050b0800000001000000016b00000007"
    "0b00060000000200ff0400073ff80000000000000a00080000010000000000030009fd0e000a0800000001000000090c000b0800"
    "010000012c0010000c00112233445566778899aabbccddeeff02001400080024ffffffff0f00250200000002010000";
inline constexpr std::string_view every_type_compact =
    "150a180468c3a97919240203111b0185016b0e180200ff17000000000000f83f1680808080804013fd1a15121c15d804001d0011"
    "2233445566778899aabbccddeeff820548011921010200";

struct TestMessage {
  const char* what;
  std::string_view name;
  int type;
  std::int32_t sequence_id;
  std::string_view binary;
  std::string_view compact;
  std::string_view binary_body;  // what follows the header
  std::string_view compact_body;
};

inline constexpr TestMessage messages[] = {
    {"call add(1, -2)", "add", 1, 0, "80010001 00000003 616464 00000000", "8221 00 03 616464",
     "08000100000001 080002fffffffe 00", "1502 1503 00"},
    {"call nop()", "nop", 1, 0, "80010001 00000003 6e6f70 00000000", "8221 00 03 6e6f70", "00", "00"},
    {"reply 6", "add", 2, 0, "80010002 00000003 616464 00000000", "8241 00 03 616464", "08000000000006 00",
     "05 00 0c 00"},
    {"declared exception", "add", 2, 0, "80010002 00000003 616464 00000000", "8241 00 03 616464",
     "0c0001 08000100000007 00 00", "1c 15 0e 00 00"},
    {"undeclared exception", "add", 3, 0, "80010003 00000003 616464 00000000", "8261 00 03 616464",
     "0b0001 0000000e 496e7465726e616c206572726f72 080002 00000006 00",
     "18 0e 496e7465726e616c206572726f72 15 0c 00"},
    {"oneway", "a", 4, 7, "80010004 00000001 61 00000007", "8281 07 01 61", "00", "00"},
    {"sequence id -1", "a", 1, -1, "80010001 00000001 61 ffffffff", "8221 ffffffff0f 01 61", "00", "00"},
    {"sequence id 5", "n", 1, 5, "80010001 00000001 6e 00000005", "8221 05 01 6e", "00", "00"},
    {"big sequence id", "foo", 3, 0x12345678, "80010003 00000003 666f6f 12345678",
     "8261 f8acd19101 03 666f6f", "080002 00000001 00", "25 02 00"},
};

}  // namespace fastthrift::test
