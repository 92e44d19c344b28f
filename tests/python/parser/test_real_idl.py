"""Files that other projects have written: each loads. What they mean to thriftpy2: tests/differential/test_load.py."""

from __future__ import annotations

from pathlib import Path

import pytest

import describe
import fastthrift

ROOT = Path(__file__).parents[3].parent / "shared" / "idl"
FILES = sorted(str(path.relative_to(ROOT)) for path in ROOT.rglob("*.thrift"))

# What does not load, and why.
REFUSED = {
    f"thriftrw-go/gen/internal/tests/thrift/{name}.thrift": "includes stringdef.thrift, which is not in the collection"
    for name in ("services", "typedefs", "unions")
}

pytestmark = pytest.mark.skipif(not FILES, reason="the collection of IDL files is not beside the repository")


def include_dirs(path: Path) -> list[str]:
    """The file's directory and those above it."""
    return [str(each) for each in path.parents if ROOT in (each, *each.parents)]


def modules(root):
    """The module and its includes, each once, parents first."""
    found, queue = {}, [root]
    while queue:
        module = queue.pop(0)
        if id(module) not in found:
            found[id(module)] = module
            queue.extend(module.__thrift_meta__.get("includes", ()) if hasattr(module, "__thrift_meta__") else ())
    return list(found.values())


@pytest.mark.parametrize("name", FILES)
def test_the_file_loads(name):
    path = ROOT / name
    if name in REFUSED:
        with pytest.raises(fastthrift.parser.ThriftParserError):
            fastthrift.load(path, include_dirs=include_dirs(path))
        return
    module = fastthrift.load(path, include_dirs=include_dirs(path))
    for each in modules(module):
        for kind in ("structs", "unions", "exceptions"):
            for cls in each.__thrift_meta__.get(kind, ()):
                assert not any(describe.has_placeholder(spec[2:]) for spec in cls.thrift_spec.values()), cls
                repr(cls())
