"""Messages in memory. `TMemoryBuffer` here works as a file does; `fastthrift.transport.TMemoryBuffer` is the Cy one."""

from __future__ import annotations

from fastthrift._compat import CYTHON as CYTHON
from fastthrift._core import RecordingMemoryBuffer
from fastthrift.transport.base import TTransportBase
from fastthrift.transport.memory.cymemory import TCyMemoryBuffer

__all__ = ["TCyMemoryBuffer", "TMemoryBuffer", "TTransportBase"]


class TMemoryBuffer(RecordingMemoryBuffer, TTransportBase):
    """Writing overwrites from the start, `getvalue` gives everything that was written or given, read or not."""

    __slots__ = ()
