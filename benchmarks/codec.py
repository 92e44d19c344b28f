"""Rows: encode and decode of each shape, binary and compact; thriftpy2's own JSON beside it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from . import shapes
from .measure import Effort, interleaved
from .peers import PEERS, Codec, loaded, thrift_like
from .shapes import Shape
from .table import Table

# The least that counts as done: times thriftpy2, (encode, decode).
BINARY = {
    "small": (8, 6), "book": (15, 6.5), "recs": (15, 6.5), "sparse": (15, 8), "strs": (5, 2), "longs": (3.5, 1.15),
    "doubles": (4, 1.5), "intmap": (4, 1.25), "blob": (2.7, 2.7),
}  # fmt: skip
COMPACT = {"small": (60, 30), "footer": (250, 20)}
COMPACT_OTHERS = (100, 25)
JSON = {"small": (3, 1.5), "book": (40, 5)}  # it is read by Python's json in both
APACHE, APACHE_FOOTER_DECODE = 2, 2.2
MSGSPEC = 1.2  # on recs, book and the footer
MSGSPEC_ROWS = {"recs", "book", "footer"}
# What thriftpy2's protocol in Python would take minutes for, or what has no varints to speak of.
NOT_COMPACT = {"doubles", "blob", "intmap"}


def rows(table: Table, effort: Effort, folder: Path, quick: bool) -> None:
    table.head("codec (serialize, deserialize)")
    chosen = shapes.shapes(folder, quick)
    for shape in chosen:
        _pair(table, effort, shape, "binary", BINARY[shape.name])
    for shape in chosen:
        if shape.name not in NOT_COMPACT:
            _pair(table, effort, shape, "compact", COMPACT.get(shape.name, COMPACT_OTHERS))
    for shape in chosen:
        if shape.name in JSON:
            codecs = {name: thrift_like(name, shape, "json") for name in ("fastthrift", "thriftpy2")}
            _measure(table, effort, f"{shape.name} JSON", "JSON", codecs, JSON[shape.name])
    try:
        data = shapes.footer_bytes(*((100, 50) if quick else (200, 100)))
    except ImportError:
        print("Parquet footer: pyarrow is not installed")
        return
    _footer(table, effort, data)


def _pair(table: Table, effort: Effort, shape: Shape, protocol: str, targets: tuple[float, float]) -> None:
    codecs = {name: make(shape, protocol) for name, make in PEERS.items() if (name, shape.name) != ("thrift", "blob")}
    _measure(table, effort, f"{shape.name} {protocol}", shape.name, codecs, targets)


def _measure(
    table: Table, effort: Effort, name: str, shape: str, codecs: dict[str, Codec], targets: tuple[float, float]
) -> None:
    data = {peer: codec.encoding(codec.value)() for peer, codec in codecs.items()}
    same = {peer: data[peer] for peer in data if peer != "msgspec"}
    assert len(set(same.values())) == 1, f"{name}: the libraries write different bytes"
    msgspec = {"msgspec": MSGSPEC} if shape in MSGSPEC_ROWS else {}
    encode = interleaved({p: c.encoding(c.value) for p, c in codecs.items()}, effort)
    table.row(f"{name} encode", encode, {"thriftpy2": targets[0], "thrift": APACHE, **msgspec})
    decode = interleaved({p: c.decoding(data[p]) for p, c in codecs.items()}, effort)
    limit = APACHE_FOOTER_DECODE if shape == "footer" else APACHE
    table.row(f"{name} decode", decode, {"thriftpy2": targets[1], "thrift": limit, **msgspec})


def _footer(table: Table, effort: Effort, data: bytes) -> None:
    """Real bytes come first here: every library's object is what it decodes of them."""
    shape = Shape("footer", shapes.FOOTER, "FileMetaData", _plain(data))
    codecs = {name: make(shape, "compact") for name, make in PEERS.items()}
    decoded = {name: c.decoding(c.encoding(c.value)())() for name, c in codecs.items()}
    codecs = {name: replace(c, value=decoded[name]) for name, c in codecs.items()}
    _measure(table, effort, f"Parquet footer {len(data) >> 10} KiB", "footer", codecs, COMPACT["footer"])


def _plain(data: bytes) -> dict[str, Any]:
    """The footer as plain values, as thriftpy2 reads it."""
    from thriftpy2.protocol import TCompactProtocolFactory
    from thriftpy2.utils import deserialize

    cls = loaded("thriftpy2", Shape("footer", shapes.FOOTER, "FileMetaData", {}))

    def plain(value: Any) -> Any:
        if hasattr(value, "thrift_spec"):
            return {k: plain(v) for k, v in value.__dict__.items() if v is not None}
        return [plain(v) for v in value] if isinstance(value, list) else value

    made: dict[str, Any] = plain(deserialize(cls(), data, TCompactProtocolFactory()))
    return made
