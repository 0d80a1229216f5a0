"""Names of what is kept: of one request alone, and nothing of it in them."""

import pytest

from proxy.cache.keys import Keys, caller_of, page_of
from proxy.heads import RequestHead, read_request


def head(*lines: bytes) -> RequestHead:
    return read_request(b"\r\n".join([b"POST /api/chat HTTP/1.1", *lines, b"Content-Length: 2"]))


def test_a_name_is_of_these_parts_in_this_order_by_this_secret() -> None:
    keys = Keys(b"secret")
    assert keys.of(b"a", b"b") == Keys(b"secret").of(b"a", b"b")
    others = [
        keys.of(b"b", b"a"),
        keys.of(b"ab"),
        keys.of(b"ab", b""),
        keys.of(b"", b"ab"),
        keys.of(b"a", b"b", b""),
        Keys(b"other").of(b"a", b"b"),
    ]
    assert len({keys.of(b"a", b"b"), *others}) == 7
    assert all(len(name) == 32 for name in others)


def test_a_name_says_nothing_of_its_parts() -> None:
    name = Keys(b"secret").of(b"who reads this")
    assert b"who" not in name
    assert b"secret" not in name


@pytest.mark.parametrize("name", [b"Authorization", b"X-API-Key", b"Api-Key", b"Cookie", b"X-User"])
def test_who_says_otherwise_who_it_is_is_another(name: bytes) -> None:
    callers = [
        caller_of(head(), b"x-user"),
        caller_of(head(name + b": one"), b"x-user"),
        caller_of(head(name + b": two"), b"x-user"),
        caller_of(head(name + b": one", name + b": two"), b"x-user"),
        caller_of(head(name + b": two", name + b": one"), b"x-user"),
    ]
    assert len(set(callers)) == len(callers)
    assert caller_of(head(name.lower() + b":one "), b"x-user") == callers[1]


def test_who_has_it_go_no_further_says_all_the_same_who_it_is() -> None:
    callers = [
        caller_of(head(b"Connection: X-Api-Key", *lines), b"")
        for lines in ((), (b"X-Api-Key: one",), (b"X-Api-Key: two",))
    ]
    assert len(set(callers)) == 3


def test_what_is_said_by_one_name_is_not_what_is_said_by_another() -> None:
    assert caller_of(head(b"Cookie: a"), b"") != caller_of(head(b"X-Api-Key: a"), b"")


def test_whose_key_was_brought_and_taken_away_is_told_apart() -> None:
    callers = []
    for caller in (b"", b"alice", b"bob"):
        for lines in ((), (b"Cookie: a",)):
            came = head(*lines)
            came.caller = caller
            callers.append(caller_of(came, b"x-user"))
    assert len(set(callers)) == len(callers)


def test_other_headers_say_nothing_of_who_asks() -> None:
    lines = (b"User-Agent: x", b"Accept: */*", b"X-User: y", b"traceparent: 00-1-2-00")
    assert caller_of(head(*lines), b"") == b""


def test_a_page_is_its_origin_and_the_name_that_it_goes_by() -> None:
    pages = [
        {},
        {b"host": b"evil.example"},
        {b"host": b"other.example:11435"},
        {b"host": b"localhost:11435", b"origin": b"http://localhost:3000"},
        {b"host": b"localhost:11435", b"origin": b"http://localhost:5173"},
        {b"host": b"localhost:3000", b"origin": b"http://localhost:3000"},
        {b"host": b"localhost", b"origin": b"null"},
    ]
    assert len({page_of(page) for page in pages}) == len(pages)


@pytest.mark.parametrize(
    "host", [b"", b"localhost", b"LOCALHOST:11435", b"127.0.0.1:1", b"127.0.0.9", b"[::1]:11435"]
)
def test_this_machine_has_one_name(host: bytes) -> None:
    assert page_of({b"host": host} if host else {}) == b""


def test_a_port_is_no_part_of_a_hosts_name() -> None:
    assert page_of({b"host": b"proxy:11435"}) == page_of({b"host": b"Proxy"}) == b"proxy"


@pytest.mark.parametrize(
    "host", [b"[::1", b"[x]y", b"a:b:c", b"\xff\xfe", b"@", b"a@b", b"/x", b"?"]
)
def test_a_name_that_is_none_raises_nothing_and_is_not_this_machines(host: bytes) -> None:
    assert page_of({b"host": host}) != b""
