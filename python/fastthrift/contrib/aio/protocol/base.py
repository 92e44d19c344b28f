"""How a native protocol reads from a transport whose reads are awaited.

A piece of a message (its header, a struct, a value) is fetched first, never a byte more than belongs to it, and then decoded
as a whole. Transports whose messages come whole, as those of HTTP, have the rest of one ``undecoded``: nothing is fetched then.
"""

from __future__ import annotations

from typing import Any, Callable

from fastthrift import _core
from fastthrift.protocol.base import TProtocolBase
from fastthrift.thrift import TException, TTransportException, TType
from fastthrift.transport.memory.cymemory import TCyMemoryBuffer

__all__ = ["TAsyncProtocolBase", "TProtocolBase"]

# No more is asked for at once, whatever the bytes declare.
_STEP = 65536


class TAsyncProtocolBase(_core.TProtocolBase):
    """What every protocol of asyncio derives from."""

    async def skip(self, ttype: int) -> None:  # type: ignore[override]
        raise NotImplementedError

    async def read_message_begin(self) -> tuple[str, int, int]:  # type: ignore[override]
        raise NotImplementedError

    async def read_message_end(self) -> None:  # type: ignore[override]
        raise NotImplementedError

    def write_message_begin(self, name: str, ttype: int, seqid: int) -> None:
        raise NotImplementedError

    def write_message_end(self) -> None:
        raise NotImplementedError

    async def read_struct(self, obj: Any) -> Any:
        raise NotImplementedError

    def write_struct(self, obj: Any) -> None:
        raise NotImplementedError


class Fetching:
    """Gives a class of native protocols reads that are coroutines; stands in front of it among the bases."""

    trans: Any

    async def skip(self, ttype: int) -> None:
        await self._read(ttype, super().skip, ttype)  # type: ignore[misc]

    async def read_message_begin(self) -> tuple[str, int, int]:
        begin: tuple[str, int, int] = await self._read(None, super().read_message_begin)  # type: ignore[misc]
        return begin

    async def read_message_end(self) -> None:
        pass

    async def read_struct(self, obj: Any) -> Any:
        return await self._read(TType.STRUCT, super().read_struct, obj)  # type: ignore[misc]

    async def _read_val(self, ttype: int, spec: Any = None) -> Any:
        return await self._read(ttype, super()._read_val, ttype, spec)  # type: ignore[misc]

    async def _read_bool(self) -> Any:
        return await self._read_val(TType.BOOL)

    async def _read(self, ttype: int | None, decode: Callable[..., Any], *args: Any) -> Any:
        memory = getattr(self.trans, "undecoded", None)
        if memory is not None:
            return self._decode(memory, decode, *args)
        data = bytearray()
        try:
            await self._fetch(ttype, data)
        except RecursionError:
            try:
                return self._decode(TCyMemoryBuffer(bytes(data)), decode, *args)
            except RecursionError:
                raise  # it says what was being done there
            except TException:
                pass  # it misses what was not fetched
            raise
        return self._decode(TCyMemoryBuffer(bytes(data)), decode, *args)

    async def _fetch(self, ttype: int | None, data: bytearray) -> None:
        piece = _core.Piece(self, ttype)
        read = self.trans.read
        while missing := piece.missing(data):
            chunk = await read(min(missing, _STEP))
            if not chunk:
                raise TTransportException(TTransportException.END_OF_FILE, "End of file reading from transport")
            data += chunk

    def _decode(self, memory: TCyMemoryBuffer, decode: Callable[..., Any], *args: Any) -> Any:
        trans, self.trans = self.trans, memory
        try:
            return decode(*args)
        finally:
            self.trans = trans
