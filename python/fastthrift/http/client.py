"""THttpClient: each flush is a POST of what was written, and `read` gives the body of its answer."""

from __future__ import annotations

import logging
import os
import re
import socket
import ssl
import sys
import time
import urllib.parse
from http.client import HTTPException, HTTPResponse, IncompleteRead, RemoteDisconnected
from typing import Any, Callable

from fastthrift.http.answer import also, begin, body_of, check_framing, check_is_message
from fastthrift.http.posting import ONEWAY_ANSWER_MS, PORTS, Posting
from fastthrift.http.wire import DeadlineSocket
from fastthrift.thrift import TTransportTimeout
from fastthrift.transport.base import TTransportBase, TTransportException

logger = logging.getLogger("fastthrift.client")

DEFAULT_HTTP_CLIENT_TIMEOUT_MS = 30_000

_IN_A_PATH = "/%:?@!$&'()*+,;=-._~[]"  # of RFC 3986: everything else is escaped


class THttpHeaderFactory:
    """Gives the headers of each request; subclasses override `get_headers`."""

    def __init__(self, headers: dict[str, str] | None = None) -> None:
        self._headers = headers

    def get_headers(self) -> dict[str, str]:
        return self._headers if self._headers else {}


class THttpClient(Posting, TTransportBase):
    """Sends messages by POST to ``uri``. ``timeout``: milliseconds for a request and its answer together, None for ever.

    Nothing is connected before the first flush. With ``keep_alive`` the connection serves the next requests too; one that
    the server has closed meanwhile is replaced. A request that may have reached the server is never sent again.
    After a flush `code`, `message`, `headers` and `response` are those of the answer.
    """

    def __init__(
        self,
        uri: str,
        timeout: float | None = None,
        ssl_context_factory: Callable[[], ssl.SSLContext] | None = None,
        http_header_factory: THttpHeaderFactory | None = None,
        keep_alive: bool = False,
    ) -> None:
        super().__init__(uri, timeout, http_header_factory or THttpHeaderFactory())
        self.code: int | None = None
        self.message: Any = None
        self.headers: list[tuple[str, str]] | None = None
        self.response: HTTPResponse | None = None
        self._target = urllib.parse.quote(self.path, safe=_IN_A_PATH).encode("ascii")
        self._host_field = _host_field(self.scheme, self.host, self.port)
        self._ssl_context_factory = ssl_context_factory
        self._ssl_context: ssl.SSLContext | None = None
        self._keep_alive = keep_alive
        self._connection: DeadlineSocket | None = None
        self._is_open = False
        self._body = b""
        self._read_at = 0

    def open(self) -> None:
        self._is_open = True

    def close(self) -> None:
        self._is_open = False
        self._disconnect()
        self.clean()

    def clean(self) -> None:
        """Forgets what was written and not flushed, and what was not read of the last answer."""
        self._written.clear()
        self._body, self._read_at = b"", 0

    def isOpen(self) -> bool:
        return self._is_open

    def is_open(self) -> bool:
        return self._is_open

    def setTimeout(self, ms: float | None) -> None:
        self.set_timeout(ms)

    def setCustomHeaders(self, headers: dict[str, str]) -> None:
        """From now on these headers, and not those of the factory."""
        self._http_header_factory = THttpHeaderFactory(headers)

    def set_custom_headers(self, headers: dict[str, str]) -> None:
        self.setCustomHeaders(headers)

    def _read(self, sz: int) -> bytes:
        piece = self._body[self._read_at : self._read_at + sz]
        self._read_at += len(piece)
        return piece

    def read(self, sz: int) -> bytes:
        """At most ``sz`` bytes of the answer, none at its end."""
        return self._read(sz)

    def flush(self) -> None:
        """Sends what was written and waits for the answer; a status other than 2xx is a `TTransportException`."""
        message = b"".join(self._written)
        self.clean()
        head = self._head(len(message))
        self._is_open = True
        deadline = self._call_deadline if self._call_deadline is not None else self._deadline()
        connection = self._send(head + message, deadline)
        self._connection = None  # unless the exchange ends well
        try:
            if self._receive(connection, deadline) and self._keep_alive:
                self._connection = connection
        finally:
            if self._connection is None:
                connection.close()

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _fields(self) -> dict[str, str]:
        """The headers that are sent unless the factory gives others."""
        fields = {
            "Host": self._host_field,
            "Accept": "application/x-thrift",
            "Accept-Encoding": "identity",
            "Content-Type": "application/x-thrift",
            "User-Agent": f"Python/THttpClient ({os.path.basename(sys.argv[0]) if sys.argv else ''})",
        }
        if not self._keep_alive:
            fields["Connection"] = "close"
        fields["User-Agent"] = re.sub(r"[^\x20-\x7e]", "?", fields["User-Agent"])
        return fields

    def _head(self, length: int) -> bytes:
        fields = self._with_users(self._fields())
        lines = [f"{name}: {value}" for name, value in fields.items()]
        lines.append(f"Content-Length: {length}")
        return b"POST %b HTTP/1.1\r\n%b\r\n\r\n" % (self._target, "\r\n".join(lines).encode("latin-1"))

    def _send(self, request: bytes, deadline: float | None) -> DeadlineSocket:
        """The connection on which the whole request has been sent."""
        kept, self._connection = self._connection, None
        if kept is not None:
            if kept.is_stale():
                kept.close()
            else:
                kept.set_deadline(deadline)
                try:
                    kept.sendall(request)
                    return kept
                except socket.timeout as error:
                    kept.close()
                    raise self._timed_out("the request was not taken") from error
                except OSError:
                    # The server closed it just now. The end of the request did not leave, so nobody can have run it.
                    kept.close()
        connection = self._connect(deadline)
        connection.set_deadline(deadline)
        try:
            connection.sendall(request)
        except socket.timeout as error:
            connection.close()
            raise self._timed_out("the request was not taken") from error
        except (BrokenPipeError, ConnectionResetError):
            # It may have refused before it had read all of a long request, and said why.
            pass
        except BaseException:
            connection.close()
            raise
        return connection

    def _tls_context(self) -> ssl.SSLContext | None:
        if self.scheme == "https" and self._ssl_context is None:
            self._ssl_context = (self._ssl_context_factory or ssl.create_default_context)()
        return self._ssl_context

    def _open_connection(self, deadline: float | None) -> DeadlineSocket:
        return DeadlineSocket.connect(self.host, self.port, self._tls_context(), deadline)

    def _takes(self, response: HTTPResponse) -> bool:
        """Whether its body is a message."""
        return 200 <= response.status < 300  # collectors of traces say 202 to what they need not answer

    def _connect(self, deadline: float | None) -> DeadlineSocket:
        try:
            return self._open_connection(deadline)
        except socket.timeout as error:
            raise self._timed_out("no connection") from error
        except UnicodeError as error:
            raise TTransportException(
                TTransportException.NOT_OPEN, f"Could not connect to {self.host}:{self.port}: {error}"
            ) from error
        except OSError as error:
            why = error.strerror or str(error)
            raise also(
                error, TTransportException.NOT_OPEN, f"Could not connect to {self.host}:{self.port}: {why}"
            ) from error

    def _receive(self, connection: DeadlineSocket, deadline: float | None) -> bool:
        """Reads the answer; whether the connection can serve another request."""
        if self._is_oneway:
            soon = time.monotonic() + ONEWAY_ANSWER_MS / 1000
            deadline = soon if deadline is None else min(soon, deadline)
            connection.set_deadline(deadline)
        # It knows how to read an answer, but not when to stop: the deadline is the connection's.
        response = HTTPResponse(connection, method="POST")  # type: ignore[arg-type]
        try:
            begin(response)
            self.response = response
            self.code = response.status
            self.message = response.msg
            self.headers = response.getheaders()
            if not self._takes(response):
                raise TTransportException(
                    TTransportException.UNKNOWN,
                    f"HTTP request failed with status {response.status:d}: {response.reason}",
                )
            check_framing(response)
            if self._is_oneway and response.length is None:
                return False  # nobody waits for the end of what nobody reads
            self._body = body_of(response)
            check_is_message(response.msg.get_content_type(), self._body)
        except socket.timeout as error:
            if self._is_oneway:
                logger.debug("%s did not answer a oneway", self._host_field)
                return False
            raise self._timed_out("no answer") from error
        except HTTPException as error:
            if isinstance(error, RemoteDisconnected):
                text = f"{self._host_field} closed the connection without an answer"
                raise also(error, TTransportException.END_OF_FILE, text) from error
            text = f"no HTTP answer from {self._host_field}: {type(error).__name__} {error}"
            is_cut_off = isinstance(error, IncompleteRead)
            kind = TTransportException.END_OF_FILE if is_cut_off else TTransportException.UNKNOWN
            raise also(error, kind, text) from error
        except ValueError as error:  # from http.client: a chunk of less than nothing
            raise TTransportException(
                TTransportException.UNKNOWN, f"no HTTP answer from {self._host_field}: {error}"
            ) from error
        except OSError as error:
            text = f"the connection to {self._host_field} failed: {error}"
            raise also(error, TTransportException.END_OF_FILE, text) from error
        finally:
            response.close()
        return not response.will_close and not connection.has_stray_bytes

    def _timed_out(self, what: str) -> TTransportTimeout:
        limit = f" within {self._timeout:g} s" if self._timeout else ""
        return TTransportTimeout(TTransportException.TIMED_OUT, f"THttpClient: timed out, {what}{limit}")


def _host_field(scheme: str, host: str, port: int) -> str:
    name = f"[{host}]" if ":" in host else host
    if not name.isascii():
        name = name.encode("idna").decode("ascii")
    return name if port == PORTS[scheme] else f"{name}:{port}"
