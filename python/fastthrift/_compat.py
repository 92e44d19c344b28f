"""What thriftpy2's own tests ask of the platform."""

from __future__ import annotations

import sys

PYPY = sys.implementation.name == "pypy"
UNIX = sys.platform.startswith(("linux", "darwin"))
CYTHON = not PYPY  # the native codecs are there
