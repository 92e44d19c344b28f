"""What was reported against other Thrift libraries and their kin, each by its number."""

from __future__ import annotations

import io
import time
from typing import Any

import pytest

import fastthrift
from fastthrift.parser.exc import ThriftParserError
from fastthrift.protocol import TBinaryProtocol, TBinaryProtocolFactory, TCompactProtocol, TCompactProtocolFactory
from fastthrift.thrift import TException
from fastthrift.transport import TMemoryBuffer
from fastthrift.utils import deserialize

from .served import robust

BINARY, COMPACT = TBinaryProtocolFactory(), TCompactProtocolFactory()


def refused(data: bytes | str, factory: Any = BINARY) -> TException:
    """The exception, which comes at once."""
    began = time.monotonic()
    with pytest.raises(TException) as caught:
        deserialize(robust.Tree(), bytes.fromhex(data) if isinstance(data, str) else data, factory)
    assert time.monotonic() - began < 1
    return caught.value


def test_cve_2020_13949_and_2026_43868_a_declared_size_allocates_nothing() -> None:
    for data in ("0f0003 0c 7fffffff", "0e0006 04 7fffffff", "0d0004 0b 0a 7fffffff", "0b0002 7fffffff"):
        refused(data)
        refused(data + "00" * 50)
    for data in ("39 fc ffffffff07", "6a f7 ffffffff07", "4b ffffffff07 86", "28 ffffffff07"):
        refused(data, COMPACT)


def test_cve_2015_3254_and_2025_4565_depth_is_bounded_where_fields_are_skipped_and_read() -> None:
    deep = 300_000
    for data in (b"\x0c\0\x61" * deep, b"\x0f\0\x61" + b"\x0f\0\0\0\1" * deep, b"\x0c\0\7" * deep):
        assert isinstance(refused(data), RecursionError)
    assert isinstance(refused(b"\x7c" * deep, COMPACT), RecursionError)
    assert isinstance(refused(b"\x1c" * deep, COMPACT), RecursionError)


def test_cve_2025_4565_a_subclass_has_the_same_bound() -> None:
    class Binary(TBinaryProtocol):
        def read_struct(self, obj: Any) -> Any:
            return super().read_struct(obj)

    class Compact(TCompactProtocol):
        def skip(self, ttype: int) -> None:
            super().skip(ttype)

    for protocol, data in ((Binary, b"\x0c\0\7" * 100_000), (Compact, b"\x7c" * 100_000)):
        with pytest.raises(RecursionError):
            protocol(TMemoryBuffer(data)).read_struct(robust.Tree())


def test_cve_2019_0205_and_2019_3552_types_that_do_not_exist_end_no_loop() -> None:
    for ttype in (0, 1, 5, 7, 9, 19, 32, 127, 128, 200, 255):
        refused(f"0f0061 {ttype:02x} 7fffffff")
        refused(f"0e0061 {ttype:02x} 7fffffff")
        refused(f"0d0061 {ttype:02x} {ttype:02x} 7fffffff")
        if ttype:
            refused(f"{ttype:02x}0061 00000000 00")
    for nibble in (14, 15):
        refused(f"f{nibble:x}00", COMPACT)
        refused(f"19 f{nibble:x} ffffffff07", COMPACT)


def test_cve_2015_2312_elements_of_no_size_count() -> None:
    # A list of 2**28 empty structs would cost four bytes: each takes a byte, its stop.
    refused("0f0061 0c 10000000" + "00" * 64)
    refused("0f0003 0c 10000000" + "00" * 64)
    refused("19 fc 8080808001" + "00" * 64, COMPACT)


def test_cve_2019_11938_and_2021_32765_sizes_whose_product_overflows_are_refused() -> None:
    for size in ("40000000", "20000000", "15555556", "7fffffff", "80000000", "ffffffff"):
        refused(f"0f0003 0c {size}" + "00" * 16)
        for element in ("0c", "0a", "04", "0b"):
            refused(f"0f0061 {element} {size}" + "00" * 16)
        refused(f"0d0061 0a 0a {size}" + "00" * 16)


def test_cve_2021_24028_a_field_of_the_wrong_type_is_skipped_and_freed_once() -> None:
    before = robust.Tree(text="kept", below=[robust.Tree(number=1)])
    data = bytes.fromhex("08 0002 000000010b 0003 00000003 6162630f 0007 0b 00000001 00000001 6100")
    for _ in range(1000):
        deserialize(before, data)
    assert before == robust.Tree(text="kept", below=[robust.Tree(number=1)])


def test_cve_2016_5397_names_and_defaults_of_an_idl_run_no_code() -> None:
    ran: list[int] = []
    fastthrift.robust_ran = ran  # type: ignore[attr-defined]
    attack = "__import__('fastthrift').robust_ran.append(1)"
    module: Any = fastthrift.load_fp(
        io.StringIO(f'const string C = "{attack}"\nstruct S {{ 1: string a = "\\"+{attack}+\\"" }}'), "injected_thrift"
    )
    module.S()
    __import__("inspect").signature(module.S.__init__)
    assert attack in module.S().a
    for text in (f"struct S {{ 1: string a = {attack} }}", f"struct {attack} {{}}", f"const i32 C = {attack}"):
        with pytest.raises(ThriftParserError):
            fastthrift.load_fp(io.StringIO(text), "injected2_thrift")
    assert ran == []


def test_cve_2019_0210_json_that_ends_early_is_refused() -> None:
    protocol = pytest.importorskip("fastthrift.protocol.json")
    transport = TMemoryBuffer()
    protocol.TJSONProtocol(transport).write_struct(robust.Tree(number=1, text="a"))
    whole = transport.getvalue()
    for size in range(len(whole)):
        with pytest.raises(TException):
            protocol.TJSONProtocol(TMemoryBuffer(whole[:size])).read_struct(robust.Tree())


def test_cve_2026_41603_and_2026_43869_a_tls_client_checks_the_host_name_by_default() -> None:
    import ssl

    from fastthrift.transport._ssl import create_thriftpy_context

    context = create_thriftpy_context(server_side=False)
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_cve_2026_41608_and_2026_43868_what_is_inflated_is_bounded_while_it_is() -> None:
    import tracemalloc
    import zlib

    from fastthrift.header import Conversation
    from fastthrift.transport import TZlibTransport

    deflater = zlib.compressobj(9)
    bomb = deflater.compress(bytes(50_000_000)) + deflater.flush(zlib.Z_SYNC_FLUSH)
    head = b"\x0f\xff" + bytes(6) + b"\0\1" + b"\0\1\1\0"
    frame = (len(head) + len(bomb)).to_bytes(4, "big") + head + bomb
    tracemalloc.start()
    try:
        with pytest.raises(TException):
            Conversation(max_frame=1_000_000).receive(TMemoryBuffer(frame).read)
        with pytest.raises(TException):
            TZlibTransport(TMemoryBuffer(bomb), 9, 1_000_000).read(1_000_001)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_cve_2026_55971_the_words_of_a_header_are_checked_against_its_frame() -> None:
    from fastthrift import _core

    for words in (1, 2, 0x7FFF, 0xFFFF):
        with pytest.raises(TException, match="larger than whole frame"):
            _core.read_header_frame(b"\x0f\xff" + bytes(6) + words.to_bytes(2, "big") + b"\0\0\0")


def test_cve_2026_58662_strings_of_a_header_end_within_it() -> None:
    from fastthrift import _core

    for size in (b"\x05", b"\x7f", b"\xff\xff\xff\xff\x0f"):
        info = b"\0\0\1\1" + size + b"abcd"
        info += bytes(-len(info) % 4)
        head = b"\x0f\xff" + bytes(6) + (len(info) // 4).to_bytes(2, "big") + info
        if size != b"\x05":
            with pytest.raises(TException, match="ends in the middle"):
                _core.read_header_frame(head + b"secret")
        else:
            assert _core.read_header_frame(head + b"secret")[4] == [(b"abcd\0", b"")]
