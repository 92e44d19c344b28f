"""TSocket: real sockets, foreign ones, and what failures look like."""

from __future__ import annotations

import errno
import socket
import ssl
import threading
from collections.abc import Iterator
from typing import Any
from unittest.mock import Mock, call

import pytest

from fastthrift import defaults
from fastthrift.transport import TServerSocket, TSocket, TTransportBase, TTransportException

thriftpy2_socket = pytest.importorskip("thriftpy2.transport.socket")


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        sock.settimeout(10)
        yield sock


def has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6 loopback")

STATES: dict[str, dict[str, Any]] = {
    "host and port": {"host": "h", "port": 1},
    "unix": {"unix_socket": "/x"},
    "no timeout": {"host": "h", "port": 1, "socket_timeout": None},
    "zero is no timeout": {"host": "h", "port": 1, "socket_timeout": 0},
    "connect_timeout alone": {"host": "h", "port": 1, "socket_timeout": None, "connect_timeout": 100},
    "both": {"host": "h", "port": 1, "socket_timeout": 200, "connect_timeout": 100},
}


@pytest.mark.parametrize("arguments", STATES.values(), ids=STATES)
def test_the_attributes_are_those_of_thriftpy2(arguments: dict[str, Any]) -> None:
    assert vars(TSocket(**arguments)) == vars(thriftpy2_socket.TSocket(**arguments))


def test_a_given_sock_leaves_out_the_address() -> None:
    sock = Mock()
    assert vars(TSocket(sock=sock)) == vars(thriftpy2_socket.TSocket(sock=sock))
    assert isinstance(TSocket(sock=sock), TTransportBase)


def play(cls: type, sock: Mock) -> list[Any]:
    trans = cls(sock=sock)
    results: list[Any] = [trans.is_open(), trans.read(5), trans.write(b"xx"), trans.flush()]
    trans.set_timeout(500)
    results += [trans.socket_timeout, trans.connect_timeout]
    trans.set_timeout(0)
    results += [trans.socket_timeout, trans.close(), trans.sock, trans.is_open(), trans.close()]
    return results


def test_a_foreign_socket_is_driven_as_thriftpy2_drives_it() -> None:
    ours, theirs = Mock(**{"recv.return_value": b"abc"}), Mock(**{"recv.return_value": b"abc"})
    assert play(TSocket, ours) == play(thriftpy2_socket.TSocket, theirs)
    assert ours.mock_calls == theirs.mock_calls


@pytest.mark.parametrize("method", ["shutdown", "close"])
def test_close_goes_through_with_what_fails(method: str) -> None:
    sock = Mock(**{f"{method}.side_effect": OSError(errno.ENOTCONN, "not connected")})
    trans = TSocket(sock=sock)
    trans.close()
    assert sock.mock_calls == [call.shutdown(socket.SHUT_RDWR), call.close()]
    assert trans.sock is None


@pytest.mark.parametrize("arguments", [{"host": "h", "port": 1}, {"unix_socket": "/u"}])
def test_init_sock_can_be_overridden(arguments: dict[str, Any]) -> None:
    made: dict[str, list[Any]] = {}
    for cls in (TSocket, thriftpy2_socket.TSocket):

        class Own(cls):  # type: ignore[misc,valid-type]
            def _init_sock(self) -> None:
                self.sock = Mock()

        trans = Own(**arguments)
        trans.open()
        made[cls.__module__] = trans.sock.mock_calls
    ours, theirs = made.values()
    assert ours == theirs


def test_an_own_socket_that_does_not_connect_is_closed() -> None:
    class Own(TSocket):
        made = Mock(**{"connect.side_effect": OSError(errno.EIO, "no")})

        def _init_sock(self) -> None:
            self.sock = self.made

    trans = Own("h", 1)
    with pytest.raises(TTransportException, match=r"Could not connect to \('h', 1\)") as failed:
        trans.open()
    assert failed.value.type == TTransportException.NOT_OPEN
    assert isinstance(failed.value.__cause__, OSError)
    assert trans.sock is None
    assert Own.made.mock_calls[-2:] == [call.shutdown(socket.SHUT_RDWR), call.close()]


def test_set_handle_takes_anything() -> None:
    trans = TSocket()
    trans.set_handle("the sock")
    assert trans.sock == "the sock"
    assert trans.is_open()


@pytest.mark.parametrize("port", [9090, "9090"])
def test_a_port_is_an_int_or_digits(port: Any) -> None:
    assert TSocket("h", port).port == 9090


@pytest.mark.parametrize(
    "port", ["http", "", " 9090", "+1", "-1", -1, 65536, "65536", "9" * 5000, 1.5, True, b"9090", "٩"]
)
@pytest.mark.parametrize("cls", [TSocket, TServerSocket])
def test_any_other_port_is_a_value_error(cls: type, port: Any) -> None:
    with pytest.raises(ValueError, match="port must be an int or a string of digits"):
        cls("h", port)


def test_a_real_connection(listener: socket.socket) -> None:
    trans = TSocket("127.0.0.1", str(listener.getsockname()[1]), socket_timeout=2000, connect_timeout=1000)
    assert not trans.is_open()
    trans.open()
    peer, _ = listener.accept()
    with peer:
        assert trans.is_open()
        assert trans.sock.gettimeout() == 2.0
        assert trans.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert trans.sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        trans.write(b"ping")
        assert peer.recv(10) == b"ping"
        peer.sendall(b"pong")
        assert trans.read(100) == b"pong"
        trans.close()
        assert peer.recv(10) == b""


def test_opening_again_closes_the_first_connection(listener: socket.socket) -> None:
    trans = TSocket("127.0.0.1", listener.getsockname()[1])
    trans.open()
    first = trans.sock
    trans.open()
    assert first.fileno() == -1
    trans.close()


def test_the_end_of_the_stream_says_what_to_check() -> None:
    trans = TSocket(sock=Mock(**{"recv.return_value": b""}))
    with pytest.raises(TTransportException) as ended:
        trans.read(5)
    assert ended.value.type == TTransportException.END_OF_FILE
    assert ended.value.message.startswith("TSocket read 0 bytes")
    assert "same transport" in ended.value.message


def test_thriftpy2s_profile_has_thriftpy2s_texts_alone() -> None:
    defaults.use("thriftpy2")
    try:
        with pytest.raises(TTransportException) as ended:
            TSocket(sock=Mock(**{"recv.return_value": b""})).read(5)
        assert ended.value.message == "TSocket read 0 bytes"
        with socket.create_server(("127.0.0.1", 0)) as listener:
            address = listener.getsockname()
        with pytest.raises(TTransportException) as refused:
            TSocket(*address).open()
        assert refused.value.message == f"Could not connect to {address}"
    finally:
        defaults.use("fastthrift")


def test_a_timeout_is_both_a_socket_timeout_and_a_transport_exception() -> None:
    near, far = socket.socketpair()
    with near, far:
        trans = TSocket(sock=near)
        trans.set_timeout(20)
        with pytest.raises(socket.timeout) as late:
            trans.read(1)
        assert isinstance(late.value, TTransportException)
        assert isinstance(late.value, TimeoutError)
        assert late.value.type == TTransportException.TIMED_OUT
        with pytest.raises(socket.timeout, match="no write within 0.02 s"):
            for _ in range(1000):
                trans.write(b"x" * 100_000)


@pytest.mark.parametrize("error", [ConnectionResetError(errno.ECONNRESET, "x"), OSError(errno.EIO, "x")])
def test_other_errors_of_the_socket_are_transport_errors_too(error: OSError) -> None:
    for use in (
        lambda: TSocket(sock=Mock(**{"recv.side_effect": error})).read(1),
        lambda: TSocket(sock=Mock(**{"sendall.side_effect": error})).write(b"x"),
    ):
        with pytest.raises(type(error)) as failed:
            use()
        assert isinstance(failed.value, TTransportException)
        assert (failed.value.errno, failed.value.__cause__) == (error.errno, error)


@pytest.mark.parametrize(
    "error", [ssl.SSLWantReadError(1, "x"), BlockingIOError(errno.EAGAIN, "x"), socket.gaierror(1, "x")]
)
def test_errors_that_are_no_connections_end_come_through(error: OSError) -> None:
    with pytest.raises(OSError) as failed:
        TSocket(sock=Mock(**{"recv.side_effect": error})).read(1)
    assert failed.value is error


def test_an_interrupted_read_goes_on() -> None:
    assert TSocket(sock=Mock(**{"recv.side_effect": [InterruptedError(), b"a"]})).read(1) == b"a"


@pytest.mark.parametrize("use", [lambda t: t.read(1), lambda t: t.write(b"x")])
def test_a_socket_that_is_not_open_says_so(use: Any) -> None:
    with pytest.raises(TTransportException, match="not open") as closed:
        use(TSocket("h", 1))
    assert closed.value.type == TTransportException.NOT_OPEN


def test_a_refused_connection_names_the_address(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    listener.close()
    with pytest.raises(TTransportException, match=rf"Could not connect to \('127.0.0.1', {port}\)") as refused:
        TSocket("127.0.0.1", port).open()
    assert refused.value.type == TTransportException.NOT_OPEN
    assert isinstance(refused.value.__cause__, ConnectionRefusedError)


def test_what_was_never_given_an_address_says_so() -> None:
    with pytest.raises(ValueError, match="TSocket needs host and port, or unix_socket"):
        TSocket("127.0.0.1").open()
    near, far = socket.socketpair()
    trans = TSocket(sock=near)
    trans.close()
    with far, pytest.raises(TTransportException, match="made from sock=") as failed:
        trans.open()
    assert failed.value.type == TTransportException.NOT_OPEN


def test_a_port_that_is_far_too_long_is_quoted_in_short() -> None:
    with pytest.raises(ValueError, match="string of digits") as failed:
        TSocket("127.0.0.1", "9" * 100_000)
    assert len(str(failed.value)) < 150


def test_an_unknown_host_cannot_be_connected_to() -> None:
    with pytest.raises(TTransportException, match="Could not connect to"):
        TSocket("no such host.invalid", 1).open()


def test_connect_timeout_does_not_stay_on_the_socket(listener: socket.socket) -> None:
    trans = TSocket("127.0.0.1", listener.getsockname()[1], socket_timeout=None, connect_timeout=1000)
    trans.open()
    assert trans.sock.gettimeout() is None
    trans.close()


@needs_ipv6
@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_an_ipv6_address_needs_no_family(family: int) -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        trans = TSocket("::1", server.getsockname()[1], socket_family=family)
        trans.open()
        assert trans.sock.family == socket.AF_INET6
        trans.close()


def test_localhost_that_refuses_over_ipv4_is_tried_over_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []

    class Fake(Mock):
        def connect(self, address: Any) -> None:
            if tried[-1] == socket.AF_INET:
                raise ConnectionRefusedError(errno.ECONNREFUSED, "refused")

    def make(family: int, kind: int) -> Mock:
        tried.append(family)
        return Fake()

    def found(host: str, port: int, family: int, kind: int) -> list[Any]:
        if family not in known:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(family, kind, 0, "", (host, port))]

    known = [socket.AF_INET, socket.AF_INET6]
    monkeypatch.setattr(socket, "getaddrinfo", found)
    monkeypatch.setattr(socket, "socket", make)
    TSocket("localhost", 1).open()
    assert tried == [socket.AF_INET, socket.AF_INET6]
    tried.clear()
    with pytest.raises(TTransportException):
        TSocket("127.0.0.1", 1).open()
    assert tried == [socket.AF_INET]
    known.pop()
    with pytest.raises(TTransportException, match="refused"):  # not that it has no IPv6 address
        TSocket("localhost", 1).open()


@pytest.mark.parametrize("host", ["a..b", "a" * 300])
def test_what_cannot_be_a_name_cannot_be_connected_to(host: str) -> None:
    with pytest.raises(TTransportException) as raised:
        TSocket(host, 1).open()
    assert raised.value.type == TTransportException.NOT_OPEN


def test_another_address_of_the_name_is_tried_when_the_first_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.3", 0)) as listener:
        port = listener.getsockname()[1]
        addresses = ["127.0.0.2", "127.0.0.3"]
        ask = socket.getaddrinfo

        def found(host: str, *rest: Any) -> list[Any]:
            return [each for one in (addresses if host == "service" else [host]) for each in ask(one, *rest)]

        class Known(socket.socket):  # the system would not know the name
            def connect(self, address: Any) -> None:
                super().connect((addresses[0] if address[0] == "service" else address[0], address[1]))

        monkeypatch.setattr(socket, "getaddrinfo", found)
        monkeypatch.setattr(socket, "socket", Known)
        trans = TSocket("service", port)
        trans.open()
        assert trans.sock.getpeername() == ("127.0.0.3", port)
        trans.close()


def test_close_in_another_thread_ends_a_read() -> None:
    near, far = socket.socketpair()
    trans = TSocket(sock=near)
    ended = threading.Event()

    def read() -> None:
        with pytest.raises((TTransportException, OSError)):
            trans.read(1)
        ended.set()

    reader = threading.Thread(target=read)
    reader.start()
    trans.close()
    assert ended.wait(10)
    reader.join(10)
    far.close()
