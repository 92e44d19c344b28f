"""TAsyncHttpClient: each flush is a POST of what was written, and `read` gives the body of its answer. Needs aiohttp."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
import urllib.parse
from typing import TYPE_CHECKING, Any

from fastthrift.contrib.aio.http.memory import Received
from fastthrift.contrib.aio.socket import TAsyncTimeout
from fastthrift.contrib.aio.transport.base import TAsyncTransportBase
from fastthrift.http.answer import MOST_RESPONSE_BYTES, check_is_message
from fastthrift.http.client import THttpHeaderFactory, logger
from fastthrift.http.posting import ONEWAY_ANSWER_MS, Posting
from fastthrift.transport.base import TTransportException
from fastthrift.transport.memory.cymemory import TCyMemoryBuffer

if TYPE_CHECKING:
    import aiohttp


class TAsyncHttpHeaderFactory(THttpHeaderFactory):
    """Gives the headers of each request; subclasses override `get_headers`."""


class TAsyncHttpClient(Posting, TAsyncTransportBase):
    """Sends messages by POST to ``uri``. ``timeout``: milliseconds for a request and its answer together, None for ever.

    Its connections are those of an `aiohttp.ClientSession`, which keeps them open between requests. A request is sent once,
    and nothing is redirected. A client that was closed connects again at the next flush.
    """

    def __init__(
        self,
        uri: str,
        timeout: float | None = None,
        ssl_context: ssl.SSLContext | None = None,
        http_header_factory: THttpHeaderFactory | None = None,
    ) -> None:
        super().__init__(uri, timeout, http_header_factory or TAsyncHttpHeaderFactory())
        self._netloc = urllib.parse.urlsplit(uri).netloc.rpartition("@")[2]
        self._ssl_context = ssl_context
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._answer = Received()

    def is_open(self) -> bool:
        return self._session is not None

    async def open(self) -> None:  # type: ignore[override]
        """Connects nothing yet."""
        self._open()

    def _open(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        if self._session is not None and self._loop is loop:
            return self._session
        try:
            import aiohttp
        except ImportError as error:
            raise ImportError("TAsyncHttpClient needs aiohttp: pip install fastthrift[aiohttp]") from error
        self.close()
        options: Any = {} if self._ssl_context is None else {"ssl": self._ssl_context}
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(**options))
        self._loop = loop
        return self._session

    def close(self) -> None:
        """Closes the connections at once; `aclose` waits for their end as well."""
        session, self._session = self._session, None
        self.clean()
        if session is not None:
            closing = session.close()
            # It has closed everything when it first waits.
            with contextlib.suppress(StopIteration, RuntimeError):
                closing.send(None)
            with contextlib.suppress(RuntimeError):
                closing.close()

    async def aclose(self) -> None:
        session, self._session = self._session, None
        self.clean()
        if session is not None:
            await session.close()

    @property
    def undecoded(self) -> TCyMemoryBuffer:
        """What was not read yet of the last answer."""
        return self._answer.undecoded

    def clean(self) -> None:
        """Forgets what was written and not flushed, and what was not read of the last answer."""
        self._written.clear()
        self._answer = Received()

    def set_custom_headers(self, headers: dict[str, str]) -> None:
        """From now on these headers, and not those of the factory."""
        self._http_header_factory = TAsyncHttpHeaderFactory(headers)

    async def _read(self, sz: int) -> bytes:  # type: ignore[override]
        return self._answer.read(sz)

    async def flush(self) -> None:  # type: ignore[override]
        """Sends what was written and waits for the answer; a status other than 2xx is a `TTransportException`."""
        message = b"".join(self._written)
        self.clean()
        headers = self._headers()
        session = self._open()
        import aiohttp

        left = self._timeout
        if self._call_deadline is not None:
            left = max(self._call_deadline - time.monotonic(), 0.001)  # to aiohttp 0 means none
        if self._is_oneway:
            left = min(left or ONEWAY_ANSWER_MS / 1000, ONEWAY_ANSWER_MS / 1000)
        try:
            async with session.post(
                f"{self.scheme}://{self._netloc}{self.path}",
                data=message,
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=left),
                allow_redirects=False,
            ) as response:
                if not 200 <= response.status < 300:
                    raise TTransportException(
                        TTransportException.UNKNOWN,
                        f"HTTP request failed with status {response.status:d}: {response.reason}",
                    )
                body = await _body_of(response)
                check_is_message(response.content_type, body)
                self._answer = Received(body)
        except asyncio.TimeoutError as error:
            if self._is_oneway:
                logger.debug("%s did not answer a oneway", self._netloc)
                return
            limit = f" within {self._timeout:g} s" if self._timeout else ""
            text = f"{self._netloc}: timed out, no answer{limit}"
            raise TAsyncTimeout(TTransportException.TIMED_OUT, text) from error
        except aiohttp.ClientConnectorError as error:
            text = f"Could not connect to {self.host}:{self.port}: {error.os_error}"
            raise _also(error, TTransportException.NOT_OPEN, text) from error
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientPayloadError, aiohttp.ClientOSError) as error:
            text = f"the connection to {self._netloc} ended without an answer: {error}"
            raise _also(error, TTransportException.END_OF_FILE, text) from error
        except aiohttp.ClientError as error:
            text = f"no HTTP answer from {self._netloc}: {type(error).__name__} {error}"
            raise _also(error, TTransportException.UNKNOWN, text) from error

    def _headers(self) -> dict[str, str]:
        return self._with_users(
            {
                "Content-Type": "application/x-thrift",
                "Accept": "application/x-thrift",
                "Accept-Encoding": "identity",
                "User-Agent": "Python/TAsyncHttpClient",
            }
        )


async def _body_of(response: aiohttp.ClientResponse) -> bytes:
    pieces = []
    size = 0
    async for piece in response.content.iter_any():
        pieces.append(piece)
        size += len(piece)
        if size > MOST_RESPONSE_BYTES:
            raise TTransportException(
                TTransportException.SIZE_LIMIT, f"the HTTP answer is longer than {MOST_RESPONSE_BYTES} bytes"
            )
    return b"".join(pieces)


def _also(error: Exception, kind: int, text: str) -> TTransportException:
    """A `TTransportException` that code for the class of ``error``, which thriftpy2 lets through, catches as well."""
    shared = type(error)
    if shared not in _BOTH:
        # The classes of aiohttp want arguments of their own.
        namespace = {"__init__": _fill, "__module__": __name__}
        _BOTH[shared] = type("TTransportException", (TTransportException, shared), namespace)
    raised = _BOTH[shared](kind, text)
    raised.__dict__.update({name: value for name, value in vars(error).items() if name not in ("type", "message")})
    if isinstance(raised, OSError) and isinstance(error, OSError):
        raised.errno, raised.strerror = error.errno, error.strerror
    return raised


def _fill(self: Any, kind: int, text: str) -> None:
    Exception.__init__(self)
    self.type, self.message = kind, text


_BOTH: dict[type[Exception], type[TTransportException]] = {}
