"""HiveServer2 in memory: sessions and operations, each statement with a result of its own; SASL PLAIN on the server's side."""

from __future__ import annotations

import re
import struct
import uuid
from typing import Any

from fastthrift.transport.base import TTransportBase, readall

# statement, lower case -> [(column, type, values)]
Results = dict[str, list[tuple[str, str, list[Any]]]]

RESULTS: Results = {
    "select 1": [("1", "INT", [1])],
    "select 1 as a_number": [("a_number", "INT", [1])],
    "show databases": [("name", "STRING", ["default", "other"])],
    "show tables": [("name", "STRING", ["t"])],
    "select * from everything": [
        ("b", "BOOLEAN", [True, None, False]),
        ("i", "INT", [1, 2, None]),
        ("l", "BIGINT", [2**40, None, -1]),
        ("d", "DOUBLE", [0.5, None, -1.5]),
        ("s", "STRING", ["ä", "", None]),
    ],
}

_NO_RESULT = re.compile(r"\s*(create|drop|use)\s", re.IGNORECASE)

# type -> field of the union TColumn, its class, what stands for NULL
_COLUMNS: dict[str, tuple[str, str, Any]] = {
    "BOOLEAN": ("boolVal", "TBoolColumn", False),
    "INT": ("i32Val", "TI32Column", 0),
    "BIGINT": ("i64Val", "TI64Column", 0),
    "DOUBLE": ("doubleVal", "TDoubleColumn", 0.0),
    "STRING": ("stringVal", "TStringColumn", ""),
}


class HiveServer:
    """The handler of `TCLIService` and of what Impala adds to it; ``cli`` has the classes of TCLIService.thrift."""

    def __init__(self, cli: Any, impala: Any) -> None:
        self._cli = cli
        self._impala = impala
        self.sessions: set[bytes] = set()
        self._operations: dict[bytes, list[tuple[str, str, list[Any]]]] = {}
        self._fetched: set[bytes] = set()

    def _status(self, error: str | None = None) -> Any:
        codes = self._cli.TStatusCode
        if error is None:
            return self._cli.TStatus(statusCode=codes.SUCCESS_STATUS)
        return self._cli.TStatus(statusCode=codes.ERROR_STATUS, errorMessage=error)

    def _handle(self) -> Any:
        return self._cli.THandleIdentifier(guid=uuid.uuid4().bytes, secret=b"\xff\x00")

    def OpenSession(self, req: Any) -> Any:
        handle = self._handle()
        self.sessions.add(handle.guid)
        return self._cli.TOpenSessionResp(
            status=self._status(),
            serverProtocolVersion=req.client_protocol,
            sessionHandle=self._cli.TSessionHandle(sessionId=handle),
            configuration=req.configuration,
        )

    def CloseSession(self, req: Any) -> Any:
        self.sessions.discard(req.sessionHandle.sessionId.guid)
        return self._cli.TCloseSessionResp(status=self._status())

    def ExecuteStatement(self, req: Any) -> Any:
        result = [] if _NO_RESULT.match(req.statement) else RESULTS.get(req.statement.lower())
        if req.sessionHandle.sessionId.guid not in self.sessions or result is None:
            return self._cli.TExecuteStatementResp(status=self._status(f"AnalysisException: {req.statement}"))
        handle = self._handle()
        self._operations[handle.guid] = result
        operation = self._cli.TOperationHandle(
            operationId=handle, operationType=self._cli.TOperationType.EXECUTE_STATEMENT, hasResultSet=bool(result)
        )
        return self._cli.TExecuteStatementResp(status=self._status(), operationHandle=operation)

    def GetOperationStatus(self, req: Any) -> Any:
        state = self._cli.TOperationState.FINISHED_STATE
        return self._cli.TGetOperationStatusResp(status=self._status(), operationState=state)

    def GetResultSetMetadata(self, req: Any) -> Any:
        columns = []
        for position, (name, kind, _) in enumerate(self._operations[req.operationHandle.operationId.guid], 1):
            primitive = self._cli.TPrimitiveTypeEntry(type=getattr(self._cli.TTypeId, kind + "_TYPE"))
            described = self._cli.TTypeDesc(types=[self._cli.TTypeEntry(primitiveEntry=primitive)])
            columns.append(self._cli.TColumnDesc(columnName=name, typeDesc=described, position=position))
        return self._cli.TGetResultSetMetadataResp(
            status=self._status(), schema=self._cli.TTableSchema(columns=columns)
        )

    def FetchResults(self, req: Any) -> Any:
        guid = req.operationHandle.operationId.guid
        is_first = guid not in self._fetched
        self._fetched.add(guid)
        columns = []
        for _, kind, values in self._operations[guid]:
            field, name, null = _COLUMNS[kind]
            shown = values if is_first else []
            bits = bytearray((len(shown) + 7) // 8)
            for at, value in enumerate(shown):
                bits[at // 8] |= (value is None) << at % 8
            filled = [null if value is None else value for value in shown]
            column = getattr(self._cli, name)(values=filled, nulls=bytes(bits))
            columns.append(self._cli.TColumn(**{field: column}))
        rows = self._cli.TRowSet(startRowOffset=0, rows=[], columns=columns)
        return self._cli.TFetchResultsResp(status=self._status(), hasMoreRows=False, results=rows)

    def CloseOperation(self, req: Any) -> Any:
        self._operations.pop(req.operationHandle.operationId.guid, None)
        return self._cli.TCloseOperationResp(status=self._status())

    def CancelOperation(self, req: Any) -> Any:
        return self._cli.TCancelOperationResp(status=self._status())

    def GetLog(self, req: Any) -> Any:
        return self._cli.TGetLogResp(status=self._status(), log="a line\n")

    def GetRuntimeProfile(self, req: Any) -> Any:
        return self._impala.TGetRuntimeProfileResp(status=self._status(), profile="a profile")

    def GetExecSummary(self, req: Any) -> Any:
        return self._impala.TGetExecSummaryResp(status=self._status())


class PlainServerTransport(TTransportBase):
    """SASL's negotiation of PLAIN, then frames: the other end of `TSaslClientTransport`."""

    def __init__(self, trans: Any, accounts: list[bytes]) -> None:
        self._trans = trans
        self._accounts = accounts
        self._is_negotiated = False
        self._unread = b""
        self._unsent = b""

    def is_open(self) -> bool:
        return bool(self._trans.is_open())

    def open(self) -> None:
        pass

    def close(self) -> None:
        self._trans.close()

    def _exactly(self, size: int) -> bytes:
        return bytes(readall(self._trans.read, size))

    def _negotiate(self) -> None:
        for expected in (1, 2):  # START and the mechanism, OK and the initial response
            status, length = struct.unpack(">BI", self._exactly(5))
            body = self._exactly(length)
            assert status == expected, status
            assert expected == 2 or body == b"PLAIN", body
        self._accounts.append(body)
        self._trans.write(struct.pack(">BI", 5, 0))  # COMPLETE
        self._trans.flush()
        self._is_negotiated = True

    def _read(self, sz: int) -> bytes:
        if not self._is_negotiated:
            self._negotiate()
        if not self._unread:
            (length,) = struct.unpack(">I", self._exactly(4))
            self._unread = self._exactly(length)
        piece, self._unread = self._unread[:sz], self._unread[sz:]
        return piece

    def write(self, buf: Any) -> None:
        self._unsent += bytes(buf)

    def flush(self) -> None:
        data, self._unsent = self._unsent, b""
        self._trans.write(struct.pack(">I", len(data)) + data)
        self._trans.flush()


class PlainServerTransportFactory:
    def __init__(self) -> None:
        self.accounts: list[bytes] = []

    def get_transport(self, trans: Any) -> PlainServerTransport:
        return PlainServerTransport(trans, self.accounts)
