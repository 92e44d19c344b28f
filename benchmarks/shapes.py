"""The values of the codec rows: plain dicts that each library makes its own objects of."""

from __future__ import annotations

import io
import random
import struct
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent
BENCH = HERE / "idl" / "bench.thrift"
FOOTER = ROOT / "tests" / "idl" / "parquet_footer.thrift"

# Large lists shrink by this in a quick run: thriftpy2's compact protocol takes a second for a million numbers.
QUICK_SHRINK = 10


@dataclass(frozen=True)
class Shape:
    """A struct of an IDL and the fields' values; nested structs are dicts."""

    name: str
    idl: Path
    struct: str
    value: dict[str, Any]


def small() -> dict[str, Any]:
    return {"id": 42, "name": "a name of some twenty", "active": True, "created": 1_700_000_000_123, "score": 0.75}


def book(people: int) -> dict[str, Any]:
    return {
        "owner": "somebody",
        "people": [
            {
                "name": f"Person Number {i}",
                "id": i,
                "email": f"person{i}@example.org",
                "phones": [{"kind": k, "number": f"+49 30 {1000 + i * 3 + k}"} for k in range(3)],
                "created_at": 1_600_000_000_000 + i,
            }
            for i in range(people)
        ],
        "counts": {f"key {i}": i for i in range(people)},
    }


def recs(count: int) -> dict[str, Any]:
    values = random.Random(1)
    return {
        "recs": [
            {
                "id": 1_000_000 + i, "kind": i % 7, "x": values.random(), "y": values.random(), "tag": f"tag-{i % 64}",
                "ok": i % 3 == 0, "level": i % 100, "note": f"the note of record {i}",
            }
            for i in range(count)
        ]
    }  # fmt: skip


def sparse_idl(folder: Path) -> Path:
    """A struct of 100 optional fields, of which a value sets six."""
    kinds = ["i32", "string", "i64", "bool", "double"]
    fields = "\n".join(f"  {i}: optional {kinds[i % 5]} f{i}," for i in range(1, 101))
    path = folder / "sparse.thrift"
    path.write_text(f"struct Sparse {{\n{fields}\n}}\n")
    return path


def sparse() -> dict[str, Any]:
    return {"f1": "one", "f10": 10, "f27": 27_000_000_000, "f50": 5, "f61": "sixty-one", "f99": 0.5}


def footer_bytes(columns: int, groups: int) -> bytes:
    """The footer of a Parquet file that pyarrow writes."""
    import pyarrow as pa  # type: ignore[import-untyped]
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    file = io.BytesIO()
    table = pa.table({f"column_{i}": pa.array([float(g) for g in range(groups)]) for i in range(columns)})
    pq.write_table(table, file, row_group_size=1)
    data = file.getvalue()
    return data[-8 - struct.unpack("<I", data[-8:-4])[0] : -8]


def shapes(folder: Path, quick: bool) -> list[Shape]:
    n = 1_000_000 // (QUICK_SHRINK if quick else 1)
    numbers = random.Random(2)
    return [
        Shape("small", BENCH, "Small", small()),
        Shape("book", BENCH, "Book", book(100)),
        Shape("recs", BENCH, "Recs", recs(10_000 // (5 if quick else 1))),
        Shape("sparse", sparse_idl(folder), "Sparse", sparse()),
        Shape("strs", BENCH, "Strs", {"values": [f"string value number {i}" for i in range(n // 16)]}),
        Shape("longs", BENCH, "Longs", {"values": [numbers.getrandbits(47) for _ in range(n)]}),
        Shape("doubles", BENCH, "Doubles", {"values": [numbers.random() for _ in range(n)]}),
        Shape("intmap", BENCH, "IntMap", {"values": {i * 7: i * 1_000_003 for i in range(n // 10)}}),
        Shape("blob", BENCH, "Blob", {"data": random.Random(3).randbytes(16 << 20)}),
    ]


def synthetic_idl(folder: Path, structs: int, methods: int) -> Path:
    """A generated file as large code bases have them: structs that refer to one another and one service."""
    lines = ["namespace py synthetic", "enum E { A = 1, B, C }"]
    for i in range(structs):
        refers = f"  7: optional S{i - 1} previous,\n" if i else ""
        lines.append(
            f"/** Struct number {i}. */\nstruct S{i} {{\n  1: required i64 id,\n  2: string name = \"n{i}\",\n"
            f"  3: list<string> tags,\n  4: map<string, i32> counts,\n  5: E kind = E.B,\n  6: double weight,\n{refers}}}"
        )  # fmt: skip
    lines.append("exception Failed { 1: string message }")
    lines.append("service Synthetic {")
    for i in range(methods):
        lines.append(f"  S{i} call{i}(1: S{i} value, 2: i32 limit) throws (1: Failed failed),")
    lines.append("}")
    path = folder / f"synthetic_{structs}.thrift"
    path.write_text("\n".join(lines))
    return path


def parquet_idl() -> Path:
    """The format's own file where it lies beside the repository, else the part of it that the tests have."""
    whole = ROOT.parent / "shared" / "idl" / "parquet-format" / "src" / "main" / "thrift" / "parquet.thrift"
    return whole if whole.exists() else FOOTER


def hive_idl() -> list[Path]:
    """A file with a service of some 200 methods, where it lies beside the repository."""
    path = ROOT.parent / "shared" / "idl" / "impyla" / "impala" / "thrift" / "hive_metastore.thrift"
    return [path] if path.exists() else []


def versions() -> str:
    from importlib.metadata import PackageNotFoundError, version

    import fastthrift

    found = [f"CPython {sys.version.split()[0]}", f"fastthrift {fastthrift.__version__}"]
    for name in ("thriftpy2", "thrift", "msgspec", "pyarrow"):
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} absent")
    return ", ".join(found)
