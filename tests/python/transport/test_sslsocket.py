"""TSSLSocket and TSSLServerSocket: who is trusted, what is refused, and that nobody holds up the others."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from typing import Any

import pytest

import fastthrift
from background import running
from certificates import Certificates
from fastthrift import defaults
from fastthrift.rpc import client_context, make_client, make_server
from fastthrift.server import TThreadedServer
from fastthrift.transport import (
    TSSLServerSocket,
    TSSLSocket,
    TTransportException,
    _ssl,
    create_thriftpy_context,
    sslsocket,
)

IDL = """
struct Note { 1: string text, 2: list<i32> numbers }
service Echo { Note echo(1: Note note), string big(1: i32 size) }
"""


@pytest.fixture(scope="module")
def module() -> Any:
    return fastthrift.loads(IDL)


class Handler:
    def echo(self, note: Any) -> Any:
        return note

    def big(self, size: int) -> str:
        return "x" * size


@contextlib.contextmanager
def serving(module: Any, certfile: str, **options: Any) -> Iterator[int]:
    server = make_server(module.Echo, Handler(), "127.0.0.1", 0, certfile=certfile)
    for name, value in options.items():
        setattr(server.trans, name, value)
    with running(server) as port:
        yield port


def test_a_call_goes_over_tls(module: Any, certificates: Certificates) -> None:
    with (
        serving(module, certificates.server) as port,
        client_context(module.Echo, "127.0.0.1", port, cafile=certificates.ca) as client,
    ):
        note = module.Note("héllo", [1, 2])
        assert client.echo(note) == note
        assert len(client.big(1_000_000)) == 1_000_000
        assert isinstance(client._iprot.trans.sock, ssl.SSLSocket)
        assert client._iprot.trans.sock.version() in ("TLSv1.2", "TLSv1.3")


@pytest.mark.parametrize("how", ["cafile", "ssl_context"])
def test_any_tls_argument_means_tls(module: Any, certificates: Certificates, how: str) -> None:
    context = create_thriftpy_context()
    context.load_verify_locations(certificates.ca)
    tls: Any = {"cafile": certificates.ca} if how == "cafile" else {"ssl_context": context}
    with serving(module, certificates.server) as port:
        client = make_client(module.Echo, "localhost", str(port), **tls)
        assert client.big(3) == "xxx"
        client.close()


def test_a_certfile_alone_is_not_plain_text(module: Any, certificates: Certificates) -> None:
    # thriftpy2 speaks plain TCP then. The system's authorities do not know ours, so the handshake is what fails.
    with serving(module, certificates.server) as port, pytest.raises(TTransportException) as caught:
        make_client(module.Echo, "127.0.0.1", port, certfile=certificates.client)
    assert caught.value.type == TTransportException.NOT_OPEN
    assert isinstance(caught.value.__cause__, ssl.SSLCertVerificationError)


REFUSED = {
    "an authority that is not trusted": ("server", "stranger", "127.0.0.1"),
    "a certificate for another host": ("elsewhere", "ca", "127.0.0.1"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_client_refuses(module: Any, certificates: Certificates, name: str) -> None:
    certfile, cafile, host = REFUSED[name]
    with serving(module, getattr(certificates, certfile)) as port, pytest.raises(TTransportException) as caught:
        make_client(module.Echo, host, port, cafile=getattr(certificates, cafile))
    assert caught.value.type == TTransportException.NOT_OPEN
    assert "ertificate" in str(caught.value.__cause__)


def test_the_host_check_can_be_switched_off(
    module: Any, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(module, certificates.elsewhere) as port:
        trans = TSSLSocket("127.0.0.1", port, cafile=certificates.ca, check_hostname=False)
        trans.open()
        trans.close()
        monkeypatch.setattr(defaults.current, "check_hostname", False)
        trans = TSSLSocket("127.0.0.1", port, cafile=certificates.ca)
        trans.open()
        trans.close()


def test_validate_false_trusts_anybody(module: Any, certificates: Certificates) -> None:
    with serving(module, certificates.elsewhere) as port:
        trans = TSSLSocket("127.0.0.1", port, validate=False)
        trans.open()
        assert trans.is_open()
        trans.close()


def test_a_server_may_want_the_client_certificate(module: Any, certificates: Certificates) -> None:
    trans = TSSLServerSocket("127.0.0.1", 0, certfile=certificates.server, cafile=certificates.ca)
    with running(TThreadedServer(make_processor(module), trans)) as port:
        with client_context(
            module.Echo, "127.0.0.1", port, cafile=certificates.ca, certfile=certificates.client
        ) as client:
            assert client.big(2) == "xx"
        # TLS 1.3 tells a client without one at its first read.
        with (
            pytest.raises((TTransportException, OSError)),
            client_context(module.Echo, "127.0.0.1", port, cafile=certificates.ca) as client,
        ):
            client.big(2)


def make_processor(module: Any) -> Any:
    from fastthrift.processor import TProcessor

    return TProcessor(module.Echo, Handler())


def test_tls_1_1_is_refused(module: Any, certificates: Certificates) -> None:
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname = False
    old.verify_mode = ssl.CERT_NONE
    old.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    with serving(module, certificates.server) as port, socket.create_connection(("127.0.0.1", port), 5) as plain:
        with pytest.raises((ssl.SSLError, OSError)):
            old.wrap_socket(plain)


def test_clients_that_never_shake_hands_hold_up_nobody(module: Any, certificates: Certificates) -> None:
    with serving(module, certificates.server) as port, contextlib.ExitStack() as mute:
        for _ in range(20):
            mute.enter_context(socket.create_connection(("127.0.0.1", port), 5))
        with client_context(module.Echo, "127.0.0.1", port, cafile=certificates.ca) as client:
            assert client.big(2) == "xx"


def test_a_mute_client_is_cut_off_at_the_handshake_deadline(
    module: Any, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sslsocket, "HANDSHAKE_MS", 100)
    with serving(module, certificates.server) as port, socket.create_connection(("127.0.0.1", port), 5) as mute:
        mute.settimeout(10)
        assert mute.recv(1) == b""


@pytest.mark.parametrize(
    "first", [b"GET / HTTP/1.1\r\n\r\n", b"\x80\x01\x00\x01", b"\x16\x03\x01\xff\xff" + b"\0" * 50]
)
def test_bytes_that_are_no_handshake_end_their_connection_alone(
    module: Any, certificates: Certificates, first: bytes
) -> None:
    with serving(module, certificates.server) as port:
        with socket.create_connection(("127.0.0.1", port), 5) as wrong:
            wrong.settimeout(10)
            wrong.sendall(first)
            with contextlib.suppress(OSError):  # the server may be faster
                wrong.shutdown(socket.SHUT_WR)
            with contextlib.suppress(ConnectionResetError):
                while wrong.recv(4096):
                    pass
        with client_context(module.Echo, "127.0.0.1", port, cafile=certificates.ca) as client:
            assert client.big(1) == "x"


def test_a_plain_server_that_is_called_over_tls_is_an_error_in_time(module: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute, pytest.raises(TTransportException) as caught:
        trans = TSSLSocket("127.0.0.1", mute.getsockname()[1], socket_timeout=5000, connect_timeout=100, validate=False)
        trans.open()
    assert caught.value.type == TTransportException.NOT_OPEN


def test_a_call_over_tls_has_a_deadline(module: Any, certificates: Certificates) -> None:
    entered = threading.Event()
    leave = threading.Event()

    class Slow(Handler):
        def big(self, size: int) -> str:
            entered.set()
            leave.wait(10)
            return ""

    server = make_server(module.Echo, Slow(), "127.0.0.1", 0, certfile=certificates.server)
    with running(server) as port:
        client = make_client(module.Echo, "127.0.0.1", port, cafile=certificates.ca, timeout=200)
        try:
            with pytest.raises(socket.timeout) as caught:
                client.big(1)
        finally:
            leave.set()
        assert isinstance(caught.value, TTransportException)
        assert entered.is_set()
        with pytest.raises(TTransportException):  # the connection is out of step and closed
            client.big(1)


def test_an_unreadable_certfile_is_named() -> None:
    with pytest.raises(OSError, match="No such certfile found: /nowhere/cert.pem"):
        TSSLServerSocket("127.0.0.1", 0, certfile="/nowhere/cert.pem")


def test_contexts_are_as_strict_as_they_should_be(monkeypatch: pytest.MonkeyPatch) -> None:
    client = create_thriftpy_context()
    assert client.verify_mode == ssl.CERT_REQUIRED and client.check_hostname
    assert client.minimum_version >= ssl.TLSVersion.TLSv1_2
    server = create_thriftpy_context(server_side=True)
    assert server.verify_mode == ssl.CERT_NONE
    assert server.minimum_version >= ssl.TLSVersion.TLSv1_2
    monkeypatch.setattr(defaults.current, "check_hostname", False)
    assert not create_thriftpy_context().check_hostname
    assert create_thriftpy_context(check_hostname=True).check_hostname


@pytest.mark.parametrize("ciphers", [_ssl.DEFAULT_CIPHERS, _ssl.RESTRICTED_SERVER_CIPHERS])
def test_named_ciphers_can_be_handed_to_any_context(ciphers: str) -> None:
    for context in (ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), create_thriftpy_context(ciphers=ciphers)):
        context.set_ciphers(ciphers)
        old = [cipher for cipher in context.get_ciphers() if cipher["protocol"] != "TLSv1.3"]
        assert old and all("DHE-" in cipher["name"] and cipher["aead"] for cipher in old)


@pytest.mark.parametrize("mine", [True, False])
def test_sockets_leave_the_ciphers_to_python_unless_told(certificates: Certificates, mine: bool) -> None:
    def names(context: ssl.SSLContext) -> list[str]:
        return [cipher["name"] for cipher in context.get_ciphers()]

    options: Any = {"ciphers": "ECDHE+AESGCM"} if mine else {}
    client = TSSLSocket("127.0.0.1", 1, cafile=str(certificates.ca), **options).ssl_context
    server = TSSLServerSocket("127.0.0.1", 0, certfile=str(certificates.server), **options).ssl_context
    for context, fresh in (
        (client, ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)),
        (server, ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)),
    ):
        if mine:
            fresh.set_ciphers("ECDHE+AESGCM")
        assert names(context) == names(fresh)


def test_importing_rpc_does_not_import_ssl() -> None:
    import subprocess
    import sys

    code = "import sys, fastthrift.rpc; print('ssl' in sys.modules); fastthrift.rpc.TSSLSocket; print('ssl' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=50)
    assert done.stdout.split() == ["False", "True"], done.stderr
