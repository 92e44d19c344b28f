"""Values that Python takes for a string or a number and that are of another class."""

from __future__ import annotations


class Text(str):
    pass


class Number(int):
    pass


class Odd:
    def __index__(self) -> int:
        return 12

    def __repr__(self) -> str:
        return "Odd()"
