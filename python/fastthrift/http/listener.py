"""The socket that an HTTP server listens on, with the face of `http.server.HTTPServer`."""

from __future__ import annotations

import os
import socket
from http.server import HTTPServer
from socketserver import TCPServer, ThreadingMixIn
from typing import Any

from fastthrift.transport.address import family_of


class Listener(ThreadingMixIn, HTTPServer):
    """Listens from its construction on. `THttpServer.serve` accepts from it; its own `serve_forever` works as well."""

    daemon_threads = True
    request_queue_size = 4096
    allow_reuse_port = False
    # SO_REUSEADDR on Windows lets another program take the port.
    allow_reuse_address = os.name != "nt"

    def __init__(self, server_address: Any, RequestHandlerClass: Any, bind_and_activate: bool = True) -> None:
        self.address_family = socket.AddressFamily(family_of(server_address[0], socket.AF_INET))
        super().__init__(server_address, RequestHandlerClass, bind_and_activate)

    def server_bind(self) -> None:
        # Not the parent's: it asks the DNS for the name of the host.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])


class Listening:
    """An `HTTPServer` as the transport that servers accept from."""

    def __init__(self, httpd: HTTPServer, connect: Any) -> None:
        self._httpd = httpd
        self._connect = connect

    @property
    def sock(self) -> Any:
        sock = self._httpd.socket
        return sock if sock.fileno() >= 0 else None

    def listen(self) -> None:
        """It does so already."""

    def accept(self) -> Any:
        sock, address = self._httpd.get_request()
        if not self._httpd.verify_request(sock, address):
            self._httpd.shutdown_request(sock)
            return None
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._connect(sock, address)

    def close(self) -> None:
        self._httpd.server_close()
