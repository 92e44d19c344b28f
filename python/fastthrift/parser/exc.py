"""What an IDL that cannot be loaded raises."""

from __future__ import annotations

from .._core import register_exception
from ..defaults import current

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class ThriftParserError(Exception):
    """An IDL cannot be loaded: the text says why, the attributes where, as far as that is known."""

    filename: str | None = None
    lineno: int | None = None  # from 1
    column: int | None = None  # from 1
    hint: str | None = None  # what was expected, or why

    def __str__(self) -> str:
        text = super().__str__()
        if not current.places_in_messages:
            return text
        if self.hint is not None:
            text = f"{text}; {self.hint}"
        place = ":".join(str(part) for part in (self.filename, self.lineno, self.column) if part is not None)
        return f"{text} ({place})" if place else text


class ThriftModuleNameConflict(ThriftParserError):
    """Two files would become one module of ``sys.modules``."""


class ThriftLexerError(ThriftParserError):
    """Characters that are no word of the language."""


class ThriftGrammarError(ThriftParserError):
    """Words in an order that means nothing."""


for _type in (ThriftParserError, ThriftModuleNameConflict, ThriftLexerError, ThriftGrammarError):
    register_exception(_type.__name__, _type)


def __getattr__(name: str) -> Any:
    if name == "ThriftGrammerError":
        from warnings import warn

        warn("'ThriftGrammerError' is a typo of 'ThriftGrammarError'", DeprecationWarning, stacklevel=2)
        return ThriftGrammarError
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
