"""An authority and what it has signed, as the paths of PEM files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


class Certificates:
    """`ca` signed `server` (localhost and 127.0.0.1), `elsewhere` (another host) and `client`; nobody knows `stranger`, an authority
    too. Each has its key in its file; `cert` and `key` are `server` in two."""

    def __init__(self, folder: Path) -> None:
        trustme = pytest.importorskip("trustme")
        self._folder = folder
        authority = trustme.CA()
        self.ca = self._write("ca", authority.cert_pem)
        self.stranger = self._write("stranger", trustme.CA().cert_pem)
        server = authority.issue_cert("localhost", "127.0.0.1")
        self.server = self._write("server", server.private_key_and_cert_chain_pem)
        self.cert = self._write("cert", server.cert_chain_pems[0])
        self.key = self._write("key", server.private_key_pem)
        elsewhere = authority.issue_cert("elsewhere.example")
        self.elsewhere = self._write("elsewhere", elsewhere.private_key_and_cert_chain_pem)
        client = authority.issue_cert("a.client.example")
        self.client = self._write("client", client.private_key_and_cert_chain_pem)

    def _write(self, name: str, blob: Any) -> str:
        path = str(self._folder / f"{name}.pem")
        blob.write_to_path(path)
        return path
