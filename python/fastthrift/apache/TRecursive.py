"""Closes the circles of structs that contain each other, once all of a module's specs are there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastthrift.apache.Thrift import TType

TYPE_IDX = 1
SPEC_ARGS_IDX = 3
SPEC_ARGS_CLASS_REF_IDX = 0
SPEC_ARGS_THRIFT_SPEC_IDX = 1


def fix_spec(all_structs: Iterable[Any]) -> None:
    """Puts ``Class.thrift_spec`` beside every ``Class`` in the specs of ``all_structs``, in containers too."""
    for struct in all_structs:
        for item in struct.thrift_spec:
            if item is not None:
                _fix(item[TYPE_IDX], item[SPEC_ARGS_IDX])


def _fix(ttype: int, args: Any) -> None:
    if ttype == TType.STRUCT:
        args[SPEC_ARGS_THRIFT_SPEC_IDX] = args[SPEC_ARGS_CLASS_REF_IDX].thrift_spec
    elif ttype in (TType.LIST, TType.SET):
        _fix_list_or_set(args)
    elif ttype == TType.MAP:
        _fix_map(args)


def _fix_list_or_set(element_type: Any) -> None:
    _fix(element_type[0], element_type[1])


def _fix_map(element_type: Any) -> None:
    _fix(element_type[0], element_type[1])
    _fix(element_type[2], element_type[3])
