"""A binary message in the compact protocol, as Apache's doc/specs/thrift-compact-protocol.md writes it; none of our codecs."""

from __future__ import annotations

import struct

_FIXED = {3: "b", 4: "d", 6: "h", 8: "i", 10: "q"}
_NIBBLES = {3: 3, 4: 7, 6: 4, 8: 5, 10: 6, 11: 8, 12: 12, 15: 9}


def varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def zigzag(value: int) -> bytes:
    return varint(value << 1 if value >= 0 else (-value << 1) - 1)


def _value(kind: int, data: bytes, at: int) -> tuple[bytes, int]:
    if kind == 11:
        size = struct.unpack_from("!i", data, at)[0]
        return varint(size) + data[at + 4 : at + 4 + size], at + 4 + size
    if kind == 12:
        return _struct(data, at)
    if kind == 15:
        element, count = struct.unpack_from("!bi", data, at)
        head = (
            bytes([count << 4 | _NIBBLES[element]]) if count < 15 else bytes([0xF0 | _NIBBLES[element]]) + varint(count)
        )
        at += 5
        for _ in range(count):
            value, at = _value(element, data, at)
            head += value
        return head, at
    number = struct.unpack_from("!" + _FIXED[kind], data, at)[0]
    at += struct.calcsize("!" + _FIXED[kind])
    if kind == 3:
        return struct.pack("b", number), at
    return (struct.pack("<d", number) if kind == 4 else zigzag(number)), at


def _struct(data: bytes, at: int) -> tuple[bytes, int]:
    out, last = b"", 0
    while kind := data[at]:
        id = struct.unpack_from("!h", data, at + 1)[0]
        at += 3
        if kind == 2:
            nibble, value, at = 1 if data[at] else 2, b"", at + 1
        else:
            nibble = _NIBBLES[kind]
            value, at = _value(kind, data, at)
        delta = id - last
        out += (bytes([delta << 4 | nibble]) if 0 < delta < 16 else bytes([nibble]) + zigzag(id)) + value
        last = id
    return out + b"\0", at + 1


def compacted(message: bytes) -> bytes:
    """Of a whole binary message with a version, nothing else behind it."""
    _, kind, size = struct.unpack_from("!HHi", message)
    at = 8 + size
    sequence_id = struct.unpack_from("!I", message, at)[0]
    body, end = _struct(message, at + 4)
    assert end == len(message)
    return b"\x82" + bytes([kind << 5 | 1]) + varint(sequence_id) + varint(size) + message[8:at] + body


def header_of(message: bytes) -> tuple[bytes, int]:
    """The name and the sequence id of a message that begins with these bytes."""

    def number(at: int) -> tuple[int, int]:
        value = shift = 0
        while True:
            value |= (message[at] & 0x7F) << shift
            shift, at = shift + 7, at + 1
            if message[at - 1] < 0x80:
                return value, at

    assert message[0] == 0x82 and message[1] & 0x1F == 1
    sequence_id, at = number(2)
    size, at = number(at)
    return message[at : at + size], struct.unpack("!i", struct.pack("!I", sequence_id))[0]
