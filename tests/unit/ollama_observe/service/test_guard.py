"""Programs of this machine and the own page may ask, and pages of other origins may not."""

import pytest

from ollama_observe.service.guard import host_of, host_refusal, refusal

HERE = {"host": "127.0.0.1:8002"}
NAMES = frozenset({"traffic", "worker.lan"})


@pytest.mark.parametrize(
    "headers",
    [
        HERE,
        {"host": "localhost:8002"},
        {"host": "own.localhost:8002"},
        {"host": "[::1]:8002"},
        {"host": "traffic:8002"},
        {"host": "10.1.2.3:8002"},
        {"host": "Worker.LAN:8002"},
        HERE | {"origin": "http://127.0.0.1:8002"},
        HERE | {"sec-fetch-site": "same-origin"},
        HERE | {"sec-fetch-site": "none"},
    ],
)
def test_a_program_and_the_own_page_may(headers: dict[str, str]) -> None:
    assert refusal(headers, NAMES) is None


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        (HERE | {"origin": "http://evil.example"}, "a page of http://evil.example may not"),
        (HERE | {"origin": "null"}, "a page of null may not"),
        (HERE | {"origin": "http://127.0.0.1:3000"}, "a page of http://127.0.0.1:3000 may not"),
        (HERE | {"sec-fetch-site": "cross-site"}, "a page of another site"),
        (HERE | {"sec-fetch-site": "same-site"}, "a page of another site"),
        # a name of its own for this machine's address: by its own word it is the same origin
        (
            {"host": "evil.example", "origin": "http://evil.example"},
            "found 'evil.example'",
        ),
        ({"host": "worker.lan.evil.example"}, "found 'worker.lan.evil.example'"),
        ({"host": "[::1"}, "found '[::1'"),
        ({}, "found ''"),
    ],
)
def test_a_page_of_elsewhere_may_not(headers: dict[str, str], said: str) -> None:
    assert said in (refusal(headers, NAMES) or "")


def test_a_page_of_an_origin_that_is_permitted_may() -> None:
    page = {"host": "board.example", "origin": "https://board.example", "sec-fetch-site": "none"}
    origins = frozenset({"https://board.example", "https://other.example"})
    assert refusal(page, {"board.example"}, origins) is None
    beside = HERE | {"origin": "https://other.example", "sec-fetch-site": "cross-site"}
    assert refusal(beside, NAMES, origins) is None
    assert refusal(HERE | {"origin": "https://third.example"}, NAMES, origins) is not None


def test_a_page_of_another_site_may_be_shown_and_followed_links_of() -> None:
    followed = HERE | {"sec-fetch-site": "cross-site"}
    assert host_refusal(followed, NAMES) is None
    assert host_refusal({"host": "evil.example"}, NAMES) is not None


@pytest.mark.parametrize(
    ("origin", "name"),
    [
        ("https://board.example", "board.example"),
        ("http://Board:3001", "board"),
        ("http://[::1]:80", "::1"),
    ],
)
def test_an_origin_has_a_name(origin: str, name: str) -> None:
    assert host_of(origin) == name


@pytest.mark.parametrize(
    "origin",
    ["board.example", "ftp://board", "https://", "https://a/", "https://u@a", "http://a:99999"],
)
def test_what_is_no_origin_is_said_to_be_none(origin: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        host_of(origin)
