"""IDL texts inside of Python source: always data, whatever is in them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Optional

INDENT = "    "


def _visible(text: str, quotes: str) -> str:
    """As the inside of a string literal; line feeds stay."""
    out = []
    for c in text.replace("\\", "\\\\").replace(quotes, "\\" + "\\".join(quotes)):
        out.append(c if c == "\n" or c.isprintable() else c.encode("unicode_escape").decode("ascii"))
    return "".join(out)


def docstring(text: str, depth: int, parts: Optional[tuple[str, Iterable[tuple[str, str]]]] = None) -> list[str]:
    """The lines of a docstring: the text, then e.g. ``Attributes:`` with a line for each name and its doc."""
    title, members = parts or ("", ())
    lines = _visible(text.strip("\n"), '"""').split("\n") if text.strip() else []
    listed = list(members)
    if listed:
        lines += [""] if lines else []
        lines.append(f"{title}:")
        for name, doc in listed:
            first, *rest = _visible(doc.strip(), '"""').split("\n") if doc.strip() else [""]
            lines.append(f" - {name}: {first}" if first else f" - {name}")
            lines += [f"   {each}" if each.strip() else "" for each in rest]
    if not lines:
        return []
    margin = INDENT * depth
    if len(lines) == 1 and not lines[0].endswith('"'):
        return [f'{margin}"""{lines[0]}"""']
    lines[0] = '"""' + (lines[0] if not lines[0].startswith('"') else "\\" + lines[0])
    return [f"{margin}{each.rstrip()}" if each.strip() else "" for each in [*lines, '"""']]


def comment(text: str) -> str:
    """One line, whatever the text holds."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def quoted(text: str) -> str:
    """A string literal in double quotes."""
    literal = repr(text)
    return literal if '"' in literal else f'"{literal[1:-1]}"'


def call(head: str, items: list[str], tail: str, depth: int, width: int = 110) -> list[str]:
    """``head(a, b)tail`` on one line, or an item a line where that is too long. The head ends with its bracket."""
    margin = INDENT * depth
    line = f"{margin}{head}{', '.join(items)}{tail}"
    if len(line) <= width or not items:
        return [line]
    return [margin + head, *(f"{margin}{INDENT}{item}," for item in items), margin + tail]
