"""The logger of servers and processors."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import logging


def server_logger() -> logging.Logger:
    """`fastthrift.server`. A program that has nothing to log does not import `logging`, which takes as long as this package."""
    import logging

    return logging.getLogger("fastthrift.server")
