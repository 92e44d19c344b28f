"""An answer that is none says what it looks like, to programs that read value by value as code of Apache's compiler does."""

from __future__ import annotations

from typing import Any

import pytest

from fastthrift.apache.protocol.TBinaryProtocol import TBinaryProtocol, TBinaryProtocolAccelerated
from fastthrift.apache.protocol.TCompactProtocol import TCompactProtocol
from fastthrift.apache.protocol.TJSONProtocol import TJSONProtocol
from fastthrift.apache.Thrift import TException
from fastthrift.apache.transport.TTransport import TBufferedTransport, TFramedTransport, TMemoryBuffer

PROTOCOLS = [TBinaryProtocol, TBinaryProtocolAccelerated, TCompactProtocol, TJSONProtocol]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("transport", [TBufferedTransport, TFramedTransport, lambda trans: trans])
@pytest.mark.parametrize(
    "data,words",
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "an HTTP response: the server speaks HTTP, use THttpClient"),
        (b"POST / HTTP/1.1\r\n\r\n", "an HTTP request: "),
        (b"\x15\x03\x03\0\2\2\x28", "a TLS alert: "),
        (b"\x16\x03\x01\0\5hello", "a TLS handshake: "),
    ],
)
def test_what_is_no_message_says_what_it_looks_like(protocol: Any, transport: Any, data: bytes, words: str) -> None:
    with pytest.raises(TException) as raised:
        protocol(transport(TMemoryBuffer(data))).readMessageBegin()
    assert str(raised.value).count("; this looks like " + words) == 1
    assert raised.value.message == str(raised.value)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("transport", [TBufferedTransport, TFramedTransport])
def test_what_looks_like_nothing_known_says_nothing(protocol: Any, transport: Any) -> None:
    with pytest.raises(TException) as raised:
        protocol(transport(TMemoryBuffer(b"\x7fELF" + bytes(20)))).readMessageBegin()
    assert "looks like" not in str(raised.value)
