"""Workers of gunicorn: the master forks, restarts and reloads them, each serves Thrift on the sockets that all share."""

from __future__ import annotations

import ast
import contextlib
import importlib
import os
import select
import socket
import threading
import time
from functools import cached_property
from typing import Any

from gunicorn.errors import AppImportError
from gunicorn.sock import ssl_context
from gunicorn.workers.base import Worker
from gunicorn.workers.sync import SyncWorker

from fastthrift.contrib.gunicorn.app import ThriftApp
from fastthrift.contrib.gunicorn.counting import counted
from fastthrift.processor import TProcessorFactory
from fastthrift.server import TSimpleServer, TThreadedServer
from fastthrift.thrift import TTransportException, TTransportTimeout
from fastthrift.transport.socket import TServerSocket, TSocket
from fastthrift.transport.sslsocket import HANDSHAKE_MS, TSSLServerSocket

# The master wants to hear of a worker now and then; a second is its own workers' measure too.
_TICK = 1.0


class _ThriftWorker(Worker):  # type: ignore[misc]
    def load_wsgi(self) -> None:
        try:
            super().load_wsgi()
        except AppImportError:
            # gunicorn wants an app that can be called; a processor cannot, and a server neither.
            self.wsgi = _named(self.app.app_uri)
        self.thrift_app = ThriftApp.of(self.wsgi)

    @cached_property
    def _tls(self) -> Any:
        return ssl_context(self.cfg) if self.cfg.is_ssl else None

    def _has_lost_its_master(self) -> bool:
        if self.ppid == os.getppid():
            return False
        self.log.info("Parent changed, shutting down: %s", self)
        return True

    def _count(self) -> None:
        """A call was answered."""
        self.nr += 1
        if self.nr == self.max_requests:
            self.log.info("Autorestarting worker after current request.")
            self.alive = False
            with contextlib.suppress(OSError):
                os.write(self.PIPE[1], b"1")

    @property
    def _counts(self) -> bool:
        return bool(self.cfg.max_requests > 0)


class ThriftThreadWorker(_ThriftWorker):
    """Many connections at once, on the threads of a `TThreadedServer`: as many as handlers run at the same time, ``--threads``
    at the most where it is given. ``--worker-connections`` bounds the connections, ``--graceful-timeout`` the calls in
    flight when the worker ends."""

    def run(self) -> None:
        servers = [self._server(listener) for listener in self.sockets]
        threads = [threading.Thread(target=self._serve, args=(server,), daemon=True) for server in servers]
        for thread in threads:
            thread.start()
        while self.alive:
            self._wait(_TICK)
            if self._has_lost_its_master():
                break
        grace = float(self.cfg.graceful_timeout)
        for server in servers:
            server.stop(grace * 1000)
        deadline = time.monotonic() + grace + _TICK
        for thread in threads:
            while thread.is_alive() and time.monotonic() < deadline:
                self.notify()
                thread.join(0.1)

    def _wait(self, seconds: float) -> None:
        self.notify()
        with contextlib.suppress(InterruptedError):
            if select.select([self.PIPE[0]], [], [], seconds)[0]:
                os.read(self.PIPE[0], 4096)

    def _server(self, listener: Any) -> TThreadedServer:
        app = self.thrift_app
        timeout = None if app.client_timeout is None else app.client_timeout * 1000
        trans = (
            TServerSocket(client_timeout=timeout)
            if self._tls is None
            else TSSLServerSocket("", 0, client_timeout=timeout, ssl_context=self._tls)
        )
        trans.adopt(listener.sock.dup())
        processor = counted(app.processor, self._count) if self._counts else app.processor
        server = TThreadedServer(processor, trans, app.trans_factory, app.proto_factory, daemon=True)
        server.max_connections = self.cfg.worker_connections
        if self.cfg.threads > 1:
            server.handler_threads = self.cfg.threads
        return server

    def _serve(self, server: TThreadedServer) -> None:
        try:
            server.serve()
        except Exception:
            self.log.exception("the server has failed")
        finally:
            if self.alive:
                self.alive = False
                with contextlib.suppress(OSError):
                    os.write(self.PIPE[1], b"1")


class ThriftSyncWorker(_ThriftWorker, SyncWorker):  # type: ignore[misc]
    """One connection at a time: for few clients, handlers that are not to run at the same time, and many workers. A handler
    that takes longer than ``--timeout`` ends with its worker."""

    @cached_property
    def _server(self) -> TSimpleServer:
        app = self.thrift_app
        return TSimpleServer(app.processor, None, app.trans_factory, app.proto_factory)

    def handle(self, listener: Any, client: Any, addr: Any) -> None:
        try:
            if client.family in (socket.AF_INET, socket.AF_INET6):
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is not None:
                client.settimeout(HANDSHAKE_MS / 1000)
                client = self._tls.wrap_socket(client, server_side=True)
            self._converse(client)
        except OSError as error:
            self.log.debug("connection ended: %s", error)
        finally:
            client.close()

    def _converse(self, client: socket.socket) -> None:
        trans = _Client(self, client)
        processor = self.thrift_app.processor
        if isinstance(processor, TProcessorFactory):
            processor = processor.get_processor()
        server = self._server
        server.processor = _EachCall(processor, trans, self._count)
        server.handle(trans)


class _EachCall:
    """A processor that says when a call begins and ends."""

    def __init__(self, processor: Any, client: _Client, count: Any) -> None:
        self._processor = processor
        self._client = client
        self._count = count

    def process(self, iprot: Any, oprot: Any) -> None:
        self._client.is_between_calls = True
        self._processor.process(iprot, oprot)
        self._count()


class _Client(TSocket):
    """A connection whose waits tell the master that the worker is alive, and end when it is not to be."""

    is_between_calls = True

    def __init__(self, worker: ThriftSyncWorker, sock: socket.socket) -> None:
        idle = worker.thrift_app.client_timeout
        limits = [limit for limit in (idle, worker.timeout) if limit]
        super().__init__(sock=sock, socket_timeout=min(limits) * 1000 if limits else None)
        sock.settimeout(self.socket_timeout)
        self._worker = worker
        self._idle = idle

    def read(self, sz: int) -> bytes:
        began = time.monotonic()
        while not self._is_readable():
            if self.is_between_calls and (not self._worker.alive or self._worker._has_lost_its_master()):
                raise TTransportException(TTransportException.END_OF_FILE, "the worker ends")
            if self._idle is not None and time.monotonic() - began > self._idle:
                raise TTransportTimeout(TTransportException.TIMED_OUT, "the connection was silent for too long")
        data = super().read(sz)
        self.is_between_calls = False
        return data

    def _is_readable(self) -> bool:
        self._worker.notify()
        pending = getattr(self.sock, "pending", None)
        if pending is not None and pending():
            return True
        pipe = self._worker.PIPE[0]
        ready = select.select([self.sock, pipe], [], [], _TICK)[0]
        if pipe in ready:
            os.read(pipe, 4096)
        return self.sock in ready


def _named(uri: str) -> Any:
    """What ``module:name`` or ``module:make()`` stands for, whether it can be called or not."""
    module, _, text = uri.partition(":")
    expression = ast.parse(text or "application", mode="eval").body
    call = expression if isinstance(expression, ast.Call) else None
    name = call.func if call else expression
    if not isinstance(name, ast.Name):
        raise AppImportError(f"not the name of an app: {text!r}")
    try:
        found = getattr(importlib.import_module(module), name.id)
    except AttributeError:
        raise AppImportError(f"Failed to find attribute {name.id!r} in {module!r}.") from None
    if call is None:
        return found
    keywords = {keyword.arg or "": ast.literal_eval(keyword.value) for keyword in call.keywords}
    return found(*[ast.literal_eval(each) for each in call.args], **keywords)
