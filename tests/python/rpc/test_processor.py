"""TProcessor, driven message by message: what is answered, what is refused, what ends the connection."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

import pytest

from calc import Handler, Log, calc
from fastthrift import defaults
from fastthrift.processor import TMultiplexedProcessor, TProcessor, TProcessorFactory
from fastthrift.protocol import TBinaryProtocol, TCompactProtocol
from fastthrift.thrift import TApplicationException, TException, TMessageType
from fastthrift.transport import TMemoryBuffer, TTransportException
from peer import CALL, EXCEPTION, ONEWAY, REPLY, message

PROTOCOLS = [TBinaryProtocol, TCompactProtocol]


@pytest.fixture(params=PROTOCOLS, ids=lambda cls: cls.__name__)
def protocol(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def closes_on_errors() -> Iterator[None]:
    """thriftpy2's default: no answer to what the IDL does not declare."""
    defaults.use("thriftpy2")
    yield
    defaults.use("fastthrift")


class Exchange:
    """One call of a processor in memory."""

    def __init__(self, processor: TProcessor, protocol: Any) -> None:
        self.processor = processor
        self.protocol = protocol

    def request(self, name: str, kind: int = CALL, seqid: int = 7, **arguments: Any) -> bytes:
        trans = TMemoryBuffer()
        proto = self.protocol(trans)
        proto.write_message_begin(name, kind, seqid)
        method = name.rpartition(":")[2]
        args = getattr(calc.Calc, f"{method}_args", calc.Calc.nothing_args)
        args(**arguments).write(proto)
        proto.write_message_end()
        return bytes(trans.getvalue())

    def answer(self, request: bytes) -> tuple[str, int, int, Any] | None:
        """Name, type, sequence id and content of the answer; None when there is none."""
        out = TMemoryBuffer()
        self.processor.process(self.protocol(TMemoryBuffer(request)), self.protocol(out))
        if not out.getvalue():
            return None
        proto = self.protocol(out)
        name, kind, seqid = proto.read_message_begin()
        content = TApplicationException() if kind == EXCEPTION else getattr(calc.Calc, f"{name}_result")()
        content.read(proto)
        proto.read_message_end()
        assert out.getvalue() == b""
        return name, kind, seqid, content

    def call(self, name: str, kind: int = CALL, **arguments: Any) -> Any:
        answer = self.answer(self.request(name, kind, **arguments))
        if answer is None:
            return None
        assert answer[2] == 7
        return answer[3]


@pytest.fixture
def exchange(protocol: Any) -> Exchange:
    return Exchange(TProcessor(calc.Calc, Handler()), protocol)


def test_a_call_is_answered_with_its_name_and_sequence_id(exchange: Exchange) -> None:
    name, kind, seqid, result = exchange.answer(exchange.request("add", seqid=0x12345678, a=1, b=2)) or ()
    assert (name, kind, seqid, result.success) == ("add", REPLY, 0x12345678, 3)


def test_a_declared_exception_is_in_the_result(exchange: Exchange) -> None:
    result = exchange.call("add", a=1000, b=1)
    assert result.success is None
    assert result.overflow.limit == 1000


def test_a_void_result_is_empty(exchange: Exchange) -> None:
    assert exchange.call("nothing") == calc.Calc.nothing_result()


def test_arguments_are_passed_in_the_order_of_declaration() -> None:
    class Order:
        def add(self, *args: Any) -> int:
            self.args = args
            return 0

    class Args(calc.Calc.add_args):  # type: ignore[misc]
        thrift_spec = {2: (8, "a", False), 1: (8, "b", False)}

    class Service:
        thrift_services = ["add"]
        add_args = Args
        add_result = calc.Calc.add_result

    handler = Order()
    out = TMemoryBuffer()
    request = message("add", CALL, 1, b"\x08\0\1\0\0\0\x0b\x08\0\2\0\0\0\x16\0")
    TProcessor(Service, handler).process(TBinaryProtocol(TMemoryBuffer(request)), TBinaryProtocol(out))
    assert handler.args == (22, 11)


@pytest.mark.parametrize("kind", [CALL, ONEWAY])
def test_a_oneway_is_never_answered(exchange: Exchange, kind: int) -> None:
    assert exchange.answer(exchange.request("note", kind, text="x")) is None
    assert exchange.answer(exchange.request("note", kind, text="fail")) is None
    assert exchange.processor._handler.notes == ["x", "fail"]


def test_an_unknown_method_is_answered_and_its_arguments_skipped(exchange: Exchange) -> None:
    refused = exchange.call("unheard")
    assert (refused.type, refused.message) == (TApplicationException.UNKNOWN_METHOD, None)
    assert str(refused) == "Unknown method"


def test_an_unknown_oneway_is_not_answered(exchange: Exchange) -> None:
    assert exchange.answer(exchange.request("unheard", ONEWAY)) is None


@pytest.mark.parametrize("kind", [REPLY, EXCEPTION])
def test_a_reply_is_no_call(exchange: Exchange, kind: int) -> None:
    refused = exchange.call("add", kind, a=1, b=2)
    assert refused.type == TApplicationException.INVALID_MESSAGE_TYPE


def test_a_missing_required_argument_is_a_protocol_error(exchange: Exchange) -> None:
    refused = exchange.call("need", b=1)
    assert refused.type == TApplicationException.PROTOCOL_ERROR
    assert "Calc.need: required argument 'a' is missing" in refused.message
    assert exchange.call("need", a=1).success == 8  # b's default


UNDECLARED = [
    "ValueError",
    "TTransportException",
    "RecursionError",
    "MemoryError",
    "ConnectionResetError",
    "SystemExit",
]


@pytest.mark.parametrize("how", UNDECLARED)
def test_an_undeclared_exception_is_logged_and_answered(exchange: Exchange, how: str) -> None:
    with Log("fastthrift.server") as log:
        refused = exchange.call("fail", how=how)
    assert refused.type == TApplicationException.INTERNAL_ERROR
    assert how in refused.message
    assert "secret" not in refused.message
    assert [bool(record.exc_info) for record in log.records] == [True]


def test_an_odd_base_exception_is_answered_and_goes_on_up(exchange: Exchange) -> None:
    out = TMemoryBuffer()
    request = exchange.request("fail", how="BaseException")
    with pytest.raises(BaseException, match="odd"):
        exchange.processor.process(exchange.protocol(TMemoryBuffer(request)), exchange.protocol(out))
    assert exchange.protocol(out).read_message_begin() == ("fail", EXCEPTION, 7)


def test_ctrl_c_in_the_main_thread_goes_on_up(exchange: Exchange) -> None:
    out = TMemoryBuffer()
    request = exchange.request("fail", how="KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        exchange.processor.process(exchange.protocol(TMemoryBuffer(request)), exchange.protocol(out))


@pytest.mark.parametrize("how", UNDECLARED)
@pytest.mark.usefixtures("closes_on_errors")
def test_thriftpy2s_profile_closes_on_undeclared_exceptions(exchange: Exchange, how: str) -> None:
    expected: Any = {"TTransportException": TTransportException, "SystemExit": SystemExit}.get(how, Exception)
    with pytest.raises(expected):
        exchange.call("fail", how=how)


def test_a_missing_handler_method_is_an_internal_error(protocol: Any) -> None:
    refused = Exchange(TProcessor(calc.Calc, object()), protocol).call("add", a=1, b=2)
    assert refused.type == TApplicationException.INTERNAL_ERROR
    assert "AttributeError" in refused.message


def test_a_result_that_cannot_be_written_is_an_internal_error(exchange: Exchange) -> None:
    with Log("fastthrift.server") as log:
        refused = exchange.call("wrong")
    assert refused.type == TApplicationException.INTERNAL_ERROR
    assert len(log.records) == 1


def test_an_application_exception_of_the_handler_is_the_answer(protocol: Any) -> None:
    class Own(Handler):
        def add(self, a: int, b: int) -> int:
            raise TApplicationException(77, "own")

    refused = Exchange(TProcessor(calc.Calc, Own()), protocol).call("add", a=1, b=2)
    assert (refused.type, refused.message) == (77, "own")


def test_a_subclass_of_a_declared_exception_is_declared(protocol: Any) -> None:
    class Special(calc.Overflow):  # type: ignore[misc]
        pass

    class Own(Handler):
        def add(self, a: int, b: int) -> int:
            raise Special(message="special", limit=1)

    result = Exchange(TProcessor(calc.Calc, Own()), protocol).call("add", a=1, b=2)
    assert result.overflow.message == "special"


@pytest.mark.parametrize("data", [b"", b"\x80", b"\xff" * 40, bytes(40), b"GET / HTTP/1.1\r\n\r\n"])
def test_bad_bytes_raise_a_thrift_exception_and_nothing_is_answered(exchange: Exchange, data: bytes) -> None:
    out = TMemoryBuffer()
    with pytest.raises(TException):
        exchange.processor.process(exchange.protocol(TMemoryBuffer(data)), exchange.protocol(out))
    assert out.getvalue() == b""


def test_every_truncation_of_a_call_is_refused(exchange: Exchange) -> None:
    request = exchange.request("echo", text="some text")
    for size in range(len(request)):
        with pytest.raises(TException):
            exchange.answer(request[:size])
    assert exchange.processor._handler.notes == []


def test_the_steps_can_be_overridden(protocol: Any) -> None:
    steps: list[str] = []

    class Own(TProcessor):
        def process_in(self, iprot: Any) -> Any:
            steps.append("process_in")
            return super().process_in(iprot)

        def handle_exception(self, e: Exception, result: Any) -> bool:
            steps.append("handle_exception")
            return super().handle_exception(e, result)

        def send_result(self, oprot: Any, api: str, result: Any, seqid: int) -> None:
            steps.append("send_result")
            super().send_result(oprot, api, result, seqid)

        def send_exception(self, oprot: Any, api: str, exc: Any, seqid: int) -> None:
            steps.append("send_exception")
            super().send_exception(oprot, api, exc, seqid)

    own = Exchange(Own(calc.Calc, Handler()), protocol)
    own.call("add", a=1, b=2)
    own.call("add", a=1000, b=2)
    own.call("unheard")
    own.call("fail", how="ValueError")
    assert steps == [
        *["process_in", "send_result"],
        *["process_in", "handle_exception", "send_result"],
        *["process_in", "send_exception"],
        *["process_in", "handle_exception", "send_exception"],
    ]


def test_process_in_gives_what_thriftpy2s_gives() -> None:
    processor = TProcessor(calc.Calc, Handler())
    api, seqid, result, call = processor.process_in(
        TBinaryProtocol(TMemoryBuffer(message("add", CALL, 5, b"\x08\0\1\0\0\0\1\x08\0\2\0\0\0\2\0")))
    )
    assert (api, seqid, type(result)) == ("add", 5, calc.Calc.add_result)
    assert call is not None
    assert call() == 3
    api, seqid, result, call = processor.process_in(TBinaryProtocol(TMemoryBuffer(message("foo", CALL, 5, b"\0"))))
    assert (api, seqid, type(result), call) == ("foo", 5, TApplicationException, None)


def test_differential_answers_byte_for_byte() -> None:
    """The same requests through thriftpy2's processor and ours."""
    peer = pytest.importorskip("thriftpy2.thrift")
    from thriftpy2.protocol import TBinaryProtocol as TheirBinary
    from thriftpy2.transport import TMemoryBuffer as TheirBuffer

    from calc import theirs

    requests = {
        "call": message("add", CALL, 1, b"\x08\0\1\0\0\0\1\x08\0\2\0\0\0\2\0"),
        "declared exception": message("add", CALL, 2, b"\x08\0\1\0\0\x10\0\x08\0\2\0\0\0\2\0"),
        "void": message("nothing", CALL, 3, b"\0"),
        "unknown method": message("foo", CALL, 4, b"\x0b\0\1\0\0\0\1x\0"),
        "unknown field": message("nothing", CALL, 5, b"\x0b\0\1\0\0\0\1x\0"),
        "oneway": message("note", ONEWAY, 6, b"\x0b\0\1\0\0\0\1x\0"),
        "oneway as a call": message("note", CALL, 6, b"\x0b\0\1\0\0\0\1x\0"),
        "call as a oneway": message("add", ONEWAY, 1, b"\x08\0\1\0\0\0\1\x08\0\2\0\0\0\2\0"),
        "none": message("none", CALL, 7, b"\0"),
        "negative sequence id": message("nothing", CALL, -5, b"\0"),
        "struct": message("item", CALL, 1, b"\x0c\0\1\x08\0\1\0\0\0\7\x0b\0\2\0\0\0\1n\0\0"),
    }
    ours, others = TProcessor(calc.Calc, Handler()), peer.TProcessor(theirs().Calc, Handler(theirs()))
    for name, request in requests.items():
        our_out, their_out = TMemoryBuffer(), TheirBuffer()
        ours.process(TBinaryProtocol(TMemoryBuffer(request)), TBinaryProtocol(our_out))
        others.process(TheirBinary(TheirBuffer(request)), TheirBinary(their_out))
        assert our_out.getvalue() == their_out.getvalue(), name


class TestMultiplexed:
    @pytest.fixture
    def multiplexed(self, protocol: Any) -> Exchange:
        processor = TMultiplexedProcessor()
        processor.register_processor("Calc", TProcessor(calc.Calc, Handler()))
        processor.register_processor("Other", TProcessor(calc.More, Handler()))
        return Exchange(processor, protocol)

    def test_the_name_says_which_service_and_the_answer_has_the_bare_one(self, multiplexed: Exchange) -> None:
        for service in ("Calc", "Other"):
            name, kind, seqid, result = multiplexed.answer(multiplexed.request(f"{service}:add", a=1, b=2)) or ()
            assert (name, kind, seqid, result.success) == ("add", REPLY, 7, 3)

    @pytest.mark.parametrize(
        ("name", "bare"),
        [("Nobody:add", "add"), ("Calc:unheard", "unheard"), ("Calc:a:b", "a:b"), (":add", "add"), ("add", "add")],
    )
    def test_what_nobody_serves_is_answered(self, multiplexed: Exchange, name: str, bare: str) -> None:
        answer = multiplexed.answer(multiplexed.request(name))
        assert answer is not None
        assert answer[:3] == (bare, EXCEPTION, 7)
        assert answer[3].type == TApplicationException.UNKNOWN_METHOD

    @pytest.mark.parametrize("kind", [REPLY, EXCEPTION])
    def test_a_reply_is_no_call(self, multiplexed: Exchange, kind: int) -> None:
        assert multiplexed.call("Calc:nothing", kind).type == TApplicationException.INVALID_MESSAGE_TYPE

    def test_a_name_is_registered_once(self, multiplexed: Exchange) -> None:
        with pytest.raises(TApplicationException, match="processor for `Calc` already registered") as twice:
            multiplexed.processor.register_processor("Calc", TProcessor(calc.Calc, Handler()))  # type: ignore[attr-defined]
        assert twice.value.type == TApplicationException.INTERNAL_ERROR
        assert sorted(multiplexed.processor.processors) == ["Calc", "Other"]  # type: ignore[attr-defined]
        assert TMultiplexedProcessor.SEPARATOR == ":"


def test_a_factory_makes_processors() -> None:
    handler = Handler()
    factory = TProcessorFactory(TProcessor, calc.Calc, handler=handler)
    assert (factory.args, factory.kwargs, factory.processor_class) == ((calc.Calc,), {"handler": handler}, TProcessor)
    first, second = factory.get_processor(), factory.get_processor()
    assert first is not second
    assert first._handler is handler


def test_message_types_are_those_of_the_specification() -> None:
    assert struct.unpack("!4B", bytes([CALL, REPLY, EXCEPTION, ONEWAY])) == (
        TMessageType.CALL,
        TMessageType.REPLY,
        TMessageType.EXCEPTION,
        TMessageType.ONEWAY,
    )
