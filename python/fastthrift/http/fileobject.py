"""A file as a transport."""

from __future__ import annotations

from typing import BinaryIO

from fastthrift.transport.base import Buffer, TTransportBase


class TFileObjectTransport(TTransportBase):
    """Reads and writes a binary file object."""

    def __init__(self, fileobj: BinaryIO) -> None:
        self.fileobj = fileobj

    def isOpen(self) -> bool:
        return not self.fileobj.closed

    def is_open(self) -> bool:
        return self.isOpen()

    def open(self) -> None:
        """The file was open when it came."""

    def close(self) -> None:
        self.fileobj.close()

    def _read(self, sz: int) -> bytes:
        return self.fileobj.read(sz)

    def read(self, sz: int) -> bytes:
        """At most ``sz`` bytes, as files do."""
        return self._read(sz)

    def write(self, buf: Buffer) -> None:
        self.fileobj.write(buf)

    def flush(self) -> None:
        self.fileobj.flush()
