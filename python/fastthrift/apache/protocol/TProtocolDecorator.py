"""Wraps a protocol so that the result is still one of its class."""

from __future__ import annotations

from typing import Any


class TProtocolDecorator:
    """``TProtocolDecorator(protocol)`` of a subclass is an object of that subclass *and* of the protocol's class, on the same
    transport. What the subclass does not override is the protocol's."""

    def __new__(cls, protocol: Any, *args: Any, **kwargs: Any) -> Any:
        wrapped = type(protocol)
        decorated = type(f"Decorated{wrapped.__name__}", (cls, wrapped), {})
        made: Any = object.__new__(decorated)
        made.__dict__.update(vars(protocol))
        return made

    def __init__(self, protocol: Any) -> None:
        """The state is copied already: the protocol's own __init__ must not run again."""
