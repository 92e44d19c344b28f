"""A native Thrift for Python: thriftpy2's API on a C++ core."""

from __future__ import annotations

__version__ = "0.1.0"
