"""What each peer can do, and the runs that follow from it."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import NamedTuple

HEADERS = ("header", "header-compact", "header-zlib")
DIALECTS = ("binary/buffered", "binary/framed", "compact/buffered", "compact/framed")


class Peer(NamedTuple):
    title: str
    protocols: tuple[str, ...]
    transports: tuple[str, ...]
    sockets: tuple[str, ...]
    multiplexed: bool = True
    default_service: bool = True
    uuid: bool = True
    headers: tuple[str, ...] = ()  # ways in which its clients use THeader
    takes: tuple[str, ...] = ()  # ways of THeader, and plain stacks, that its servers of THeader take
    serves: tuple[str, ...] = ()  # names of its further servers, all of the framed transport
    lacks: tuple[str, ...] = ()  # pieces of stacks that do not go together


PEERS: dict[str, Peer] = {
    "cpp": Peer(
        "C++ (libthrift 0.17)",
        ("binary", "compact", "json"),
        ("buffered", "framed", "http", "zlib"),
        ("tcp", "unix", "ssl"),
        uuid=False,
        headers=("header", "header-compact"),
        takes=("header", "header-compact", *DIALECTS),
        serves=("nonblocking",),
    ),
    "go": Peer(
        "Go (thrift 0.25.0)",
        ("binary", "compact", "json"),
        ("buffered", "framed", "http", "zlib"),
        ("tcp", "unix", "ssl"),
        headers=HEADERS,
        takes=(*HEADERS, *DIALECTS),
    ),
    "java": Peer(
        "Java (libthrift 0.20.0)",
        ("binary", "compact", "json"),
        ("buffered", "framed", "http", "zlib"),
        ("tcp", "unix", "ssl"),
        serves=("hsha", "selector"),
        lacks=("http/unix",),
    ),
    "node": Peer(
        "Node (thrift 0.24.0)",
        ("binary", "compact", "json"),
        ("buffered", "framed", "http"),
        ("tcp", "unix", "ssl"),
        default_service=False,
        headers=("header",),
        takes=("header", "header-compact", "binary/buffered", "compact/buffered"),
    ),
    "rust": Peer(
        "Rust (thrift 0.25.0)",
        ("binary", "compact"),
        ("buffered", "framed"),
        ("tcp", "unix"),
    ),
    "apache": Peer(
        "Python (thrift 0.25.0)",
        ("binary", "compact", "json"),
        ("buffered", "framed", "http", "zlib"),
        ("tcp", "unix", "ssl"),
        headers=HEADERS,
        takes=(*HEADERS, *DIALECTS),
        lacks=("http/unix",),
    ),
    "thriftpy2": Peer(
        "Python (thriftpy2 0.7.1)",
        ("binary", "compact"),  # its Apache JSON protocol is good for one message
        ("buffered", "framed", "http"),
        ("tcp", "unix", "ssl"),
        default_service=False,
        uuid=False,
        lacks=("http/unix", "http/ssl"),
    ),
}

_OURS = Peer(
    "fastthrift",
    ("binary", "compact", "json"),
    ("buffered", "framed", "http", "zlib"),
    ("tcp", "unix", "ssl"),
    headers=HEADERS,
    takes=(*HEADERS, *DIALECTS),
    lacks=("http/unix",),
)

# Our two APIs can do the same.
FACES = {"thriftpy2": _OURS, "apache": _OURS}

# What besides TCP is run. The sockets are below transports and protocols and know neither, so few pairs are worth a run.
BESIDES = {
    "thriftpy2": {
        "binary/buffered": ("unix",),
        "binary/framed": ("ssl", "mux"),
        "binary/http": ("ssl", "mux"),
        "compact/framed": ("unix", "mux"),
    },
    "apache": {"binary/framed": ("unix", "ssl", "mux"), "binary/http": ("ssl",)},
}
# Apache's API has the same protocols and transports below it: no pair is left out, but not all combinations are run.
COMBINATIONS = {
    "thriftpy2": None,
    "apache": ("binary/buffered", "binary/framed", "binary/http", "binary/zlib", "compact/framed", "json/buffered"),
}


class Cell(NamedTuple):
    """One run: all calls of a client over `client` at a server of `server`, which differ where the server finds out."""

    face: str
    peer: str
    direction: str  # "client": the peer calls us; "server": we call the peer
    client: str
    server: str

    @property
    def label(self) -> str:
        stack = self.client if self.client == self.server else f"{self.client}>{self.server}"
        return f"{self.face}-{self.peer}-{self.direction}-{stack}"


def _plain(face: str, client: Peer, server: Peer, serves: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Every protocol over every transport that both have, over TCP and what is in BESIDES."""

    def both(stack: str) -> bool:
        return not any(lack in stack for lack in (*client.lacks, *server.lacks))

    for protocol in client.protocols:
        if protocol not in server.protocols:
            continue
        for transport in client.transports:
            if transport not in server.transports:
                continue
            pair = f"{protocol}/{transport}"
            chosen = COMBINATIONS[face]
            if chosen is not None and pair not in chosen:
                continue
            for besides in ("tcp", *BESIDES[face].get(pair, ())):
                if besides == "mux":
                    stack = f"{pair}/tcp/mux"
                    runs = client.multiplexed and server.multiplexed
                else:
                    stack = f"{pair}/{besides}"
                    runs = besides in client.sockets and besides in server.sockets
                if runs and both(stack):
                    yield stack, stack
        for other in serves:
            yield f"{protocol}/framed/tcp", f"{protocol}/{other}/tcp"


def _headers(client: Peer, server: Peer) -> Iterator[tuple[str, str]]:
    """A server of THeader takes headers and the plain forms, framed and not."""
    for protocol in client.headers:
        if protocol in server.takes:
            yield f"{protocol}/buffered/tcp", "header/buffered/tcp"
    if client.headers and server.takes and client.multiplexed and server.multiplexed:
        yield "header/buffered/tcp/mux", "header/buffered/tcp/mux"
    for dialect in DIALECTS:
        if dialect in server.takes:
            yield f"{dialect}/tcp", "header/buffered/tcp"


@functools.cache
def cells() -> list[Cell]:
    out = []
    for face, ours in FACES.items():
        for peer, theirs in PEERS.items():
            for direction, client, server in (("client", theirs, ours), ("server", ours, theirs)):
                serves = theirs.serves if direction == "server" else ()
                for stacks in (*_plain(face, client, server, serves), *_headers(client, server)):
                    out.append(Cell(face, peer, direction, *stacks))
    return out


def sample() -> list[Cell]:
    """One run for each peer and direction, so that every run of the tests finds the coarse mistakes."""
    return [cell for cell in cells() if cell.face == "thriftpy2" and cell.client == cell.server == "compact/framed/tcp"]
