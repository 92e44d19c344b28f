"""`install("thrift")`: Apache's package by its own name."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
from fastthrift import compat, defaults
compat.install("thrift")
import thrift.Thrift, thrift.transport.TSocket
from thrift.protocol import TBinaryProtocol
from thrift.transport import TTransport
import fastthrift.apache.Thrift
import fastthrift.apache.protocol.TBinaryProtocol
import fastthrift.apache.transport.TTransport
assert thrift.Thrift is fastthrift.apache.Thrift
assert thrift is fastthrift.apache
assert TTransport is fastthrift.apache.transport.TTransport
assert TBinaryProtocol.TBinaryProtocol is fastthrift.apache.protocol.TBinaryProtocol.TBinaryProtocol
assert defaults.current.check_hostname
print("same objects")
compat.uninstall("thrift")
import sys
assert not [name for name in sys.modules if name == "thrift" or name.startswith("thrift.")]
"""


def test_every_module_is_the_same_object_under_both_names() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=50)
    assert done.stdout == "same objects\n", done.stderr


def test_a_package_that_is_imported_already_is_not_replaced() -> None:
    pytest.importorskip("thrift")
    program = "import thrift.Thrift\nfrom fastthrift import compat\ncompat.install('thrift')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=50)
    assert "ImportError: thrift is imported already" in done.stderr
