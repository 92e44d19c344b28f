"""What the generated ``<Service>-remote`` scripts do: call one function of a server from the command line.

The usage is that of Apache's scripts. Arguments are Python expressions, in which the classes of the service's module are
known; a string stands for itself, and a binary is the UTF-8 of what is typed.
"""

from __future__ import annotations

import pprint
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from fastthrift.apache.protocol.TBinaryProtocol import TBinaryProtocol
from fastthrift.apache.transport.TSocket import TSocket
from fastthrift.apache.transport.TTransport import TBufferedTransport, TFramedTransport

# name, name in Python, result, arguments as (type, name); the types as an IDL writes them
Function = tuple[str, str, str, list[tuple[str, str]]]

OPTIONS = (
    "[-h host[:port]] [-u url] [-f[ramed]] [-s[sl]] [-novalidate] [-ca_certs certs] [-keyfile keyfile] "
    "[-certfile certfile] function [arg1 [arg2...]]"
)


class _Usage(Exception):
    pass


def main(argv: Sequence[str], client_class: Any, functions: Sequence[Function], names: dict[str, Any]) -> int:
    """Calls what the command line says and prints the result; gives the exit status. ``names`` are for the arguments."""
    if len(argv) <= 1 or argv[1] in ("--help", "-help"):
        print(_usage(argv[0], functions))
        return 0
    try:
        options, rest = _options(list(argv[1:]))
        if not rest:
            raise _Usage("a function is missing; --help lists them")
        name, python_name, _, parameters = _function(rest[0], functions)
        texts = rest[1:]
        if len(texts) != len(parameters):
            raise _Usage(f"{name} requires {len(parameters)} args")
        arguments = [_value(text, kind, names) for text, (kind, _) in zip(texts, parameters)]
    except _Usage as error:
        print(error)
        return 1
    transport = _transport(options)
    client = client_class(TBinaryProtocol(transport))
    transport.open()
    try:
        pprint.PrettyPrinter(indent=2).pprint(getattr(client, python_name)(*arguments))
    finally:
        transport.close()
    return 0


def _usage(program: str, functions: Sequence[Function]) -> str:
    lines = ["", f"Usage: {program} {OPTIONS}", "", "Functions:"]
    for name, _, result, parameters in functions:
        lines.append(f"  {result} {name}({', '.join(f'{kind} {parameter}' for kind, parameter in parameters)})")
    return "\n".join([*lines, ""])


def _options(words: list[str]) -> tuple[dict[str, Any], list[str]]:
    """The options in front of the function, and the rest."""
    options: dict[str, Any] = {"host": "localhost", "port": 9090}
    flags = {"-f": "framed", "-framed": "framed", "-s": "ssl", "-ssl": "ssl", "-novalidate": "novalidate"}
    values = ("-h", "-u", "-ca_certs", "-keyfile", "-certfile")
    while words and words[0].startswith("-"):
        word = words.pop(0)
        if word in flags:
            options[flags[word]] = True
            continue
        if word not in values:
            raise _Usage(f"Unrecognized option {word}")
        if not words:
            raise _Usage(f"{word} needs a value")
        value = words.pop(0)
        if word == "-u":
            options["url"] = value if "//" in value else f"http://{value}"
            if not urlsplit(options["url"]).hostname:
                raise _Usage(f"{value} is no URL")
        elif word == "-h":
            options["host"], options["port"] = _address(value)
        else:
            options[word[1:]] = value
    return options, words


def _address(text: str) -> tuple[str, int]:
    """host, host:port, [::1]:port"""
    host, colon, port = text.rpartition(":")
    if not colon or text.endswith("]") or ":" in host and not host.endswith("]"):
        host, port = text, "9090"
    if not port.isdigit():
        raise _Usage(f"{port} is no port")
    return host.strip("[]"), int(port)


def _function(name: str, functions: Sequence[Function]) -> Function:
    for each in functions:
        if each[0] == name:
            return each
    raise _Usage(f"Unrecognized method {name}")


def _value(text: str, kind: str, names: dict[str, Any]) -> Any:
    if kind == "string":
        return text
    if kind == "binary":
        return text.encode("utf-8")
    try:
        return eval(text, dict(names))  # typed by whoever runs the script, in a shell of their own
    except Exception as error:
        raise _Usage(f"{text} is no {kind}: {error}") from None


def _transport(options: dict[str, Any]) -> Any:
    if "url" in options:
        from fastthrift.apache.transport.THttpClient import THttpClient

        return THttpClient(options["url"])
    if options.get("ssl"):
        import ssl

        from fastthrift.apache.transport.TSSLSocket import TSSLSocket

        certificates = {key: options.get(key) for key in ("ca_certs", "keyfile", "certfile")}
        check = ssl.CERT_NONE if options.get("novalidate") else ssl.CERT_REQUIRED
        socket: Any = TSSLSocket(options["host"], options["port"], cert_reqs=check, **certificates)
    else:
        socket = TSocket(options["host"], options["port"])
    return TFramedTransport(socket) if options.get("framed") else TBufferedTransport(socket)
