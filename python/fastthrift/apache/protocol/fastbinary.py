"""Whole structs as bytes and back by Apache's calling convention: ``encode_*(obj, [cls, spec])`` gives the bytes,
``decode_*(obj or None, protocol, [cls, spec])`` the object."""

from __future__ import annotations

from typing import Any

__all__ = ["decode_binary", "decode_compact", "encode_binary", "encode_compact"]

# The core's come next.
decode_binary: Any = None
decode_compact: Any = None
encode_binary: Any = None
encode_compact: Any = None
