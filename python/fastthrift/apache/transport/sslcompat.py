"""Names that programs import beside `TSSLSocket`. Certificates are compared with hosts by OpenSSL, not here."""

from __future__ import annotations

import ipaddress
import logging
from typing import Any

from fastthrift.apache.transport.TTransport import TTransportException

logger = logging.getLogger(__name__)


def legacy_validate_callback(cert: Any, hostname: Any) -> None:
    """Whether the certificate's common name is the host: a check of old, of the first name only."""
    if cert is None or "subject" not in cert:
        raise TTransportException(TTransportException.NOT_OPEN, f"No SSL certificate found from {hostname}")
    for field in cert["subject"]:
        if field and field[0] and field[0][0] == "commonName":
            if field[0][1] == hostname:
                return
            raise TTransportException(
                TTransportException.UNKNOWN,
                f"Hostname we connected to {hostname!r} doesn't match certificate provided commonName {field[0][1]!r}",
            )
    raise TTransportException(TTransportException.UNKNOWN, f"Could not find common name in certificate {cert}")


def match_peer_ipaddress(cert: Any, hostname: Any) -> None:
    """Whether the certificate is made out to the peer's IP address."""
    peer = ipaddress.ip_address(str(hostname).partition("%")[0])
    if isinstance(peer, ipaddress.IPv6Address) and peer.ipv4_mapped is not None:
        peer = peer.ipv4_mapped
    for kind, value in (cert or {}).get("subjectAltName", ()):
        if kind == "IP Address":
            try:
                if ipaddress.ip_address(value) == peer:
                    return
            except ValueError:
                continue
    raise TTransportException(TTransportException.UNKNOWN, f"the certificate is not made out to {hostname}")
