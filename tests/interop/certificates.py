"""An authority and a certificate of "localhost", in the forms that the peers read."""

from __future__ import annotations

from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, load_pem_private_key, pkcs12

PASSWORD = b"interop"


def write_certificates(folder: Path) -> None:
    """ca.pem, server.pem (key and chain), server.key; server.p12 and ca.p12 for Java."""
    authority = trustme.CA()
    server = authority.issue_cert("localhost", "127.0.0.1")
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    server.private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
    server.private_key_pem.write_to_path(str(folder / "server.key"))
    key = load_pem_private_key(server.private_key_pem.bytes(), None)
    chain = x509.load_pem_x509_certificate(server.cert_chain_pems[0].bytes())
    root = x509.load_pem_x509_certificate(authority.cert_pem.bytes())
    locked = BestAvailableEncryption(PASSWORD)
    identity = pkcs12.serialize_key_and_certificates(b"server", key, chain, [root], locked)  # type: ignore[arg-type]
    (folder / "server.p12").write_bytes(identity)
    trusted = pkcs12.serialize_java_truststore([pkcs12.PKCS12Certificate(root, b"ca")], locked)
    (folder / "ca.p12").write_bytes(trusted)
