"""fastthrift's own version: under thriftpy2's name the package shows the version that it stands in for."""

from __future__ import annotations

VERSION = "0.1.0"

# What programs compare that go by ``thriftpy2.__version__``.
STANDS_FOR = "0.7.1"
