"""What every transport has: the abstract base, its exception and the exact read."""

from __future__ import annotations

from fastthrift import _core
from fastthrift.thrift import TException, TTransportException, TType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

    from fastthrift.factories import Buffer as Buffer
    from fastthrift.factories import TTransportFactory as TTransportFactory

__all__ = [
    "TException",
    "TTransportBase",
    "TTransportException",
    "TTransportFactory",
    "TType",
    "readall",
    "seconds",
    "short_read",
]


def readall(read_fn: Callable[[int], bytes], sz: int) -> bytes:
    """Exactly ``sz`` bytes from a ``read_fn`` that may give fewer at a time; END_OF_FILE when it gives none."""
    chunks = []
    missing = sz
    while missing > 0:
        chunk = read_fn(missing)
        if not chunk:
            raise TTransportException(TTransportException.END_OF_FILE, "End of file reading from transport")
        chunks.append(chunk)
        missing -= len(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def seconds(ms: float | None) -> float | None:
    """A timeout as sockets take it, from milliseconds; 0 or less is none, as None is."""
    return ms / 1000 if ms is not None and ms > 0 else None


class TTransportBase:
    """The base of transports written in Python: `_read` may give fewer bytes than asked for, `read` gives them all."""

    __slots__ = ()

    def is_open(self) -> bool:
        raise NotImplementedError

    def open(self) -> None:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError

    def _read(self, sz: int) -> bytes:
        raise NotImplementedError

    def read(self, sz: int) -> bytes:
        return readall(self._read, sz)

    def write(self, buf: Buffer) -> None:
        raise NotImplementedError

    def flush(self) -> None:
        raise NotImplementedError


def short_read(trans: Any) -> Callable[[int], bytes]:
    """How to read from ``trans`` without waiting for more than there is, for who does not know how much comes."""
    read = getattr(type(trans), "read", None)
    if read is TTransportBase.read or read is _core.CyTransportBase.read:
        return trans._read  # type: ignore[no-any-return]
    return trans.read  # type: ignore[no-any-return]


_core.set_transport_base(TTransportBase)


def __getattr__(name: str) -> Any:
    if name in ("Buffer", "TTransportFactory"):
        from fastthrift import factories

        return getattr(factories, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
