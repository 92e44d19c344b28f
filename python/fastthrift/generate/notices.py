"""What the compiler has to say about an IDL: warnings, which are collected, and the error that ends the run."""

from __future__ import annotations

import dataclasses

Place = tuple[int, int]  # line and column, from 1


class IdlError(Exception):
    """An IDL that cannot be compiled. Its text is ``x.thrift:3:5: what is wrong``."""

    def __init__(self, file: str, place: Place, problem: str) -> None:
        super().__init__(f"{file}:{place[0]}:{place[1]}: {problem}" if place[0] else f"{file}: {problem}")
        self.file = file
        self.place = place
        self.problem = problem


@dataclasses.dataclass
class Notices:
    """The warnings of one run, in order and each once."""

    strict: bool = False  # missing includes and implicit field ids are errors
    allow_neg_keys: bool = False
    allow_64bit_consts: bool = False
    lines: dict[str, None] = dataclasses.field(default_factory=dict)  # in order, each once

    def warn(self, file: str, place: Place, text: str) -> None:
        self.lines[f"{file}:{place[0]}:{place[1]}: warning: {text}"] = None
