"""Interpreters beside the main one, as mod_wsgi has them: an import is refused there and does not wait for ever."""

from __future__ import annotations

import pytest

from programs import PACKAGE, run_program

PROGRAM = """
    import sys, textwrap
    sys.path.insert(0, sys.argv[1])
    import _testcapi

    refused = f'''
    import sys
    sys.path.insert(0, {sys.argv[1]!r})
    try:
        import fastthrift
    except ImportError as error:
        print(error, flush=True)
    '''
    for before in (True, False):
        assert _testcapi.run_in_subinterp(textwrap.dedent(refused)) == 0
        import fastthrift
        assert fastthrift.loads("struct A { 1: i32 a }").A(a=2).a == 2
"""


def test_other_interpreters_are_refused_before_and_after_the_main_one() -> None:
    pytest.importorskip("_testcapi")
    done = run_program(PROGRAM, PACKAGE)
    assert done.stdout.splitlines() == ["fastthrift can be imported by the main interpreter only"] * 2, done.stderr
    assert done.returncode == 0, done.stderr
