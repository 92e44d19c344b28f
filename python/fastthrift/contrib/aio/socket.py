"""TAsyncSocket: the client's end of a connection of an event loop. The server's is in `server_socket`."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import ssl
import time
import weakref
from typing import TYPE_CHECKING, Any

from fastthrift import defaults
from fastthrift.contrib.aio.server_socket import STREAM_LIMIT, StreamHandler, TAsyncServerSocket
from fastthrift.contrib.aio.timeout import TAsyncTimeout, ended, or_timeout
from fastthrift.contrib.aio.waiting import in_time
from fastthrift.transport import forks
from fastthrift.transport.address import family_of, place
from fastthrift.transport.base import Buffer, TTransportException, seconds
from fastthrift.transport.failures import end_of_file
from fastthrift.transport.socket import MAC_OR_BSD
from fastthrift.transport.sslsocket import (
    DEFAULT_CIPHERS,
    RESTRICTED_SERVER_CIPHERS,
    client_context,
    create_thriftpy_context,
)

if TYPE_CHECKING:
    from fastthrift.contrib.aio.calls import Calls

__all__ = [
    "DEFAULT_CIPHERS",
    "MAC_OR_BSD",
    "RESTRICTED_SERVER_CIPHERS",
    "StreamHandler",
    "TAsyncServerSocket",
    "TAsyncSocket",
    "TAsyncTimeout",
    "TTransportException",
    "create_thriftpy_context",
]

# Bytes that may wait to be sent before a writer is asked to pause.
UNSENT = 1 << 20


class _Writer(asyncio.StreamWriter):
    """Closes its transport when it is dropped, as those of newer Pythons do; not in a forked child, whose loop is the
    parent's."""

    is_parents = False

    def __del__(self) -> None:
        if self.is_parents:
            return
        drop = getattr(super(), "__del__", None)
        if drop is not None:
            drop()
        elif not self.transport.is_closing():
            with contextlib.suppress(RuntimeError):  # its loop is closed
                self.close()


class TAsyncSocket:
    """The client's end of a connection: to ``host`` and ``port``, to the path of a UNIX socket, or over an open ``sock``.

    Timeouts are milliseconds; None or 0 is none. ``connect_timeout`` (without one: ``socket_timeout``) is for connecting,
    the TLS handshake included, ``socket_timeout`` for each call. Any of ``ssl_context``, ``cafile``, ``capath``,
    ``certfile`` and ``keyfile`` means TLS; ``validate=False`` trusts anybody.
    """

    _deadline: float | None = None

    def __init__(
        self,
        host: str | None = None,
        port: Any = None,
        unix_socket: str | None = None,
        sock: Any = None,
        socket_family: int = socket.AF_INET,
        socket_timeout: float | None = 3000,
        connect_timeout: float | None = None,
        ssl_context: ssl.SSLContext | None = None,
        validate: bool = True,
        cafile: Any = None,
        capath: Any = None,
        certfile: Any = None,
        keyfile: Any = None,
        ciphers: str | None = None,
        *,
        check_hostname: bool | None = None,
    ) -> None:
        self.raw_sock: Any = sock
        address = place(host, port, unix_socket) if sock is None else place(None, None, unix_socket)
        self.host, self.port, self.unix_socket = address
        self.socket_family = socket_family
        self.socket_timeout = seconds(socket_timeout)
        self.connect_timeout = self.socket_timeout if connect_timeout is None else seconds(connect_timeout)
        if ssl_context is None and any((cafile, capath, certfile, keyfile)):
            ssl_context = client_context(validate, cafile, capath, certfile, keyfile, ciphers, check_hostname)
        self.ssl_context = ssl_context
        self.server_hostname = (host or "") if ssl_context is not None else None
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._loop: asyncio.AbstractEventLoop | None = None  # in which it was opened
        self._taker: weakref.ref[Calls] | None = None

    @property
    def _calls(self) -> Calls | None:
        """Which have taken over the connection. They are the client's: with it they end, and give the connection back."""
        return None if self._taker is None else self._taker()

    @_calls.setter
    def _calls(self, calls: Calls | None) -> None:
        self._taker = None if calls is None else weakref.ref(calls)

    @property
    def reader(self) -> asyncio.StreamReader | None:
        self._by_hand()
        return self._reader

    @reader.setter
    def reader(self, reader: Any) -> None:
        self._reader = reader

    @property
    def writer(self) -> asyncio.StreamWriter | None:
        self._by_hand()
        return self._writer

    @writer.setter
    def writer(self, writer: Any) -> None:
        self._writer = writer

    def _by_hand(self) -> None:
        """Somebody reads or writes himself: the connection is the streams' again."""
        calls, self._calls = self._calls, None
        if calls is not None:
            calls.give_back()

    def set_handle(self, sock: Any) -> None:
        self.raw_sock = sock

    def set_timeout(self, ms: float | None) -> None:
        """The timeout of connecting and of each call from now on."""
        self.socket_timeout = self.connect_timeout = seconds(ms)

    def begin_call(self) -> None:
        """From here to `end_call` all reads and writes together may take no longer than ``socket_timeout``."""
        self._deadline = None if self.socket_timeout is None else time.monotonic() + self.socket_timeout

    def end_call(self) -> None:
        self._deadline = None

    def _left(self) -> float | None:
        if self._deadline is None:
            return self.socket_timeout
        return max(self._deadline - time.monotonic(), 0)

    def is_open(self) -> bool:
        return self._writer is not None and not self._writer.transport.is_closing()

    def _address(self) -> Any:
        return self.unix_socket or (self.host, self.port)

    def _init_sock(self, family: int | None = None) -> None:
        if self.unix_socket:
            self.raw_sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        else:
            family = family_of(self.host, self.socket_family) if family is None else family
            self.raw_sock = socket.socket(family, socket.SOCK_STREAM)
            self.raw_sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.raw_sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    async def open(self) -> None:
        if self._writer is not None:
            self.close()
        given = self.raw_sock
        try:
            connecting = self._connect() if given is None else self._start(given)
            await in_time(connecting, self.connect_timeout)
        except (OSError, asyncio.TimeoutError, UnicodeError) as error:  # the last for what is no name
            self.close()
            if isinstance(error, asyncio.TimeoutError) and not getattr(error, "errno", None):
                why = f" within {self.connect_timeout:g} s" if self.connect_timeout else " in time"
            else:
                why = f": {getattr(error, 'strerror', None) or error}"
            message = f"Could not connect to {given or self._address()}"
            if not defaults.current.reasons_in_messages:
                why = ""
            raise TTransportException(TTransportException.NOT_OPEN, message + why) from error
        except BaseException:
            self.close()
            raise
        if given is None:
            forks.is_opened(self)

    def leave_to_parent(self) -> None:
        """In a forked child: forgets the connection. Closing it would take it out of the parent's loop as well, which
        would hear nothing from it any more: the selector is one for both.
        """
        calls, self._calls = self._calls, None
        if calls is not None:
            calls.is_over = True
        if isinstance(self._writer, _Writer):
            self._writer.is_parents = True
        self._reader = self._writer = self.raw_sock = None

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        if self.unix_socket:
            self._init_sock()
            self.raw_sock.setblocking(False)
            await loop.sock_connect(self.raw_sock, self.unix_socket)
            return await self._start(self.raw_sock)
        try:
            await self._connect_to(await self._found(self.socket_family))
        except OSError as error:
            # The host may be there for IPv6 only: it has no IPv4 address, or is localhost and refuses.
            may_be_ipv6 = isinstance(error, socket.gaierror) or (
                isinstance(error, ConnectionRefusedError) and self.host == "localhost"
            )
            if self.socket_family != socket.AF_INET or not may_be_ipv6 or not socket.has_ipv6:
                raise
            try:
                found = await self._found(socket.AF_INET6)
            except socket.gaierror:
                raise error from None
            await self._connect_to(found)
        await self._start(self.raw_sock)

    async def _found(self, family: int) -> list[tuple[int, Any]]:
        loop = asyncio.get_running_loop()
        family = family_of(self.host, family)
        found = await loop.getaddrinfo(self.host, self.port, family=family, type=socket.SOCK_STREAM)
        return [(each[0], each[4]) for each in found]

    async def _connect_to(self, addresses: list[tuple[int, Any]]) -> None:
        loop = asyncio.get_running_loop()
        refused: OSError | None = None
        for family, address in addresses:
            self._init_sock(family)
            self.raw_sock.setblocking(False)
            try:
                await loop.sock_connect(self.raw_sock, address)
                return
            except OSError as error:
                self.raw_sock.close()
                self.raw_sock = None
                refused = error
        raise refused or OSError(errno.EADDRNOTAVAIL, "no address was found")

    async def _start(self, sock: Any) -> None:
        loop = asyncio.get_running_loop()
        sock.setblocking(False)
        reader = asyncio.StreamReader(limit=STREAM_LIMIT, loop=loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        is_unix = sock.family == getattr(socket, "AF_UNIX", None)
        create: Any = loop.create_unix_connection if is_unix else loop.create_connection
        transport, _ = await create(
            lambda: protocol, sock=sock, ssl=self.ssl_context, server_hostname=self.server_hostname
        )
        transport.set_write_buffer_limits(high=UNSENT)
        self._loop = loop
        self._reader, self._writer = reader, _Writer(transport, protocol, reader, loop)

    async def read(self, sz: int) -> bytes:
        """At most ``sz`` bytes, what has arrived."""
        reader = self.reader
        if reader is None:
            raise TTransportException(TTransportException.NOT_OPEN, "TAsyncSocket is not open")
        try:
            data = await or_timeout(reader.read(sz), self._left(), self._timed_out("read"))
        except ConnectionError as error:
            if not (MAC_OR_BSD and isinstance(error, ConnectionResetError)):
                raise ended(error) from error
            data = b""  # how these systems report an end of file
        if not data:
            raise end_of_file()
        return data

    def write(self, buff: Buffer) -> None:
        writer = self.writer
        if writer is None or writer.transport.is_closing():
            raise TTransportException(TTransportException.NOT_OPEN, "TAsyncSocket is not open")
        writer.write(buff)

    async def flush(self) -> None:
        writer = self.writer
        if writer is None:
            raise TTransportException(TTransportException.NOT_OPEN, "TAsyncSocket is not open")
        try:
            await or_timeout(writer.drain(), self._left(), self._timed_out("write"))
        except ConnectionError as error:
            raise ended(error) from error

    def _timed_out(self, what: str) -> str:
        limit = f" within {self.socket_timeout:g} s" if self.socket_timeout else ""
        return f"TAsyncSocket: timed out, no {what}{limit}"

    def close(self) -> None:
        """Closes at once; what was written before is still sent."""
        calls, self._calls = self._calls, None
        if calls is not None:
            calls.close()
        sock, self.raw_sock = self.raw_sock, None
        writer, self._writer = self._writer, None
        if writer is not None:
            with contextlib.suppress(RuntimeError):  # its loop is closed
                writer.close()
        elif sock is not None:
            with contextlib.suppress(OSError):
                sock.close()
