"""Thrift under gunicorn (``pip install fastthrift[gunicorn]``):

``gunicorn -k fastthrift.contrib.gunicorn.ThriftThreadWorker -w 4 -b 0.0.0.0:9090 module:app``, where ``app`` is a processor, a
server of `make_server` or a `ThriftApp`, which is the one that ``--preload`` takes. `ThriftSyncWorker` serves one
connection at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastthrift.contrib.gunicorn.app import ThriftApp

if TYPE_CHECKING:
    from fastthrift.contrib.gunicorn.worker import ThriftSyncWorker, ThriftThreadWorker

__all__ = ["ThriftApp", "ThriftSyncWorker", "ThriftThreadWorker"]


def __getattr__(name: str) -> Any:
    # An app is importable where gunicorn is not.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from fastthrift.contrib.gunicorn import worker
    except ModuleNotFoundError as error:
        raise ImportError(f"{name} needs gunicorn: pip install fastthrift[gunicorn]") from error
    return getattr(worker, name)
