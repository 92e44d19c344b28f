"""A native Thrift for Python: thriftpy2's API on a C++ core."""

from __future__ import annotations

import sys

from . import apache_names as apache_names
from . import hook as hook
from . import parser as parser
from . import thrift as thrift
from .hook import install_import_hook, remove_import_hook
from .parser import load, load_fp, load_module, loads
from .version import VERSION

__version__ = VERSION
__python__ = sys.version_info

__all__ = ["install_import_hook", "remove_import_hook", "load", "load_module", "load_fp", "loads"]
