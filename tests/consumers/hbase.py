"""HBase in memory: what the tests of happybase and aiohappybase ask of its Thrift gateway. Cells have versions, the newest first."""

from __future__ import annotations

import struct
import time
from typing import Any

Cells = list[tuple[int, bytes]]  # (timestamp, value), newest first

_LATEST = 2**63 - 1


class Table:
    def __init__(self, families: dict[bytes, Any]) -> None:
        self.families = families
        self.is_enabled = True
        self.rows: dict[bytes, dict[bytes, Cells]] = {}

    def put(self, row: bytes, column: bytes, value: bytes, timestamp: int) -> None:
        cells = self.rows.setdefault(row, {}).setdefault(column, [])
        cells[:] = [cell for cell in cells if cell[0] != timestamp] + [(timestamp, value)]
        cells.sort(reverse=True)
        del cells[self.families[column.partition(b":")[0] + b":"].maxVersions :]

    def delete(self, row: bytes, columns: list[bytes] | None, timestamp: int) -> None:
        """The cells of the columns (None: of all) that are not newer."""
        found = self.rows.get(row, {})
        for column in list(found):
            if columns is not None and not any(selects(each, column) for each in columns):
                continue
            found[column] = [cell for cell in found[column] if cell[0] > timestamp]
            if not found[column]:
                del found[column]
        if not found:
            self.rows.pop(row, None)

    def row(self, row: bytes, columns: list[bytes] | None, before: int) -> dict[bytes, tuple[int, bytes]]:
        """The newest cell of each column before a time."""
        chosen = {}
        for column, cells in self.rows.get(row, {}).items():
            if columns is None or any(selects(each, column) for each in columns):
                older = [cell for cell in cells if cell[0] < before]
                if older:
                    chosen[column] = older[0]
        return chosen


def selects(wanted: bytes, column: bytes) -> bool:
    """``cf`` and ``cf:`` are all columns of a family."""
    family, _, qualifier = wanted.partition(b":")
    return column == wanted if qualifier else column.partition(b":")[0] == family


class Hbase:
    """The handler; ``idl`` has the classes that it makes."""

    def __init__(self, idl: Any) -> None:
        self._idl = idl
        self._tables: dict[bytes, Table] = {}
        self._scanners: dict[int, list[Any]] = {}
        self._scanner = 0
        self._clock = 0

    def _now(self) -> int:
        """Milliseconds, later at each call."""
        self._clock = max(self._clock + 1, int(time.time() * 1000))
        return self._clock

    def _table(self, name: bytes) -> Table:
        if name not in self._tables:
            raise self._idl.IOError(message=f"no table {name.decode()}")
        return self._tables[name]

    def _result(self, row: bytes, cells: dict[bytes, tuple[int, bytes]], is_sorted: bool = False) -> Any:
        made = {column: self._idl.TCell(value=cells[column][1], timestamp=cells[column][0]) for column in sorted(cells)}
        if is_sorted:
            columns = [self._idl.TColumn(columnName=column, cell=cell) for column, cell in made.items()]
            return self._idl.TRowResult(row=row, sortedColumns=columns)
        return self._idl.TRowResult(row=row, columns=made)

    # ---- tables

    def getTableNames(self) -> list[bytes]:
        return sorted(self._tables)

    def createTable(self, name: bytes, families: list[Any]) -> None:
        if name in self._tables:
            raise self._idl.AlreadyExists(message="table name already in use")
        self._tables[name] = Table({each.name: each for each in families})

    def deleteTable(self, name: bytes) -> None:
        if self._table(name).is_enabled:
            raise self._idl.IOError(message="table is enabled")
        del self._tables[name]

    def enableTable(self, name: bytes) -> None:
        self._table(name).is_enabled = True

    def disableTable(self, name: bytes) -> None:
        self._table(name).is_enabled = False

    def isTableEnabled(self, name: bytes) -> bool:
        return self._table(name).is_enabled

    def compact(self, name: bytes) -> None:
        self._table(name)

    def majorCompact(self, name: bytes) -> None:
        self._table(name)

    def getColumnDescriptors(self, name: bytes) -> dict[bytes, Any]:
        return self._table(name).families

    def getTableRegions(self, name: bytes) -> list[Any]:
        self._table(name)
        return [self._idl.TRegionInfo(startKey=b"", endKey=b"", id=1, name=name, version=1, serverName=b"x", port=1)]

    # ---- reading

    def getRow(self, name: bytes, row: bytes, attributes: Any) -> list[Any]:
        return self.getRowsWithColumnsTs(name, [row], None, _LATEST, attributes)

    def getRowWithColumns(self, name: bytes, row: bytes, columns: Any, attributes: Any) -> list[Any]:
        return self.getRowsWithColumnsTs(name, [row], columns, _LATEST, attributes)

    def getRowTs(self, name: bytes, row: bytes, timestamp: int, attributes: Any) -> list[Any]:
        return self.getRowsWithColumnsTs(name, [row], None, timestamp, attributes)

    def getRowWithColumnsTs(self, name: bytes, row: bytes, columns: Any, timestamp: int, attributes: Any) -> list[Any]:
        return self.getRowsWithColumnsTs(name, [row], columns, timestamp, attributes)

    def getRowsWithColumns(self, name: bytes, rows: list[bytes], columns: Any, attributes: Any) -> list[Any]:
        return self.getRowsWithColumnsTs(name, rows, columns, _LATEST, attributes)

    def getRowsWithColumnsTs(
        self, name: bytes, rows: list[bytes], columns: Any, timestamp: int, attributes: Any
    ) -> list[Any]:
        table = self._table(name)
        found = [(row, table.row(row, columns, timestamp)) for row in rows]
        return [self._result(row, cells) for row, cells in found if cells]

    def get(self, name: bytes, row: bytes, column: bytes, attributes: Any) -> list[Any]:
        return self.getVerTs(name, row, column, _LATEST, 1, attributes)

    def getVer(self, name: bytes, row: bytes, column: bytes, versions: int, attributes: Any) -> list[Any]:
        return self.getVerTs(name, row, column, _LATEST, versions, attributes)

    def getVerTs(
        self, name: bytes, row: bytes, column: bytes, timestamp: int, versions: int, attributes: Any
    ) -> list[Any]:
        cells = self._table(name).rows.get(row, {}).get(column, [])
        chosen = [cell for cell in cells if cell[0] < timestamp][:versions]
        return [self._idl.TCell(value=value, timestamp=at) for at, value in chosen]

    # ---- writing

    def mutateRow(self, name: bytes, row: bytes, mutations: list[Any], attributes: Any) -> None:
        self.mutateRowTs(name, row, mutations, self._now(), attributes)

    def mutateRowTs(self, name: bytes, row: bytes, mutations: list[Any], timestamp: int, attributes: Any) -> None:
        table = self._table(name)
        for mutation in mutations:
            if mutation.column.partition(b":")[0] + b":" not in table.families:
                raise self._idl.IllegalArgument(message=f"no family for {mutation.column.decode()}")
            if mutation.isDelete:
                table.delete(row, [mutation.column], timestamp)
            else:
                table.put(row, mutation.column, mutation.value or b"", timestamp)

    def mutateRows(self, name: bytes, batches: list[Any], attributes: Any) -> None:
        self.mutateRowsTs(name, batches, self._now(), attributes)

    def mutateRowsTs(self, name: bytes, batches: list[Any], timestamp: int, attributes: Any) -> None:
        for batch in batches:
            self.mutateRowTs(name, batch.row, batch.mutations, timestamp, attributes)

    def deleteAllRow(self, name: bytes, row: bytes, attributes: Any) -> None:
        self._table(name).delete(row, None, _LATEST)

    def deleteAllRowTs(self, name: bytes, row: bytes, timestamp: int, attributes: Any) -> None:
        self._table(name).delete(row, None, timestamp)

    def atomicIncrement(self, name: bytes, row: bytes, column: bytes, value: int) -> int:
        table = self._table(name)
        cell = table.row(row, None, _LATEST).get(column)
        count = (struct.unpack(">q", cell[1])[0] if cell else 0) + value
        table.put(row, column, struct.pack(">q", count), self._now())
        return int(count)

    def incrementRows(self, increments: list[Any]) -> None:
        for each in increments:
            self.atomicIncrement(each.table, each.row, each.column, each.ammount)

    def append(self, append: Any) -> list[Any]:
        table = self._table(append.table)
        appended = []
        for column, value in zip(append.columns, append.values):
            cell = table.row(append.row, None, _LATEST).get(column)
            now = self._now()
            table.put(append.row, column, (cell[1] if cell else b"") + value, now)
            appended.append(self._idl.TCell(value=table.row(append.row, None, _LATEST)[column][1], timestamp=now))
        return appended

    # ---- scanning

    def scannerOpenWithScan(self, name: bytes, scan: Any, attributes: Any) -> int:
        table = self._table(name)
        first, last = scan.startRow or b"", scan.stopRow or b""
        before = _LATEST if scan.timestamp is None else scan.timestamp
        if scan.reversed:
            keys = [key for key in sorted(table.rows, reverse=True) if (not first or key <= first) and key > last]
        else:
            keys = [key for key in sorted(table.rows) if key >= first and (not last or key < last)]
        found = [(key, table.row(key, scan.columns, before)) for key in keys]
        self._scanner += 1
        self._scanners[self._scanner] = [self._result(key, cells, scan.sortColumns) for key, cells in found if cells]
        return self._scanner

    def scannerGetList(self, scanner: int, count: int) -> list[Any]:
        if scanner not in self._scanners:
            raise self._idl.IllegalArgument(message="no such scanner")
        rows = self._scanners[scanner]
        self._scanners[scanner] = rows[count:]
        return rows[:count]

    def scannerClose(self, scanner: int) -> None:
        if self._scanners.pop(scanner, None) is None:
            raise self._idl.IllegalArgument(message="no such scanner")
