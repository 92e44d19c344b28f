"""A real Parquet file's footer, written by pyarrow: what we decode equals pyarrow's own metadata, and encodes to its bytes."""

from __future__ import annotations

import datetime
import decimal
import io
import struct
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import fastthrift
from fastthrift.protocol import TCompactProtocol, TCompactProtocolFactory
from fastthrift.transport import TMemoryBuffer
from fastthrift.utils import deserialize, serialize

pa = pytest.importorskip("pyarrow", reason="pyarrow, which writes the file, is not installed")
pq = pytest.importorskip("pyarrow.parquet")

TESTS = Path(__file__).resolve().parents[1]
IDLS = {
    "own": TESTS / "idl" / "parquet_footer.thrift",
    "format": TESTS.parents[1] / "shared" / "idl" / "parquet-format" / "src" / "main" / "thrift" / "parquet.thrift",
}
ROWS, ROWS_OF_A_GROUP = 1000, 130


def table() -> Any:
    """Columns of every physical type, with nulls, nesting and names that are not ASCII."""
    day = datetime.datetime(2024, 2, 29, tzinfo=datetime.timezone.utc)
    return pa.table(
        {
            "id": pa.array(range(ROWS), pa.int64()),
            "small": pa.array([i % 100 for i in range(ROWS)], pa.int16()),
            "flag": pa.array([None if i % 7 == 0 else i % 2 == 0 for i in range(ROWS)]),
            "ratio": pa.array([i / 3 for i in range(ROWS)], pa.float64()),
            "half": pa.array([i / 4 for i in range(ROWS)], pa.float32()),
            "größe": pa.array([None if i % 3 == 0 else f"wert {i % 11}" for i in range(ROWS)]),
            "raw": pa.array([bytes([i % 256, 255, 0]) for i in range(ROWS)], pa.binary()),
            "price": pa.array([decimal.Decimal(i).scaleb(-2) for i in range(ROWS)], pa.decimal128(12, 2)),
            "at": pa.array([day + datetime.timedelta(hours=i) for i in range(ROWS)], pa.timestamp("us", tz="UTC")),
            "date": pa.array([(day + datetime.timedelta(days=i)).date() for i in range(ROWS)]),
            "list": pa.array([[i, i + 1] if i % 5 else [] for i in range(ROWS)], pa.list_(pa.int32())),
            "struct": pa.array([{"x": i, "y": {"z": str(i)}} for i in range(ROWS)]),
            "nothing": pa.array([None] * ROWS, pa.int32()),
        }
    )


def written(**options: Any) -> tuple[bytes, Any]:
    """The footer's bytes and pyarrow's reading of it."""
    file = io.BytesIO()
    pq.write_table(
        table().replace_schema_metadata({"who": "test", "größe": "ü"}), file, row_group_size=ROWS_OF_A_GROUP, **options
    )
    data = file.getvalue()
    assert data[-4:] == b"PAR1"
    (length,) = struct.unpack("<I", data[-8:-4])
    return data[-8 - length : -8], pq.read_metadata(io.BytesIO(data))


@pytest.fixture(scope="module", params=["none", "zstd", "v1"])
def footer(request: pytest.FixtureRequest) -> tuple[bytes, Any]:
    options = {
        "none": {"compression": "none", "write_page_index": True},
        "zstd": {"compression": "zstd", "sorting_columns": [pq.SortingColumn(0)]},
        "v1": {"version": "1.0", "compression": "snappy", "use_dictionary": False},
    }
    return written(**options[request.param])


@pytest.fixture(scope="module", params=list(IDLS))
def parquet(request: pytest.FixtureRequest) -> ModuleType:
    path = IDLS[request.param]
    if not path.exists():
        pytest.skip("the format's own parquet.thrift is not beside the repository")
    return fastthrift.load(path, module_name=f"parquet_{request.param}_thrift")


@pytest.fixture
def decoded(parquet: ModuleType, footer: tuple[bytes, Any]) -> Any:
    return deserialize(parquet.FileMetaData(), footer[0], TCompactProtocolFactory())


def test_file_equals_pyarrows_reading(decoded: Any, footer: tuple[bytes, Any]) -> None:
    theirs = footer[1]
    assert decoded.num_rows == theirs.num_rows == ROWS
    assert decoded.created_by == theirs.created_by
    assert len(decoded.row_groups) == theirs.num_row_groups == -(-ROWS // ROWS_OF_A_GROUP)
    metadata = {pair.key.encode(): pair.value.encode() for pair in decoded.key_value_metadata}
    assert metadata == theirs.metadata
    assert metadata[b"who"] == b"test"


def test_schema_equals_pyarrows_reading(decoded: Any, footer: tuple[bytes, Any], parquet: ModuleType) -> None:
    theirs = footer[1].schema
    leaves = [element for element in decoded.schema if not element.num_children]
    assert [leaf.name for leaf in leaves] == [theirs.column(i).name for i in range(len(theirs))]
    names = parquet.Type._VALUES_TO_NAMES
    assert [names[leaf.type] for leaf in leaves] == [theirs.column(i).physical_type for i in range(len(theirs))]
    price = next(leaf for leaf in leaves if leaf.name == "price")
    assert (price.precision, price.scale) == (12, 2)
    assert (price.logicalType.DECIMAL.precision, price.logicalType.DECIMAL.scale) == (12, 2)


def test_row_groups_equal_pyarrows_reading(decoded: Any, footer: tuple[bytes, Any], parquet: ModuleType) -> None:
    theirs = footer[1]
    codecs = parquet.CompressionCodec._VALUES_TO_NAMES
    encodings = parquet.Encoding._VALUES_TO_NAMES
    for g, group in enumerate(decoded.row_groups):
        their_group = theirs.row_group(g)
        assert (group.num_rows, group.total_byte_size) == (their_group.num_rows, their_group.total_byte_size)
        assert len(group.columns) == their_group.num_columns
        for c, chunk in enumerate(group.columns):
            ours, their = chunk.meta_data, their_group.column(c)
            assert ".".join(ours.path_in_schema) == their.path_in_schema
            assert codecs[ours.codec] == their.compression
            assert {encodings[e] for e in ours.encodings} == set(their.encodings)
            assert ours.num_values == their.num_values
            assert ours.total_compressed_size == their.total_compressed_size
            assert ours.total_uncompressed_size == their.total_uncompressed_size
            assert ours.data_page_offset == their.data_page_offset
            assert ours.dictionary_page_offset == their.dictionary_page_offset


def test_statistics_equal_pyarrows_reading(decoded: Any, footer: tuple[bytes, Any]) -> None:
    unpacked = {"INT32": "<i", "INT64": "<q", "FLOAT": "<f", "DOUBLE": "<d", "BOOLEAN": "<?"}
    compared = 0
    for g, group in enumerate(decoded.row_groups):
        for c, chunk in enumerate(group.columns):
            ours, their = chunk.meta_data.statistics, footer[1].row_group(g).column(c).statistics
            if their is None:
                assert ours is None
                continue
            assert ours.null_count == (their.null_count if their.has_null_count else None)
            layout = unpacked.get(their.physical_type)
            if their.has_min_max and layout:
                assert struct.unpack(layout, ours.min_value)[0] == their.min_raw
                assert struct.unpack(layout, ours.max_value)[0] == their.max_raw
                compared += 1
    assert compared > 20


def test_footer_encodes_to_the_bytes_of_its_writer(decoded: Any, footer: tuple[bytes, Any]) -> None:
    assert serialize(decoded, TCompactProtocolFactory()) == footer[0]


def test_protocol_object_reads_and_writes_the_same(
    parquet: ModuleType, decoded: Any, footer: tuple[bytes, Any]
) -> None:
    ours = parquet.FileMetaData()
    ours.read(TCompactProtocol(TMemoryBuffer(footer[0])))
    assert ours == decoded
    buffer = TMemoryBuffer()
    ours.write(TCompactProtocol(buffer))
    assert buffer.getvalue() == footer[0]


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_footer_is_read_from_any_buffer(
    kind: Any, parquet: ModuleType, decoded: Any, footer: tuple[bytes, Any]
) -> None:
    assert deserialize(parquet.FileMetaData(), kind(footer[0]), TCompactProtocolFactory()) == decoded


def test_bytes_after_the_footer_are_left_alone(parquet: ModuleType, decoded: Any, footer: tuple[bytes, Any]) -> None:
    assert deserialize(parquet.FileMetaData(), footer[0] + b"\x15PAR1", TCompactProtocolFactory()) == decoded


def test_footer_cut_anywhere_is_an_error(parquet: ModuleType, footer: tuple[bytes, Any]) -> None:
    from fastthrift.thrift import TException

    data = footer[0]
    for size in [*range(0, 200), *range(200, len(data), 997), len(data) - 1]:
        with pytest.raises(TException):
            deserialize(parquet.FileMetaData(), data[:size], TCompactProtocolFactory())


def test_large_footer_round_trips(parquet: ModuleType) -> None:
    file = io.BytesIO()
    columns = {f"column_{i}": pa.array(range(200)) for i in range(100)}
    pq.write_table(pa.table(columns), file, row_group_size=4)
    data = file.getvalue()
    footer = data[-8 - struct.unpack("<I", data[-8:-4])[0] : -8]
    assert len(footer) > 500_000
    decoded = deserialize(parquet.FileMetaData(), footer, TCompactProtocolFactory())
    assert sum(len(group.columns) for group in decoded.row_groups) == 5000
    assert serialize(decoded, TCompactProtocolFactory()) == footer
