"""The words of the language, as thriftpy2 lists them. The lexer itself is native."""

from __future__ import annotations

from .. import defaults
from .exc import ThriftLexerError as ThriftLexerError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

literals = ":;,=*{}()<>[]"

# Words that an IDL may not use as names under thriftpy2's defaults. Assigning to the module's attribute
# (``lexer.thrift_reserved_keywords = []``) decides for all loads that follow, whatever the defaults are.
_RESERVED = (
    "BEGIN", "END", "__CLASS__", "__DIR__", "__FILE__", "__FUNCTION__", "__LINE__", "__METHOD__", "__NAMESPACE__",
    "abstract", "alias", "and", "args", "as", "assert", "begin", "break", "case", "catch", "class", "clone",
    "continue", "declare", "def", "default", "del", "delete", "do", "dynamic", "elif", "else", "elseif", "elsif",
    "end", "enddeclare", "endfor", "endforeach", "endif", "endswitch", "endwhile", "ensure", "except", "exec",
    "finally", "float", "for", "foreach", "from", "function", "global", "goto", "if", "implements", "import", "in",
    "inline", "instanceof", "interface", "is", "lambda", "module", "native", "new", "next", "nil", "not", "or",
    "pass", "public", "print", "private", "protected", "raise", "redo", "rescue", "retry", "register", "return",
    "self", "sizeof", "static", "super", "switch", "synchronized", "then", "this", "throw", "transient", "try",
    "undef", "union", "unless", "unsigned", "until", "use", "var", "virtual", "volatile", "when", "while", "with",
    "xor", "yield",
)  # fmt: skip
thrift_reserved_keywords: Any = _RESERVED

keywords = (
    "namespace", "include", "cpp_include", "void", "bool", "byte", "i8", "i16", "i32", "i64", "double", "string",
    "binary", "map", "list", "set", "oneway", "typedef", "struct", "union", "exception", "extends", "throws",
    "service", "enum", "const", "required", "optional",
)  # fmt: skip

tokens = (
    "BOOLCONSTANT",
    "INTCONSTANT",
    "DUBCONSTANT",
    "LITERAL",
    "IDENTIFIER",
    *(word.upper() for word in keywords),
)


def reserved_words() -> list[str]:
    """The words that a load refuses as names now."""
    if thrift_reserved_keywords is _RESERVED:
        return list(_RESERVED) if defaults.current.refuse_reserved_words else []
    return list(thrift_reserved_keywords)
