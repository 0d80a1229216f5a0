"""Heads are read strictly, and what goes on is what was written."""

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.heads import MalformedHead, read_request, read_response


def request(*lines: bytes) -> bytes:
    return b"\r\n".join([b"POST /api/chat HTTP/1.1", *lines])


def test_lines_go_on_as_they_were_written() -> None:
    head = read_request(
        request(b"hOST: a", b"X-Twice:1", b"x-twice:   2 ", b"Empty:", b"Latin: \xe9\xff")
    )
    assert head.passing == [
        b"hOST: a",
        b"X-Twice:1",
        b"x-twice:   2 ",
        b"Empty:",
        b"Latin: \xe9\xff",
    ]
    assert head.headers[b"x-twice"] == b"1"
    assert head.headers[b"latin"] == b"\xe9\xff"


def test_what_is_said_to_the_cache_in_several_lines_is_read_whole_and_goes_on_as_it_was() -> None:
    lines = [b"Cache-Control: max-stale", b"X-Other: 1", b"cache-control:  no-store"]
    head = read_request(request(*lines))
    assert head.headers[b"cache-control"] == b"max-stale,no-store"
    assert head.passing == lines


def test_what_belongs_to_one_connection_stays_behind() -> None:
    head = read_request(
        request(
            b"Connection: close, X-Mine",
            b"connection: X-Other",
            b"X-Mine: 1",
            b"x-other: 2",
            b"Keep-Alive: 5",
            b"Proxy-Authorization: secret",
            b"TE: trailers",
            b"Upgrade: h2c",
            b"Trailer: X-Sum",
            b"Expect: 100-continue",
            b"Content-Encoding: zstd",
        )
    )
    assert head.passing == [b"Trailer: X-Sum", b"Expect: 100-continue", b"Content-Encoding: zstd"]
    assert not head.keep_alive


@pytest.mark.parametrize(
    "target",
    [
        b"/",
        b"/a?",
        b"/v1/models/a%2Fb%3A1",
        b"*",
        b"http://h/p?q",
        b"/\xc3\xa9",
        b"/a#b",
        b"/a?x=%",
    ],
)
def test_a_target_is_opaque(target: bytes) -> None:
    assert read_request(b"GET " + target + b" HTTP/1.1").target == target


@pytest.mark.parametrize("method", [b"GET", b"FROBNICATE", b"m-search", b"x"])
def test_any_method_is_one(method: bytes) -> None:
    assert read_request(method + b" / HTTP/1.1").method == method


def test_the_version_decides_whether_the_connection_stays() -> None:
    assert read_request(b"GET / HTTP/1.1").keep_alive
    assert not read_request(b"GET / HTTP/1.1\r\nConnection: Close").keep_alive
    assert not read_request(b"GET / HTTP/1.0").keep_alive
    assert read_request(b"GET / HTTP/1.0\r\nConnection: keep-alive").keep_alive


@pytest.mark.parametrize(
    ("lines", "length"),
    [
        ([], 0),
        ([b"Content-Length: 0"], 0),
        ([b"Content-Length: 12"], 12),
        ([b"Content-Length: 12", b"content-length: 12"], 12),
        ([b"Transfer-Encoding: chunked"], None),
        ([b"Transfer-Encoding: Chunked"], None),
    ],
)
def test_where_a_body_ends_is_said_by_the_head(lines: list[bytes], length: int | None) -> None:
    head = read_request(request(*lines))
    assert head.length == length
    assert sum(line.lower().startswith(b"content-length") for line in head.passing) <= 1


@pytest.mark.parametrize(
    "lines",
    [
        [b"Content-Length: 1", b"Content-Length: 2"],
        [b"Content-Length: 1, 2"],
        [b"Content-Length: 12, 12"],
        [b"Content-Length: +1"],
        [b"Content-Length: 0x1"],
        [b"Content-Length:"],
        [b"Content-Length: 99999999999999999999"],
        [b"Content-Length: \xb2"],
        [b"Content-Length: 5", b"Transfer-Encoding: chunked"],
        [b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"],
        [b"Transfer-Encoding: gzip, chunked"],
        [b"Transfer-Encoding: \x0bchunked"],
        [b"Transfer-Encoding : chunked"],
        [b"Host: a", b" folded: b"],
        [b"Host: a", b"\tfolded"],
        [b"no colon"],
        [b": nameless"],
        [b"Na me: x"],
        [b"Name: a\nb"],
        [b"Name: a\rb"],
        [b"Name: a\0b"],
    ],
)
def test_what_two_readers_could_read_differently_is_refused(lines: list[bytes]) -> None:
    with pytest.raises(MalformedHead):
        read_request(request(*lines))


@pytest.mark.parametrize(
    "first",
    [
        b"GET /",
        b"GET  / HTTP/1.1",
        b"GET / HTTP/2.0",
        b"GET / HTTP/1.1 ",
        b"GET /a b HTTP/1.1",
        b"G\xe9T / HTTP/1.1",
        b" / HTTP/1.1",
        b"GET / http/1.1",
        b"",
    ],
)
def test_what_is_no_request_line_is_refused(first: bytes) -> None:
    with pytest.raises(MalformedHead):
        read_request(first)


def test_chunked_is_no_word_of_http_1_0() -> None:
    with pytest.raises(MalformedHead):
        read_request(b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked")


def test_a_response_keeps_its_status_line() -> None:
    head = read_response(b"HTTP/1.1 499 request  canceled\r\nContent-Length: 3\r\nX: y")
    assert (head.status, head.status_line) == (499, b"HTTP/1.1 499 request  canceled")
    assert (head.length, head.is_chunked, head.keep_alive) == (3, False, True)
    assert head.passing == [b"Content-Length: 3", b"X: y"]


def test_a_response_may_lack_a_reason_and_a_length() -> None:
    head = read_response(b"HTTP/1.0 200")
    assert (head.length, head.is_chunked, head.keep_alive) == (None, False, False)


def test_a_chunked_response_is_not_bound_by_a_length() -> None:
    head = read_response(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked")
    assert head.is_chunked
    assert head.length is None
    assert head.passing == [b"Transfer-Encoding: chunked"]


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 20 OK",
        b"HTTP/1.1 600 X",
        b"ICY 200 OK",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2",
        b"HTTP/1.1 200 OK\nX: y",
    ],
)
def test_a_response_that_cannot_be_read_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedHead):
        read_response(raw)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    for read in (read_request, read_response):
        try:
            read(raw)
        except MalformedHead:
            continue


PIECES = [
    *(b"POST", b"GET", b" ", b"/", b"/x", b"HTTP/1.1", b"HTTP/1.0", b"\r\n", b"\r", b"\n", b"\t"),
    *(b"Host: a", b"Content-Length: 3", b"content-length:4", b"Transfer-Encoding: chunked"),
    *(b"Connection: close", b":", b"x", b"\0", b"Content-Length", b","),
]


@given(st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join))
def test_what_is_read_is_framed_as_another_reader_frames_it(tail: bytes) -> None:
    """h11 is the other reader: no request passes here that it would end elsewhere."""
    raw = b"POST / HTTP/1.1\r\nHost: a" + tail
    if b"\r\n\r\n" in raw:
        return
    try:
        head = read_request(raw)
    except MalformedHead:
        return
    other = h11.Connection(h11.SERVER)
    other.receive_data(raw + b"\r\n\r\n")
    try:
        event = other.next_event()
    except h11.RemoteProtocolError as error:
        assert "host" in str(error).lower()
        return
    assert isinstance(event, h11.Request)
    framing = dict(event.headers)
    assert (b"transfer-encoding" in framing) == (head.length is None)
    if head.length is not None:
        assert int(framing.get(b"content-length", b"0")) == head.length


def test_a_chunked_answer_keeps_its_framing_whatever_its_connection_names() -> None:
    head = read_response(
        b"HTTP/1.1 200 OK\r\nConnection: Transfer-Encoding, X\r\nTransfer-Encoding: chunked\r\nX: y"
    )
    assert head.is_chunked
    assert head.passing == [b"Transfer-Encoding: chunked"]
