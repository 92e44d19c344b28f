"""TLS by Apache's names: certificates and hosts are checked, and who may not in stays out."""

from __future__ import annotations

import contextlib
import logging
import socket
import ssl
import warnings
from typing import Any

import pytest

import served_calc as calc
from background import running
from certificates import Certificates
from fastthrift.apache.protocol.TBinaryProtocol import TBinaryProtocol, TBinaryProtocolFactory
from fastthrift.apache.server import TServer
from fastthrift.apache.transport import sslcompat
from fastthrift.apache.transport.TSSLSocket import TSSLServerSocket, TSSLSocket
from fastthrift.apache.transport.TTransport import TBufferedTransport, TBufferedTransportFactory, TTransportException


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is refused on purpose is not told; other modules' tests read the same logger."""
    monkeypatch.setattr(logging.getLogger("fastthrift"), "propagate", False)


def serving(**options: Any) -> contextlib.AbstractContextManager[int]:
    server = TServer.TThreadedServer(
        calc.Processor(calc.Handler()),
        TSSLServerSocket("127.0.0.1", 0, **options),
        TBufferedTransportFactory(),
        TBinaryProtocolFactory(),
    )
    return running(server, lambda: server.stop(0))


def call(port: int, host: str = "127.0.0.1", **options: Any) -> Any:
    sock = TSSLSocket(host, port, **options)
    sock.setTimeout(10_000)
    trans = TBufferedTransport(sock)
    trans.open()
    try:
        return calc.Client(TBinaryProtocol(trans)).add(1, 2), sock.is_valid, sock.peercert
    finally:
        trans.close()


def test_a_checked_connection_carries_calls(certificates: Certificates) -> None:
    with serving(certfile=certificates.server) as port:
        found, is_valid, certificate = call(port, ca_certs=certificates.ca)
        assert (found, is_valid) == (3, True)
        assert ("DNS", "localhost") in certificate["subjectAltName"]
        assert call(port, cert_reqs=ssl.CERT_NONE) == (3, False, None)
        context = ssl.create_default_context(cafile=certificates.ca)
        assert call(port, ssl_context=context)[:2] == (3, True)
        assert call(port, ca_certs=certificates.ca, server_hostname="localhost")[0] == 3


@pytest.mark.parametrize("what", ["host", "authority"])
def test_a_server_that_is_not_who_it_should_be_is_refused(certificates: Certificates, what: str) -> None:
    with serving(certfile=certificates.elsewhere if what == "host" else certificates.server) as port:
        with pytest.raises(TTransportException) as refused:
            call(port, ca_certs=certificates.ca if what == "host" else certificates.stranger)
        assert refused.value.type == TTransportException.NOT_OPEN
        assert isinstance(refused.value.inner, ssl.SSLCertVerificationError)


def test_a_callback_may_refuse_what_openssl_takes(certificates: Certificates) -> None:
    seen: list[Any] = []

    def refuse(certificate: Any, host: Any) -> None:
        seen.append(host)
        raise ValueError("not today")

    with serving(certfile=certificates.server) as port:
        with pytest.raises(TTransportException, match="not today"):
            call(port, ca_certs=certificates.ca, validate_callback=refuse)
    assert seen == ["127.0.0.1"]


def test_clients_show_certificates_where_they_must(certificates: Certificates) -> None:
    options = {"certfile": certificates.server, "cert_reqs": ssl.CERT_REQUIRED, "ca_certs": certificates.ca}
    with serving(**options) as port:
        assert call(port, ca_certs=certificates.ca, certfile=certificates.server)[0] == 3
        for certificate in (None, certificates.elsewhere):  # none, and one that is not made out to the client's address
            with pytest.raises(TTransportException):
                call(port, ca_certs=certificates.ca, certfile=certificate)
    with serving(**options, validate_callback=lambda certificate, host: None) as port:
        assert call(port, ca_certs=certificates.ca, certfile=certificates.elsewhere)[0] == 3


def test_a_client_that_never_shakes_hands_holds_up_nobody(certificates: Certificates) -> None:
    with serving(certfile=certificates.server) as port, socket.create_connection(("127.0.0.1", port)) as silent:
        assert call(port, ca_certs=certificates.ca)[0] == 3
        silent.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert call(port, ca_certs=certificates.ca)[0] == 3


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({}, ValueError),  # nothing to check the server against
        ({"ca_certs": "/does/not/exist"}, OSError),
        ({"ssl_context": ssl.create_default_context(), "ca_certs": "x"}, ValueError),
        ({"validate": False, "cert_reqs": ssl.CERT_NONE}, ValueError),
        ({"nonsense": 1}, TypeError),
    ],
)
def test_arguments_that_make_no_sense_are_told(options: dict[str, Any], error: type) -> None:
    with pytest.raises(error):
        TSSLSocket("localhost", 1, **options)


def test_arguments_of_old_are_taken_with_a_warning(certificates: Certificates) -> None:
    with pytest.warns(DeprecationWarning):
        sock = TSSLSocket("localhost", 1, True, certificates.ca)
    assert sock.validate
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert not TSSLSocket("localhost", 1, False).validate
        with pytest.raises(TypeError):
            TSSLSocket("localhost", 1, False, None, None, None, None, None, None)
    with pytest.raises(OSError, match="No such certfile"):
        TSSLServerSocket("localhost", 0, certfile="/does/not/exist")
    assert TSSLSocket("localhost", 1, cert_reqs=ssl.CERT_NONE).ssl_context.minimum_version == ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize(
    ("names", "address", "fits"),
    [
        ([("IP Address", "127.0.0.1")], "127.0.0.1", True),
        ([("IP Address", "127.0.0.1")], "::ffff:127.0.0.1", True),
        ([("IP Address", "127.0.0.1")], "127.0.0.2", False),
        ([("DNS", "127.0.0.1")], "127.0.0.1", False),
        ([], "127.0.0.1", False),
    ],
)
def test_addresses_of_certificates_are_compared(names: Any, address: str, fits: bool) -> None:
    certificate = {"subjectAltName": names}
    if fits:
        sslcompat.match_peer_ipaddress(certificate, address)
    else:
        with pytest.raises(TTransportException):
            sslcompat.match_peer_ipaddress(certificate, address)


def test_the_check_of_old_compares_the_common_name() -> None:
    certificate = {"subject": ((("commonName", "a.example"),),)}
    sslcompat.legacy_validate_callback(certificate, "a.example")
    for bad, host in ((certificate, "b.example"), (None, "a.example"), ({"subject": ()}, "a.example")):
        with pytest.raises(TTransportException):
            sslcompat.legacy_validate_callback(bad, host)
