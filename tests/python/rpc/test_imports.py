"""What `import fastthrift.rpc` leaves to those who need it, and that they find it."""

from __future__ import annotations

import subprocess
import sys

import pytest

# They take longer to import than this package.
ON_DEMAND = ("asyncio", "http", "logging", "queue", "re", "ssl", "traceback", "typing", "urllib.parse")


def run(program: str) -> str:
    # Without `site`: packages installed beside import what they like there.
    path = "; ".join(f"sys.path.append({entry!r})" for entry in sys.path if entry)
    command = [sys.executable, "-S", "-c", f"import sys; {path}\n{program}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_imports_nothing_that_only_some_need() -> None:
    before = f"before = {{name for name in {ON_DEMAND!r} if name in sys.modules}}\n"
    after = f"print(sorted(name for name in {ON_DEMAND!r} if name in sys.modules and name not in before))"
    assert run(before + "import fastthrift.rpc\n" + after) == "[]\n"


# What only connections, locks and servers need, and what their modules import.
FOR_CALLS = ("collections", "contextlib", "enum", "functools", "selectors", "socket", "struct", "threading", "weakref")


def test_loading_idl_imports_nothing_of_calls() -> None:
    before = f"before = {{name for name in {FOR_CALLS!r} if name in sys.modules}}\n"
    after = f"print(sorted(name for name in {FOR_CALLS!r} if name in sys.modules and name not in before))\n"
    program = before + "import fastthrift\n" + after
    assert run(program) == "[]\n"
    idl = "enum E { A } struct S { 1: E e = E.A, 2: list<S> more } service Calc { S get(1: S s) }"
    loaded = f"module = fastthrift.parser.parser.parse_text({idl!r})\nprint(module.__thrift_meta__['services'])\n"
    assert run(program + loaded + after) == "[]\n[<class 'idl.Calc'>]\n[]\n"


def test_weak_references_are_for_who_has_connections() -> None:
    program = "import socket, threading\nhad = 'weakref' in sys.modules\nimport fastthrift.rpc\n"
    assert run(program + "print('weakref' in sys.modules and not had)") == "False\n"


@pytest.mark.parametrize("module", ["fastthrift.server", "fastthrift.processor"])
def test_the_logger_is_there_for_who_asks(module: str) -> None:
    program = (
        f"import {module}\nprint({module}.logger.name)\nfrom {module} import logger\nprint(logger is {module}.logger)"
    )
    assert run(program) == "fastthrift.server\nTrue\n"


def test_a_name_that_nobody_has_is_refused_as_ever() -> None:
    program = """
import fastthrift.processor
try:
    fastthrift.processor.nothing
except AttributeError as error:
    print(error)
"""
    assert run(program) == "module 'fastthrift.processor' has no attribute 'nothing'\n"


def test_an_undeclared_exception_is_logged_without_logging_imported_before() -> None:
    program = """
import io
import fastthrift
from fastthrift.processor import TProcessor
from fastthrift.protocol import TBinaryProtocol
from fastthrift.transport import TMemoryBuffer
assert "logging" not in sys.modules
service = fastthrift.load_fp(io.StringIO("service S { void fail() }"), "s_thrift").S
class Handler:
    def fail(self):
        raise KeyError("gone")
call = TMemoryBuffer(bytes.fromhex("80010001 00000004") + b"fail" + bytes(4) + bytes(1))
answer = TMemoryBuffer()
TProcessor(service, Handler()).process(TBinaryProtocol(call), TBinaryProtocol(answer))
print(b"Internal error" in answer.getvalue())
"""
    command_output = run(program)
    assert command_output == "True\n"
