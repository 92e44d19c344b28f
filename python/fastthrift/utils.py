"""Whole structs to bytes and back, and a look at bytes."""

from __future__ import annotations

from fastthrift._core import deserialize, serialize


def hexlify(byte_array: bytes, delimeter: str = " ") -> str:
    """The bytes as pairs of hex digits."""
    return delimeter.join(f"{byte:02x}" for byte in memoryview(byte_array).tobytes())


def hexprint(byte_array: bytes, delimeter: str = " ", count: int = 10) -> None:
    """Prints the bytes as pairs of hex digits, ``count`` in a line."""
    print("Bytes:")
    print(byte_array)
    print("\nHex:")
    for start in range(0, len(byte_array), count):
        print(hexlify(byte_array[start : start + count], delimeter))


def __getattr__(name: str) -> object:
    # What thriftpy2's module has by the way; who asks for them may wait for the import.
    if name == "TMemoryBuffer":
        from fastthrift import transport

        return transport.TMemoryBuffer
    if name in ("TBinaryProtocolFactory", "TProtocolFactory"):
        from fastthrift.protocol import base, binary

        return getattr(base if name == "TProtocolFactory" else binary, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = ["deserialize", "hexlify", "hexprint", "serialize"]
