"""The defaults in which fastthrift and thriftpy2 differ, in one visible place.

``fastthrift`` answers, checks and refuses by default where thriftpy2 closes, trusts and accepts. Code that must have
thriftpy2's behaviour switches the whole process with ``use("thriftpy2")`` (installing the alias does that), or one server,
client or load with the argument named in the comment.
"""

from __future__ import annotations


class Defaults:
    """fastthrift's values; an instance may differ in some."""

    # A handler raises what its IDL does not declare: answer INTERNAL_ERROR (True) or close the connection (False):
    # answer_undeclared= of servers and processors
    answer_undeclared_exceptions: bool = True
    # TServerSocket sets SO_REUSEPORT, so that a second server on the port starts in silence: reuse_port=
    reuse_port: bool = False
    # A TLS client wants a certificate that is made out to the host it asked for: check_hostname=
    check_hostname: bool = True
    # Milliseconds that a server's connection may be idle between calls: client_timeout=
    server_idle_ms: int = 60_000
    # Words that an IDL may not use as names, as thriftpy2's lexer has them: parser.lexer.thrift_reserved_keywords
    refuse_reserved_words: bool = False
    # The text of a ThriftParserError ends with file, line and column; they are attributes of it in any case
    places_in_messages: bool = True
    # "TSocket read 0 bytes" and "Could not connect to ..." go on with the reason and what to check
    reasons_in_messages: bool = True
    # A UNIX server removes an empty file at its path as it removes a dead server's socket; never anything with content
    take_over_empty_file: bool = False
    # TClient takes an answer with the sequence id 0, as servers give it that do not repeat the call's: lenient_seqid of it
    lenient_seqid: bool = False
    # The permissions of a server's UNIX socket, None for those that the umask leaves: unix_mode=
    unix_mode: int | None = 0o600

    def __init__(self, **values: int | None) -> None:
        for name, value in values.items():
            if name not in Defaults.__annotations__:
                raise TypeError(f"there is no default called {name!r}")
            setattr(self, name, value)


_FASTTHRIFT = Defaults()
_THRIFTPY2 = Defaults(
    answer_undeclared_exceptions=False,
    reuse_port=True,
    check_hostname=False,
    server_idle_ms=3_000,
    refuse_reserved_words=True,
    places_in_messages=False,
    reasons_in_messages=False,
    take_over_empty_file=True,
    lenient_seqid=True,
    unix_mode=None,
)

current = Defaults()


def use(profile: str) -> None:
    """Switches the process to the defaults of ``"fastthrift"`` or ``"thriftpy2"``."""
    profiles = {"fastthrift": _FASTTHRIFT, "thriftpy2": _THRIFTPY2}
    if profile not in profiles:
        raise ValueError(f"unknown profile {profile!r}: expected 'fastthrift' or 'thriftpy2'")
    current.__dict__.clear()
    current.__dict__.update(profiles[profile].__dict__)
