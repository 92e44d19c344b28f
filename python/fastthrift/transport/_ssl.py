"""TLS contexts as thriftpy2's sockets make them: TLS 1.2 or newer, certificates checked."""

from __future__ import annotations

import os
import ssl
from typing import Any

from fastthrift import defaults

# For programs that hand them to `set_ciphers`: forward secrecy and authenticated encryption. Our sockets leave the choice
# to Python, whose contexts keep pace with OpenSSL.
DEFAULT_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20"
RESTRICTED_SERVER_CIPHERS = DEFAULT_CIPHERS


def create_thriftpy_context(
    server_side: bool = False, ciphers: str | None = None, *, check_hostname: bool | None = None
) -> ssl.SSLContext:
    """A context for clients, or with ``server_side`` for servers.

    A client's context wants a certificate that fits the host. ``check_hostname=False`` (thriftpy2's default) takes any
    host's certificate that the trusted authorities have signed.
    """
    if server_side:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    else:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = defaults.current.check_hostname if check_hostname is None else check_hostname
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ciphers is not None:
        context.set_ciphers(ciphers)
    return context


def server_context(certfile: Any, keyfile: Any = None, ciphers: str | None = None) -> ssl.SSLContext:
    """The context of a server with the certificate in ``certfile``, and its key where that is not in ``keyfile``."""
    context = create_thriftpy_context(server_side=True, ciphers=ciphers)
    load_certificate(context, certfile, keyfile)
    return context


# `ssl` does not say which file is missing.
def load_authorities(context: ssl.SSLContext, cafile: Any, capath: Any = None) -> None:
    try:
        context.load_verify_locations(cafile=cafile, capath=capath)
    except FileNotFoundError as error:
        raise _of_file(error, cafile or capath) from None


def load_certificate(context: ssl.SSLContext, certfile: Any, keyfile: Any) -> None:
    try:
        context.load_cert_chain(certfile=certfile, keyfile=keyfile)
    except FileNotFoundError as error:
        raise _of_file(error, keyfile if keyfile and os.path.exists(certfile) else certfile) from None


def _of_file(error: OSError, path: Any) -> FileNotFoundError:
    return FileNotFoundError(error.errno, error.strerror, None if path is None else os.fspath(path))
