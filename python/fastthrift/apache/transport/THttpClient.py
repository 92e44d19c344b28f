"""Thrift over HTTP: each flush is a POST of what was written, and `read` gives the body of its answer."""

from __future__ import annotations

import base64
import re
import ssl
import urllib.parse
import urllib.request
import warnings
from collections.abc import Mapping
from http.client import HTTPMessage, HTTPResponse
from http.cookies import CookieError, SimpleCookie
from io import BytesIO
from typing import Any, Optional

from fastthrift.apache.failures import raises_apaches
from fastthrift.apache.transport.TTransport import Collecting, TTransportBase, TTransportException
from fastthrift.http import client as http_client
from fastthrift.http.posting import check_headers
from fastthrift.http.wire import DeadlineSocket
from fastthrift.transport.base import TTransportException as TransportBelow

__all__ = ["THttpClient"]

# How a oneway begins: strict binary, compact, JSON.
_ONEWAY = re.compile(rb'\x80\x01\x00\x04|\x82\x81|\[1,"[^"\\]{1,1024}",4,')

# What a proxy may say before the tunnel is there.
_MOST_PROXY_HEAD = 64 * 1024


class _Proxy:
    """Where it is, and what it wants to know who asks."""

    def __init__(self, url: str) -> None:
        parsed = urllib.parse.urlsplit(url if "//" in url else "//" + url)
        if not parsed.hostname:
            raise ValueError(f"a proxy without a host: {url!r}")
        self.host: str = parsed.hostname
        self.port: int = parsed.port or 80
        self.authorization = THttpClient.basic_proxy_auth_header(parsed)


def _proxy_for(scheme: str, host: str) -> Optional[_Proxy]:
    """As the environment says."""
    if urllib.request.proxy_bypass(host):
        return None
    url = urllib.request.getproxies().get(scheme)
    return _Proxy(url) if url else None


class _Posts(http_client.THttpClient):
    """Requests and answers; the connection is kept for the next ones."""

    def __init__(self, uri: str, context: Optional[ssl.SSLContext], proxy: Optional[_Proxy]) -> None:
        super().__init__(uri, None, (lambda: context) if context is not None else None, keep_alive=True)
        self.proxy = proxy
        self.cookies: dict[str, str] = {}
        self.reason = ""
        if proxy is not None and self.scheme == "http":
            self._target = f"http://{self._host_field}".encode("ascii") + self._target

    def _fields(self) -> dict[str, str]:
        fields = super()._fields()
        if self.cookies:
            fields["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if self.proxy is not None and self.proxy.authorization and self.scheme == "http":
            fields["Proxy-Authorization"] = self.proxy.authorization
        return fields

    def flush(self) -> None:
        # Whoever writes messages does not say what they are; of a frame the length comes first.
        written = b"".join(self._written)
        if not _ONEWAY.match(written) and not _ONEWAY.match(written, 4):
            return super().flush()
        self.begin_oneway()
        try:
            super().flush()
        finally:
            self.end_call()

    def _takes(self, response: HTTPResponse) -> bool:
        self.reason = response.reason
        for cookie in response.msg.get_all("Set-Cookie", []):
            self._keep(cookie)
        # Some servers answer exceptions with another status; a message is a message.
        return super()._takes(response) or response.msg.get_content_type() == "application/x-thrift"

    def _keep(self, text: str) -> None:
        try:
            found = SimpleCookie(text)
        except CookieError:
            return
        for name, morsel in found.items():
            if morsel["max-age"] == "0":
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = morsel.coded_value

    def _open_connection(self, deadline: Optional[float]) -> DeadlineSocket:
        if self.proxy is None:
            return super()._open_connection(deadline)
        context = self._tls_context()
        if context is None:
            return DeadlineSocket.connect(self.proxy.host, self.proxy.port, None, deadline)
        tunnel = DeadlineSocket.connect(self.proxy.host, self.proxy.port, None, deadline)
        try:
            self._dig(tunnel, deadline)
            return tunnel.secured(context, self.host, deadline)
        except BaseException:
            tunnel.close()
            raise

    def _dig(self, tunnel: DeadlineSocket, deadline: Optional[float]) -> None:
        """Has the proxy connect to the server."""
        assert self.proxy is not None
        name = f"[{self.host}]" if ":" in self.host else self.host
        lines = [f"CONNECT {name}:{self.port} HTTP/1.1", f"Host: {name}:{self.port}"]
        if self.proxy.authorization:
            lines.append(f"Proxy-Authorization: {self.proxy.authorization}")
        tunnel.set_deadline(deadline)
        tunnel.sendall("\r\n".join([*lines, "", ""]).encode("idna" if not name.isascii() else "ascii"))
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            # What comes behind the head belongs to the tunnel.
            byte = bytearray(1)
            if not tunnel.recv_into(byte) or len(head) > _MOST_PROXY_HEAD:
                raise OSError("the proxy gave no answer")
            head += byte
        status = head.split(b"\r\n", 1)[0].split(b" ", 2)
        if len(status) < 2 or status[1] != b"200":
            raise OSError(f"the proxy refused: {b' '.join(status[1:]).decode('latin-1')}")


class THttpClient(TTransportBase, Collecting):
    """Posts messages to ``uri_or_host``, a URL. The old form with a host, ``port`` and ``path`` is deprecated.

    ``cafile`` has the authorities to trust (default: the system's), ``cert_file`` and ``key_file`` the client's own
    certificate; a ready ``ssl_context`` is used as it is. Proxies are those of the environment. After a flush `code`,
    `message` and `headers` are those of the answer. The connection is kept for the next message.
    """

    # A flush connects where nothing is connected.
    opens_for_each_call = True

    def __init__(
        self,
        uri_or_host: str,
        port: Optional[int] = None,
        path: Optional[str] = None,
        cafile: Optional[str] = None,
        cert_file: Optional[str] = None,
        key_file: Optional[str] = None,
        ssl_context: Optional[ssl.SSLContext] = None,
    ) -> None:
        if port is not None:
            warnings.warn(
                "Please use the THttpClient('http{s}://host:port/path') constructor", DeprecationWarning, stacklevel=2
            )
            if not path:
                raise ValueError("a host and a port need a path")
            uri_or_host = f"http://{uri_or_host}:{port}{path if path.startswith('/') else '/' + path}"
        parsed = urllib.parse.urlsplit(uri_or_host)
        self.scheme = parsed.scheme
        self.context: Optional[ssl.SSLContext] = None
        if self.scheme == "https":
            self.context = ssl_context or ssl.create_default_context(cafile=cafile)
            if ssl_context is None and cert_file:
                self.context.load_cert_chain(cert_file, key_file)
            self.certfile, self.keyfile = cert_file, key_file
        proxy = _proxy_for(self.scheme, parsed.hostname or "") if self.scheme in ("http", "https") else None
        self.__posts = _Posts(uri_or_host, self.context, proxy)
        self.host, self.port, self.path = self.__posts.host, self.__posts.port, self.__posts.path
        self.realhost: Optional[str] = None
        self.realport: Optional[int] = None
        self.proxy_auth: Optional[str] = None
        if proxy is not None:
            self.realhost, self.realport = self.host, self.port
            self.host, self.port, self.proxy_auth = proxy.host, proxy.port, proxy.authorization
        self.code: Optional[int] = None
        self.message: Optional[str] = None
        self.headers: Optional[HTTPMessage] = None
        # Under Apache's names, and used by each inherited method alone: subclasses called THttpClient, as that of
        # databricks-sql-connector, set these instead of calling __init__, and post the bytes themselves.
        self.__wbuf = BytesIO()
        self.__timeout: Optional[float] = None
        self.__custom_headers: Optional[Mapping[str, str]] = None
        self.__is_answered = False

    @staticmethod
    def basic_proxy_auth_header(proxy: Any) -> Optional[str]:
        """The credentials of a parsed URL as a header's value."""
        if proxy is None or not proxy.username:
            return None
        name = urllib.parse.unquote(proxy.username)
        password = urllib.parse.unquote(proxy.password or "")
        return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode("ascii")

    def using_proxy(self) -> bool:
        return self.realhost is not None

    def open(self) -> None:
        self.__posts.open()

    def close(self) -> None:
        self.__posts.close()
        self.__wbuf = BytesIO()
        self.__is_answered = False

    def isOpen(self) -> bool:
        return self.__posts.is_open()

    def setTimeout(self, ms: Optional[float]) -> None:
        """Milliseconds for a message and its answer together; None for ever."""
        self.__timeout = None if ms is None else ms / 1000.0

    def setCustomHeaders(self, headers: Optional[Mapping[str, str]]) -> None:
        """Sends these with each message from now on. Line breaks in them are refused."""
        checked = dict(headers or {})
        check_headers(checked)
        self.__custom_headers = checked

    def read(self, sz: int) -> bytes:
        if not self.__is_answered:
            raise TTransportException(TTransportException.NOT_OPEN, "there is no answer: nothing was flushed")
        return self.__posts.read(sz)

    def _written(self) -> BytesIO:
        if not hasattr(self, "_THttpClient__wbuf"):  # a subclass that collects on its own
            self.__wbuf = BytesIO()
        return self.__wbuf

    def write(self, buf: bytes) -> None:
        self.__wbuf.write(buf)

    @raises_apaches
    def flush(self) -> None:
        posts = self.__posts
        posts.write(self.__wbuf.getvalue())
        self.__wbuf = BytesIO()
        posts.setCustomHeaders(dict(self.__custom_headers or {}))
        posts.set_timeout(None if self.__timeout is None else self.__timeout * 1000)
        self.__is_answered = False
        posts.code = None
        try:
            posts.flush()
        except TransportBelow:
            if posts.code is None:
                raise
            self._note()
            raise
        self._note()
        self.__is_answered = True

    def _note(self) -> None:
        posts = self.__posts
        self.code, self.message = posts.code, posts.reason
        self.headers = posts.response.msg if posts.response is not None else None
