"""numpy's numbers and arrays as values: the bytes are those that thriftpy2 writes, where it writes any."""

from __future__ import annotations

from typing import Any

import pytest

from fastthrift.thrift import TException
from twins import BINARY, BOOL, CODECS, DOUBLE, I32, I64, LIST, STRING, Codec, struct, thriftpy2

numpy = pytest.importorskip("numpy")

ROW = struct("Row", {1: (I32, "i"), 2: (DOUBLE, "d"), 3: (LIST, "l", I64), 4: (BINARY, "b"), 5: (BOOL, "t"),
                     6: (STRING, "s")})  # fmt: skip
# (field, value, the value that is read back, or TException)
TABLE: list[tuple[str, Any, Any]] = [
    ("i", numpy.int8(-3), -3),
    ("i", numpy.int64(7), 7),
    ("i", numpy.uint32(9), 9),
    ("i", numpy.int64(2**40), TException),
    ("i", numpy.float64(2.0), 2),
    ("i", numpy.bool_(True), 1),
    ("d", numpy.float32(1.5), 1.5),
    ("d", numpy.float64(2.5), 2.5),
    ("d", numpy.int32(4), 4.0),
    ("d", numpy.longdouble(1.25), 1.25),
    ("l", numpy.arange(3), [0, 1, 2]),
    ("l", numpy.arange(3, dtype="i2"), [0, 1, 2]),
    ("l", numpy.array([1.5]), [1]),
    ("l", numpy.arange(4).reshape(2, 2), TException),
    ("b", numpy.zeros(2, "i2"), bytes(4)),
    ("b", numpy.bytes_(b"ab"), b"ab"),
    ("b", numpy.zeros((4, 4))[:, 1], TException),  # its bytes do not lie side by side
    ("t", numpy.bool_(True), True),
    ("t", numpy.int8(0), False),
    ("t", numpy.int8(2), True),
    ("s", numpy.str_("hé"), "hé"),
    ("s", numpy.zeros(2, "i1"), TException),
]


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
@pytest.mark.parametrize(("field", "value", "expected"), TABLE)
def test_a_value_of_numpy_is_written_or_refused(codec: Codec, field: str, value: Any, expected: Any) -> None:
    if expected is TException:
        with pytest.raises(TException):
            codec.write(ROW.ours(**{field: value}))
    else:
        back = getattr(codec.read(ROW.ours(), codec.write(ROW.ours(**{field: value}))), field)
        assert (back, type(back)) == (expected, type(expected))


@pytest.mark.skipif(thriftpy2 is None, reason="thriftpy2 is the oracle")
@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
@pytest.mark.parametrize(("field", "value", "expected"), TABLE)
def test_what_thriftpy2_writes_is_written_alike(codec: Codec, field: str, value: Any, expected: Any) -> None:
    try:
        theirs = codec.their_write(ROW.theirs(**{field: value}))
    except Exception:
        return  # its compact protocol takes few of numpy's integers
    assert expected is not TException
    assert codec.write(ROW.ours(**{field: value})) == theirs
