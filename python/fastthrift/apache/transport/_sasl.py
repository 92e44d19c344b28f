"""SASL over a transport: negotiation, then framed and, where a quality of protection asks for it, wrapped messages."""

from __future__ import annotations

import functools
import importlib
import struct
from io import BytesIO
from typing import Any

from fastthrift.apache.transport._base import (
    DEFAULT_MAX_FRAME_SIZE,
    DEFAULT_MAX_SASL_NEGOTIATION_SIZE,
    Collecting,
    CReadableTransport,
    TTransportBase,
    TTransportException,
)
from fastthrift.transport.call_deadline import deadline

_HEAD = struct.Struct(">BI")
_LENGTH = struct.Struct(">I")
# No mechanism needs more: a server that goes on asking is none.
_MOST_CHALLENGES = 100


class TSaslClientTransport(TTransportBase, CReadableTransport, Collecting):
    """The client's side, over the package ``pure-sasl``; ``sasl_kwargs`` are those of its SASLClient."""

    START = 1
    OK = 2
    BAD = 3
    ERROR = 4
    COMPLETE = 5

    def __init__(
        self,
        transport: Any,
        host: str,
        service: str,
        mechanism: str = "GSSAPI",
        max_negotiation_size: int = DEFAULT_MAX_SASL_NEGOTIATION_SIZE,
        max_frame_size: int = DEFAULT_MAX_FRAME_SIZE,
        **sasl_kwargs: Any,
    ) -> None:
        client: Any = importlib.import_module("puresasl.client")
        self.transport = transport
        self._make_sasl = functools.partial(client.SASLClient, host, service, mechanism, **sasl_kwargs)
        self._is_disposed = False
        self.sasl = self._make_sasl()
        self._max_negotiation_size = max_negotiation_size
        self._max_frame_size = max_frame_size
        self.__wbuf = BytesIO()
        self.__rbuf = BytesIO(b"")

    @property
    def below_(self) -> Any:
        return self.transport

    def isOpen(self) -> bool:
        is_open: bool = self.transport.isOpen() and bool(self.sasl)
        return is_open

    def open(self) -> None:
        if not self.transport.isOpen():
            self.transport.open()
        if self._is_disposed:
            self.sasl = self._make_sasl()
            self._is_disposed = False
        self.__rbuf = BytesIO(b"")
        try:
            with deadline(self.transport, False):
                self._negotiate()
        except BaseException:
            self._is_disposed = True  # half a negotiation is of no use to the next connection
            self.transport.close()
            raise

    def _negotiate(self) -> None:
        self.send_sasl_msg(self.START, self.sasl.mechanism.encode("ascii"))
        self.send_sasl_msg(self.OK, self.sasl.process() or b"")
        for _ in range(_MOST_CHALLENGES):
            status, challenge = self.recv_sasl_msg()
            if status == self.OK:
                self.send_sasl_msg(self.OK, self.sasl.process(challenge) or b"")
            elif status == self.COMPLETE:
                if not self.sasl.complete:
                    raise TTransportException(
                        TTransportException.NOT_OPEN,
                        "The server erroneously indicated that SASL negotiation was complete",
                    )
                return
            else:
                raise TTransportException(
                    TTransportException.NOT_OPEN, f"Bad SASL negotiation status: {status} ({challenge!r})"
                )
        raise TTransportException(
            TTransportException.NOT_OPEN, f"SASL negotiation is not complete after {_MOST_CHALLENGES} challenges"
        )

    def send_sasl_msg(self, status: int, body: bytes) -> None:
        self.transport.write(_HEAD.pack(status, len(body)) + body)
        self.transport.flush()

    def recv_sasl_msg(self) -> tuple[int, bytes]:
        status, length = _HEAD.unpack(self.transport.readAll(5))
        if length > self._max_negotiation_size:
            raise TTransportException(
                TTransportException.SIZE_LIMIT,
                f"SASL negotiation payload ({length}) larger than the maximum ({self._max_negotiation_size})",
            )
        return status, self.transport.readAll(length) if length else b""

    def _written(self) -> BytesIO:
        return self.__wbuf

    def write(self, data: bytes) -> None:
        self.__wbuf.write(data)

    def flush(self) -> None:
        data, self.__wbuf = self.__wbuf.getvalue(), BytesIO()
        encoded = self.sasl.wrap(data)
        self.transport.write(_LENGTH.pack(len(encoded)) + encoded)
        self.transport.flush()

    def read(self, sz: int) -> bytes:
        found = self.__rbuf.read(sz)
        if found or sz <= 0:
            return found
        self._read_frame()
        return self.__rbuf.read(sz)

    def _read_frame(self) -> None:
        (length,) = _LENGTH.unpack(self.transport.readAll(4))
        if length > self._max_frame_size:
            raise TTransportException(
                TTransportException.SIZE_LIMIT,
                f"Frame size ({length}) larger than the maximum ({self._max_frame_size})",
            )
        self.__rbuf = BytesIO(self.sasl.unwrap(self.transport.readAll(length)))

    def close(self) -> None:
        self.sasl.dispose()
        self._is_disposed = True
        self.transport.close()

    @property
    def cstringio_buf(self) -> BytesIO:
        return self.__rbuf

    def cstringio_refill(self, prefix: bytes, reqlen: int) -> BytesIO:
        while len(prefix) < reqlen:
            self._read_frame()
            prefix += self.__rbuf.getvalue()
        self.__rbuf = BytesIO(prefix)
        return self.__rbuf
