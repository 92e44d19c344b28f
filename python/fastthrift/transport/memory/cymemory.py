"""The native memory transport, under the name of thriftpy2's Cython one."""

from __future__ import annotations

from fastthrift._core import TCyMemoryBuffer

__all__ = ["TCyMemoryBuffer"]
