"""What is known about a call and its callers, and who records it."""

from __future__ import annotations

import contextlib
import threading
import uuid
from collections.abc import Iterator
from typing import Any, Optional

__all__ = ["ConsoleTracker", "TrackerBase", "VersionMixin", "ctx"]

# Of the thread: `header` of the call that is handled, `counter` of the calls made for it, `meta` and `annotation` for the
# calls to come, `response_meta` for the reply.
ctx = threading.local()


class TrackerBase:
    """Fills the headers of calls. Subclasses `record` what was called, and look into the headers of others."""

    def __init__(self, client: Optional[str] = None, server: Optional[str] = None) -> None:
        self.client = client
        self.server = server

    def handle(self, header: Any) -> None:
        """Takes the header of a call that came in; calls made for it continue its number."""
        ctx.header = header
        ctx.counter = 0

    def handle_response_header(self, response_header: Any) -> None:
        """Gets the header of each reply."""

    def gen_header(self, header: Any) -> None:
        """Fills the header of a call that goes out."""
        header.request_id = self.get_request_id()
        ctx.counter = getattr(ctx, "counter", 0) + 1
        header.seq = f"{ctx.header.seq}.{ctx.counter}" if hasattr(ctx, "header") else str(ctx.counter)
        header.meta = self.meta

    def gen_response_header(self, response_header: Any) -> None:
        """Fills the header of a reply with what `add_response_meta` collected."""
        meta = ctx.__dict__.pop("response_meta", None)
        if meta is not None:
            response_header.meta = meta

    def record(self, header: Any, exception: Optional[BaseException]) -> None:
        """Gets the `RequestInfo` of each call that was sent, and what it raised."""

    @classmethod
    @contextlib.contextmanager
    def counter(cls, init: int = 0) -> Iterator[None]:
        """The calls within are numbered from ``init + 1`` on."""
        before = getattr(ctx, "counter", 0)
        ctx.counter = init
        try:
            yield
        finally:
            ctx.counter = before

    @classmethod
    @contextlib.contextmanager
    def annotate(cls, **kwargs: Any) -> Iterator[dict[str, Any]]:
        """`RequestInfo.annotation` of the calls within."""
        with _set("annotation", kwargs) as annotation:
            yield annotation

    @classmethod
    @contextlib.contextmanager
    def add_meta(cls, **kwds: str) -> Iterator[dict[str, str]]:
        """Goes with the calls within, and with the calls that these cause."""
        with _set("meta", {**getattr(ctx, "meta", {}), **kwds}) as meta:
            yield meta

    @classmethod
    def add_response_meta(cls, **kwds: str) -> None:
        """Goes back with the reply to the call that this thread handles."""
        if not hasattr(ctx, "response_meta"):
            ctx.response_meta = {}
        ctx.response_meta.update(kwds)

    @property
    def meta(self) -> dict[str, str]:
        inherited = ctx.header.meta if hasattr(ctx, "header") else None
        return {**(inherited or {}), **getattr(ctx, "meta", {})}

    @property
    def annotation(self) -> dict[str, Any]:
        annotation: dict[str, Any] = getattr(ctx, "annotation", {})
        return annotation

    def get_request_id(self) -> str:
        return str(ctx.header.request_id) if hasattr(ctx, "header") else str(uuid.uuid4())

    def init_handshake_info(self, handshake_obj: Any) -> None:
        """Fills what the client says of itself."""

    def handle_handshake_info(self, handshake_obj: Any) -> None:
        """Gets what a client said of itself."""


@contextlib.contextmanager
def _set(name: str, value: dict[str, Any]) -> Iterator[dict[str, Any]]:
    before = ctx.__dict__.get(name)
    setattr(ctx, name, value)
    try:
        yield value
    finally:
        if before is None:
            ctx.__dict__.pop(name, None)
        else:
            setattr(ctx, name, before)


class ConsoleTracker(TrackerBase):
    """Prints each call."""

    def record(self, header: Any, exception: Optional[BaseException]) -> None:
        print(header)


class VersionMixin:
    """What both ends of a connection agreed on."""

    DEFAULT_VERSION = 0
    VERSION_SUPPORT_REQUEST_HEADER = 1
    VERSION_SUPPORT_RESPONSE_HEADER = 2
    CURRENT = 2

    current_version: int
    is_upgraded: bool

    def init_version_mixin(self) -> None:
        self.current_version = self.DEFAULT_VERSION
        self.is_upgraded = False

    def check_version(self, feature_version: int) -> bool:
        return self.current_version >= feature_version

    def upgrade_version(self, target_version: Optional[int]) -> None:
        """The version of the other end, or None from the first one, makes the smaller of both the current one."""
        theirs = self.VERSION_SUPPORT_REQUEST_HEADER if target_version is None else target_version
        self.current_version = max(self.VERSION_SUPPORT_REQUEST_HEADER, min(theirs, self.CURRENT))
        self.is_upgraded = True
