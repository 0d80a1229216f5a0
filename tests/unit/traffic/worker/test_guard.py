"""Programs of this machine may change something, and pages of other origins may not."""

import pytest

from traffic.worker.guard import refusal

HERE = {"host": "127.0.0.1:8002"}


@pytest.mark.parametrize(
    "headers",
    [
        HERE,
        {"host": "localhost:8002"},
        {"host": "[::1]:8002"},
        {"host": "traffic:8002"},
        {"host": "10.1.2.3:8002"},
        {"host": "worker.lan:8002"},
        HERE | {"origin": "http://127.0.0.1:8002"},
        HERE | {"sec-fetch-site": "same-origin"},
        HERE | {"sec-fetch-site": "none"},
    ],
)
def test_a_program_and_the_own_page_may(headers: dict[str, str]) -> None:
    assert refusal(headers, own_host="worker.lan") is None


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
        ({"host": "[::1"}, "found '[::1'"),
        ({}, "found ''"),
    ],
)
def test_a_page_of_elsewhere_may_not(headers: dict[str, str], said: str) -> None:
    assert said in (refusal(headers, own_host="127.0.0.1") or "")
