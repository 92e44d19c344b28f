"""The reader of requests against RFC 9112, without a socket. The table follows Http11Probe: what a server MUST do."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastthrift.http.refused import Refused
from fastthrift.http.request import Limits, Request, RequestReader

BODY = b"hello"
SMALL = Limits(line=64, field=40, head=200, fields=6, body=1000, chunk_extensions=50)


def head(*lines: str) -> bytes:
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"


def read(data: bytes, limits: Limits = Limits(), piece: int | None = None) -> list[Request | int]:  # noqa: B008
    """The requests in ``data``, and the status of a refusal after them."""
    reader = RequestReader(limits)
    found: list[Request | int] = []
    step = piece or max(len(data), 1)
    try:
        for start in range(0, len(data), step):
            reader.feed(data[start : start + step])
            while True:
                request = reader.next_request()
                if request is None:
                    break
                found.append(request)
    except Refused as error:
        found.append(error.status)
        with pytest.raises(Refused):  # and nothing after it
            reader.next_request()
    return found


def bodies(data: bytes, limits: Limits = Limits(), piece: int | None = None) -> list[bytes | int]:  # noqa: B008
    return [each if isinstance(each, int) else each.body for each in read(data, limits, piece)]


POST = "POST / HTTP/1.1"
HOST = "Host: x"
FIVE = "Content-Length: 5"
CHUNKED = "Transfer-Encoding: chunked"

ACCEPTED = {
    "a plain request": (head(POST, HOST, FIVE) + BODY, BODY),
    "header names in any case": (head(POST, "hOST: x", "cONTENT-lENGTH: 5") + BODY, BODY),
    "white space around values": (head(POST, "Host: \t x \t", "Content-Length:5  ") + BODY, BODY),
    "an empty value": (head(POST, HOST, FIVE, "X-Empty:") + BODY, BODY),
    "an empty Host": (head(POST, "Host:", FIVE) + BODY, BODY),
    "a Host with a port": (head(POST, "Host: example.org:8080", FIVE) + BODY, BODY),
    "an IPv6 Host": (head(POST, "Host: [::1]:8080", FIVE) + BODY, BODY),
    "Latin-1 in a value": (head(POST, HOST, FIVE, "X-Name: Jos\xe9") + BODY, BODY),
    "one empty line before": (b"\r\n" + head(POST, HOST, FIVE) + BODY, BODY),
    "a whole URL as its target": (head("POST http://x/y?z HTTP/1.1", HOST, FIVE) + BODY, BODY),
    "HTTP/1.0 without Host": (head("POST / HTTP/1.0", FIVE) + BODY, BODY),
    "a later minor version": (head("POST / HTTP/1.7", HOST, FIVE) + BODY, BODY),
    "leading zeros in the length": (head(POST, HOST, "Content-Length: 0005") + BODY, BODY),
    "a length of zero": (head(POST, HOST, "Content-Length: 0"), b""),
    "one chunk": (head(POST, HOST, CHUNKED) + b"5\r\nhello\r\n0\r\n\r\n", BODY),
    "two chunks": (head(POST, HOST, CHUNKED) + b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", BODY),
    "chunk sizes in any case, with zeros": (
        head(POST, HOST, CHUNKED) + b"00A\r\n0123456789\r\n0\r\n\r\n",
        b"0123456789",
    ),
    "CHUNKED in any case": (head(POST, HOST, "Transfer-Encoding: CHUNKED") + b"5\r\nhello\r\n0\r\n\r\n", BODY),
    "chunk extensions": (head(POST, HOST, CHUNKED) + b'5;a=b;c="d"\r\nhello\r\n0;e\r\n\r\n', BODY),
    "trailers": (head(POST, HOST, CHUNKED) + b"5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n", BODY),
    "no chunk but the last": (head(POST, HOST, CHUNKED) + b"0\r\n\r\n", b""),
    "other methods without a body": (head("GET / HTTP/1.1", HOST), b""),
    "an asterisk of OPTIONS": (head("OPTIONS * HTTP/1.1", HOST), b""),
    "an authority of CONNECT": (head("CONNECT x:80 HTTP/1.1", HOST), b""),
    "a method nobody knows": (head("BREW /tea HTTP/1.1", HOST), b""),
    "content that is encoded as itself": (head(POST, HOST, FIVE, "Content-Encoding: identity") + BODY, BODY),
}

REFUSED = {
    # Lines
    "bare LF after the request line": (400, b"POST / HTTP/1.1\nHost: x\r\nContent-Length: 5\r\n\r\nhello"),
    "bare LF after a header": (400, b"POST / HTTP/1.1\r\nHost: x\nContent-Length: 5\r\n\r\nhello"),
    "bare LF as the empty line": (400, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\nhello"),
    "bare CR in the request line": (400, b"POST /\r HTTP/1.1\r\nHost: x\r\n\r\n"),
    "bare CR in a header": (400, head(POST, HOST, "X: a\rb", FIVE)),
    "two CRs before LF": (400, b"POST / HTTP/1.1\r\r\nHost: x\r\n\r\n"),
    "two empty lines before": (400, b"\r\n\r\n" + head(POST, HOST, FIVE)),
    "white space before the request line": (400, b" " + head(POST, HOST, FIVE)),
    # Request line
    "no version": (400, head("POST /", HOST)),
    "only a method": (400, head("POST", HOST)),
    "two spaces": (400, head("POST  / HTTP/1.1", HOST)),
    "a tab between": (400, head("POST\t/ HTTP/1.1", HOST)),
    "a space in the target": (400, head("POST /a b HTTP/1.1", HOST)),
    "a space at the end": (400, head("POST / HTTP/1.1 ", HOST)),
    "no target": (400, head("POST  HTTP/1.1", HOST)),
    "a fragment": (400, head("POST /#a HTTP/1.1", HOST)),
    "NUL in the target": (400, head("POST /\0 HTTP/1.1", HOST)),
    "Latin-1 in the target": (400, head("POST /\xe9 HTTP/1.1", HOST)),
    "a relative target": (400, head("POST x HTTP/1.1", HOST)),
    "an asterisk for POST": (400, head("POST * HTTP/1.1", HOST)),
    "an authority for POST": (400, head("POST x:80 HTTP/1.1", HOST)),
    "a URL without a host": (400, head("POST http:///x HTTP/1.1", HOST)),
    "a URL with a user": (400, head("POST http://a@x/ HTTP/1.1", HOST)),
    "a method that is no token": (400, head("PO(ST / HTTP/1.1", HOST)),
    "http in small letters": (400, head("POST / http/1.1", HOST)),
    "a version of one digit": (400, head("POST / HTTP/1", HOST)),
    "a version of three digits": (400, head("POST / HTTP/1.10", HOST)),
    "a version with a space": (400, head("POST / HTTP/ 1.1", HOST)),
    "HTTP/2.0": (505, head("POST / HTTP/2.0", HOST)),
    "HTTP/0.9": (505, head("POST / HTTP/0.9", HOST)),
    "the preface of HTTP/2": (505, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    # Header lines
    "a space before the colon": (400, head(POST, "Host : x", FIVE)),
    "a tab before the colon": (400, head(POST, "Host\t: x", FIVE)),
    "no colon": (400, head(POST, HOST, "X-Nothing", FIVE)),
    "an empty name": (400, head(POST, HOST, ": x", FIVE)),
    "a space in a name": (400, head(POST, HOST, "X Y: x", FIVE)),
    "Latin-1 in a name": (400, head(POST, HOST, "\xe9: x", FIVE)),
    "NUL in a name": (400, head(POST, HOST, "X\0: x", FIVE)),
    "NUL in a value": (400, head(POST, HOST, "X: a\0b", FIVE)),
    "a control character in a value": (400, head(POST, HOST, "X: a\x0bb", FIVE)),
    "DEL in a value": (400, head(POST, HOST, "X: a\x7fb", FIVE)),
    "a folded line": (400, head(POST, HOST, "X: a", " b", FIVE)),
    "a line folded by a tab": (400, head(POST, HOST, "X: a", "\tb", FIVE)),
    "white space before the first header": (400, head(POST, " Host: x", FIVE)),
    # Host
    "no Host": (400, head(POST, FIVE)),
    "two Hosts": (400, head(POST, HOST, HOST, FIVE)),
    "two different Hosts": (400, head(POST, HOST, "Host: y", FIVE)),
    "two Hosts in HTTP/1.0": (400, head("POST / HTTP/1.0", HOST, HOST, FIVE)),
    "two Hosts in one": (400, head(POST, "Host: x, y", FIVE)),
    "a user in Host": (400, head(POST, "Host: a@x", FIVE)),
    "a path in Host": (400, head(POST, "Host: x/y", FIVE)),
    "a scheme in Host": (400, head(POST, "Host: http://x", FIVE)),
    "a port that is no number": (400, head(POST, "Host: x:y", FIVE)),
    "a space in Host": (400, head(POST, "Host: x y", FIVE)),
    # Content-Length
    "two equal lengths": (400, head(POST, HOST, FIVE, FIVE)),
    "two lengths": (400, head(POST, HOST, FIVE, "Content-Length: 6")),
    "a list of lengths": (400, head(POST, HOST, "Content-Length: 5, 5")),
    "a plus sign": (400, head(POST, HOST, "Content-Length: +5")),
    "a minus sign": (400, head(POST, HOST, "Content-Length: -5")),
    "minus zero": (400, head(POST, HOST, "Content-Length: -0")),
    "an underscore": (400, head(POST, HOST, "Content-Length: 1_0")),
    "hexadecimal": (400, head(POST, HOST, "Content-Length: 0x5")),
    "a fraction": (400, head(POST, HOST, "Content-Length: 5.0")),
    "a space within": (400, head(POST, HOST, "Content-Length: 1 0")),
    "no number at all": (400, head(POST, HOST, "Content-Length: five")),
    "an empty length": (400, head(POST, HOST, "Content-Length:")),
    "digits of another script": (400, head(POST, HOST, "Content-Length: \xb2")),
    "a length that overflows": (400, head(POST, HOST, "Content-Length: 18446744073709551621")),
    "a length above the limit": (413, head(POST, HOST, "Content-Length: 16384001")),
    "no length": (411, head(POST, HOST)),
    "no length in HTTP/1.0": (411, head("POST / HTTP/1.0")),
    # Transfer-Encoding
    "chunked and a length": (400, head(POST, HOST, CHUNKED, FIVE)),
    "a length and chunked": (400, head(POST, HOST, FIVE, CHUNKED)),
    "chunked in HTTP/1.0": (400, head("POST / HTTP/1.0", HOST, CHUNKED)),
    "chunked twice": (400, head(POST, HOST, "Transfer-Encoding: chunked, chunked")),
    "chunked in two headers": (400, head(POST, HOST, CHUNKED, CHUNKED)),
    "chunked not last": (400, head(POST, HOST, "Transfer-Encoding: chunked, gzip")),
    "a coding other than chunked": (400, head(POST, HOST, "Transfer-Encoding: gzip")),
    "identity": (400, head(POST, HOST, "Transfer-Encoding: identity")),
    "gzip and chunked": (501, head(POST, HOST, "Transfer-Encoding: gzip, chunked")),
    "an empty coding": (400, head(POST, HOST, "Transfer-Encoding:")),
    "an empty coding before": (400, head(POST, HOST, "Transfer-Encoding: , chunked")),
    "chunked with a parameter": (400, head(POST, HOST, "Transfer-Encoding: chunked;a=b")),
    "chunked in quotes": (400, head(POST, HOST, 'Transfer-Encoding: "chunked"')),
    "xchunked": (400, head(POST, HOST, "Transfer-Encoding: xchunked")),
    "a vertical tab before chunked": (400, head(POST, HOST, "Transfer-Encoding: \x0bchunked")),
    "a space before the colon of Transfer-Encoding": (400, head(POST, HOST, "Transfer-Encoding : chunked", FIVE)),
    # Chunks
    "no chunk size": (400, head(POST, HOST, CHUNKED) + b"\r\nhello\r\n"),
    "a chunk size that is no number": (400, head(POST, HOST, CHUNKED) + b"x\r\nhello\r\n"),
    "a negative chunk size": (400, head(POST, HOST, CHUNKED) + b"-5\r\nhello\r\n"),
    "a chunk size with a plus": (400, head(POST, HOST, CHUNKED) + b"+5\r\nhello\r\n"),
    "a chunk size with 0x": (400, head(POST, HOST, CHUNKED) + b"0x5\r\nhello\r\n"),
    "a chunk size with an underscore": (400, head(POST, HOST, CHUNKED) + b"1_0\r\nhello\r\n"),
    "a space before the chunk size": (400, head(POST, HOST, CHUNKED) + b" 5\r\nhello\r\n"),
    "a space after the chunk size": (400, head(POST, HOST, CHUNKED) + b"5 \r\nhello\r\n"),
    "a chunk size of 17 digits": (400, head(POST, HOST, CHUNKED) + b"00000000000000005\r\nhello\r\n"),
    "a huge chunk": (413, head(POST, HOST, CHUNKED) + b"FFFFFFFFFFFFFFFF\r\n"),
    "bare LF after a chunk size": (400, head(POST, HOST, CHUNKED) + b"5\nhello\r\n"),
    "bare LF in a chunk extension": (400, head(POST, HOST, CHUNKED) + b"5;a\nb\r\nhello\r\n"),
    "bare CR in a chunk extension": (400, head(POST, HOST, CHUNKED) + b"5;a\rb\r\nhello\r\n"),
    "NUL in a chunk extension": (400, head(POST, HOST, CHUNKED) + b"5;\0\r\nhello\r\n"),
    "a chunk longer than its size": (400, head(POST, HOST, CHUNKED) + b"4\r\nhello\r\n"),
    "bare LF after a chunk": (400, head(POST, HOST, CHUNKED) + b"5\r\nhello\n0\r\n\r\n"),
    "a wrong end after CR": (400, head(POST, HOST, CHUNKED) + b"5\r\nhello\rX"),
    "a length in the trailers": (400, head(POST, HOST, CHUNKED) + b"0\r\nContent-Length: 5\r\n\r\n"),
    "a coding in the trailers": (400, head(POST, HOST, CHUNKED) + b"0\r\nTransfer-Encoding: chunked\r\n\r\n"),
    "a Host in the trailers": (400, head(POST, HOST, CHUNKED) + b"0\r\nHost: y\r\n\r\n"),
    "a folded trailer": (400, head(POST, HOST, CHUNKED) + b"0\r\nX: a\r\n b\r\n\r\n"),
    # What else a server cannot do
    "an unknown expectation": (417, head(POST, HOST, FIVE, "Expect: 200-ok")),
    "encoded content": (415, head(POST, HOST, FIVE, "Content-Encoding: gzip")),
    "a body of GET": (405, head("GET / HTTP/1.1", HOST, FIVE)),
    "a chunked body of PUT": (405, head("PUT / HTTP/1.1", HOST, CHUNKED)),
}


@pytest.mark.parametrize("piece", [None, 1, 7], ids=["whole", "1", "7"])
@pytest.mark.parametrize("name", ACCEPTED)
def test_what_is_clear_is_accepted(name: str, piece: int | None) -> None:
    data, body = ACCEPTED[name]
    assert bodies(data, piece=piece) == [body]
    assert bodies(data + data.lstrip(), piece=piece) == [body, body], "the next request begins where this one ends"


@pytest.mark.parametrize("piece", [None, 1], ids=["whole", "1"])
@pytest.mark.parametrize("name", REFUSED)
def test_what_is_in_doubt_is_refused(name: str, piece: int | None) -> None:
    status, data = REFUSED[name]
    assert bodies(data, piece=piece) == [status]


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_comes_after_the_requests_before_it(name: str) -> None:
    status, data = REFUSED[name]
    first, body = ACCEPTED["two chunks"]
    if name == "two empty lines before":
        return
    assert bodies(first + data) == [body, status]


LIMITED = {
    "a request line at its limit": (head("POST /" + "a" * (64 - 15) + " HTTP/1.1", HOST, FIVE) + BODY, BODY),
    "a request line above it": (head("POST /" + "a" * (65 - 15) + " HTTP/1.1", HOST, FIVE) + BODY, 414),
    "a request line without an end": (b"POST /" + b"a" * 100, 414),
    "a header at its limit": (head(POST, HOST, FIVE, "X: " + "a" * 37) + BODY, BODY),
    "a header above it": (head(POST, HOST, FIVE, "X: " + "a" * 38) + BODY, 431),
    "a header without an end": (head(POST, HOST)[:-2] + b"X: " + b"a" * 100, 431),
    "as many headers as may be": (head(POST, HOST, FIVE, *["X: a"] * 4) + BODY, BODY),
    "one more": (head(POST, HOST, FIVE, *["X: a"] * 5) + BODY, 431),
    "headers that are too long together": (head(POST, HOST, FIVE, *["X: " + "a" * 37] * 5) + BODY, 431),
    "a body at its limit": (head(POST, HOST, "Content-Length: 1000") + b"a" * 1000, b"a" * 1000),
    "a body above it": (head(POST, HOST, "Content-Length: 1001"), 413),
    "chunks at the limit": (head(POST, HOST, CHUNKED) + b"1f4\r\n" + b"a" * 500 + b"\r\n1f4\r\n" + b"a" * 500 + b"\r\n0\r\n\r\n", b"a" * 1000),
    "chunks above it": (head(POST, HOST, CHUNKED) + b"1f4\r\n" + b"a" * 500 + b"\r\n1f5\r\n", 413),
    "one long chunk extension": (head(POST, HOST, CHUNKED) + b"5;" + b"a" * 60 + b"\r\nhello\r\n", 400),
    "a chunk extension without an end": (head(POST, HOST, CHUNKED) + b"5;" + b"a" * 100, 400),
    "many chunk extensions": (head(POST, HOST, CHUNKED) + b"1;" + b"a" * 20 + b"\r\nx\r\n1;" + b"a" * 40 + b"\r\n", 400),
    "more trailers than headers may be": (head(POST, HOST, CHUNKED) + b"0\r\n" + b"X: a\r\n" * 5, 431),
}  # fmt: skip


@pytest.mark.parametrize("piece", [None, 1], ids=["whole", "1"])
@pytest.mark.parametrize("name", LIMITED)
def test_sizes_are_limited(name: str, piece: int | None) -> None:
    data, expected = LIMITED[name]
    assert bodies(data, SMALL, piece) == [expected]


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_request_that_is_not_complete_is_none_yet(name: str) -> None:
    data, _ = ACCEPTED[name]
    for end in range(len(data)):
        assert bodies(data[:end]) == []


def test_a_request_has_its_line_and_headers() -> None:
    (request,) = read(head("POST /a?b=c HTTP/1.1", HOST, FIVE, "X-One: 1", "x-one:  2 ") + BODY)
    assert isinstance(request, Request)
    assert request.line == ("POST", "/a?b=c", 1)
    assert request.fields == [(b"host", b"x"), (b"content-length", b"5"), (b"x-one", b"1"), (b"x-one", b"2")]


def test_trailers_are_no_headers() -> None:
    (request,) = read(head(POST, HOST, CHUNKED) + b"5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n")
    assert isinstance(request, Request)
    assert request.fields == [(b"host", b"x"), (b"transfer-encoding", b"chunked")]


KEPT = [
    ("HTTP/1.1", [], True),
    ("HTTP/1.1", ["Connection: close"], False),
    ("HTTP/1.1", ["Connection: Close"], False),
    ("HTTP/1.1", ["Connection: keep-alive"], True),
    ("HTTP/1.1", ["Connection: upgrade, close"], False),
    ("HTTP/1.1", ["Connection: keep-alive", "Connection: close"], False),
    ("HTTP/1.0", [], False),
    ("HTTP/1.0", ["Connection: Keep-Alive"], True),
    ("HTTP/1.0", ["Connection: keep-alive, close"], False),
]


@pytest.mark.parametrize("version,fields,expected", KEPT)
def test_the_client_says_whether_the_connection_goes_on(version: str, fields: list[str], expected: bool) -> None:
    (request,) = read(head(f"POST / {version}", HOST, FIVE, *fields) + BODY)
    assert isinstance(request, Request)
    assert request.keep_alive is expected


@pytest.mark.parametrize("value", ["100-continue", "100-Continue"])
def test_a_client_that_waits_to_continue_is_told_once(value: str) -> None:
    reader = RequestReader()
    reader.feed(head(POST, HOST, FIVE, f"Expect: {value}"))
    assert reader.next_request() is None
    assert reader.take_continue()
    assert not reader.take_continue()
    reader.feed(BODY)
    request = reader.next_request()
    assert request is not None and request.body == BODY
    assert not reader.take_continue()


@pytest.mark.parametrize(
    "data",
    [
        head(POST, HOST, FIVE),
        head(POST, HOST, FIVE, "Expect: 100-continue") + b"h",
        head("POST / HTTP/1.0", HOST, FIVE, "Expect: 100-continue"),
        head(POST, HOST, "Expect: 100-continue")[:-2],
    ],
)
def test_who_does_not_wait_is_not_told(data: bytes) -> None:
    reader = RequestReader()
    reader.feed(data)
    assert reader.next_request() is None
    assert not reader.take_continue()


def test_idle_is_between_requests() -> None:
    reader = RequestReader()
    data = head(POST, HOST, FIVE) + BODY
    assert reader.is_idle
    for byte in data[:-1]:
        reader.feed(bytes([byte]))
        assert reader.next_request() is None
        assert not reader.is_idle
    reader.feed(data[-1:])
    assert reader.next_request() is not None
    assert reader.is_idle


@pytest.mark.parametrize("first", [b"\x80\x01\x00\x01", b"\x00\x00\x00\x16", b"\x82\x21", b"[1", b"{", b"\x16\x03\x01"])
def test_another_protocol_is_refused_at_its_first_byte(first: bytes) -> None:
    assert bodies(first[:1]) == [400]


def test_many_small_chunks_take_linear_time() -> None:
    size = 200_000
    data = head(POST, HOST, CHUNKED) + b"1\r\nx\r\n" * size + b"0\r\n\r\n"
    assert bodies(data, piece=65536) == [b"x" * size]


def test_a_body_in_many_pieces_takes_linear_time() -> None:
    size = 2_000_000
    assert bodies(head(POST, HOST, f"Content-Length: {size}") + b"x" * size, piece=100) == [b"x" * size]


PIECES = [data for data, _ in ACCEPTED.values()] + [data for _, data in REFUSED.values()]


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 40))
def test_any_bytes_give_requests_or_one_refusal_however_they_are_cut(seed: int, piece: int) -> None:
    # Invariant: any bytes give requests and then at most one refusal, the same ones for every way of cutting them.
    rng = random.Random(seed)
    data = bytearray(b"".join(rng.choice(PIECES) for _ in range(rng.randint(1, 3))))
    for _ in range(rng.randint(0, 6)):
        at = rng.randrange(len(data) + 1)
        how = rng.randrange(3)
        if how == 0:
            del data[at : at + rng.randint(1, 4)]
        elif how == 1:
            data[at:at] = rng.choice(
                [b"\r", b"\n", b"\r\n", b" ", b"\0", b":", b"0", b"\x80", b"Content-Length: 1\r\n"]
            )
        elif at < len(data):
            data[at] = rng.randrange(256)
    whole = read(bytes(data))
    assert read(bytes(data), piece=piece) == whole
    assert all(not isinstance(each, int) for each in whole[:-1])
