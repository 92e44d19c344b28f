"""Whole structs as bytes and back by Apache's calling convention: ``encode_*(obj, [cls, spec])`` gives the bytes,
``decode_*(obj or None, protocol, [cls, spec])`` the object."""

from __future__ import annotations

from fastthrift._core import decode_binary, decode_compact, encode_binary, encode_compact

__all__ = ["decode_binary", "decode_compact", "encode_binary", "encode_compact"]
