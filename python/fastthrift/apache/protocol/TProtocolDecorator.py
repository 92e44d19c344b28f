"""Wraps a protocol so that the result is still one of its class."""

from __future__ import annotations

from typing import Any

from fastthrift.apache.protocol.TProtocol import changed_ways


class TProtocolDecorator:
    """``TProtocolDecorator(protocol)`` of a subclass is an object of that subclass *and* of the protocol's class, on the same
    transport. What the subclass does not override is the protocol's."""

    def __new__(cls, protocol: Any, *args: Any, **kwargs: Any) -> Any:
        wrapped = type(protocol)
        decorated = type(f"Decorated{wrapped.__name__}", (cls, wrapped), {})
        made: Any = object.__new__(decorated)
        state = made.__dict__
        state.update(vars(protocol))
        # As the protocols have it for their subclasses: the accelerated ones go past all of them, as Apache's do.
        if not getattr(wrapped, "_is_accelerated", True) and "_fast_encode" in state:
            writes, reads = changed_ways(cls, None)
            if writes:
                state["_fast_encode"] = None
            if reads:
                state["_fast_decode"] = None
        return made

    def __init__(self, protocol: Any) -> None:
        """The state is copied already: the protocol's own __init__ must not run again."""
