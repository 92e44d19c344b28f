"""Stacks that nobody could take for ours, so that every call goes the generic way."""

from __future__ import annotations

from typing import Any

from fastthrift.client import TClient
from fastthrift.processor import TProcessor
from fastthrift.protocol import TBinaryProtocol, TCompactProtocol
from fastthrift.transport import TBufferedTransport, TFramedTransport, TTransportBase


class ForeignTransport(TTransportBase):
    """A transport written in Python, on whatever is below: collects writes, reads exactly what is needed."""

    def __init__(self, trans: Any) -> None:
        self.trans = trans
        self.pending = bytearray()

    def is_open(self) -> bool:
        return bool(self.trans.is_open())

    def open(self) -> None:
        self.trans.open()

    def close(self) -> None:
        self.trans.close()

    def _read(self, sz: int) -> bytes:
        return bytes(self.trans.read(sz))

    def write(self, buf: Any) -> None:
        self.pending += buf

    def flush(self) -> None:
        data, self.pending = bytes(self.pending), bytearray()
        self.trans.write(data)
        self.trans.flush()


class OwnBinary(TBinaryProtocol):
    """A subclass: it may override anything, so nobody goes past its methods."""


class OwnCompact(TCompactProtocol):
    pass


class OwnClient(TClient):
    def _send(self, _api: str, **kwargs: Any) -> None:
        super()._send(_api, **kwargs)

    def _recv(self, _api: str) -> Any:
        return super()._recv(_api)


class OwnProcessor(TProcessor):
    def process(self, iprot: Any, oprot: Any) -> None:
        super().process(iprot, oprot)


class Factory:
    """get_transport and get_protocol of a class."""

    def __init__(self, cls: type) -> None:
        self.cls = cls

    def get_transport(self, trans: Any) -> Any:
        return self.cls(trans)

    get_protocol = get_transport


class OwnBuffered(TBufferedTransport):
    def read(self, sz: int, /) -> bytes:
        return super().read(sz)


class OwnFramed(TFramedTransport):
    def write(self, buf: Any, /) -> None:
        super().write(buf)
