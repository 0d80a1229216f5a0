"""A redirect is said with the host that it points to, and nothing else of it."""

import pytest

from traffic.request.redirects import redirect


@pytest.mark.parametrize(
    ("location", "where"),
    [
        ("https://ollama.example/api/chat?key=secret#x", "to https://ollama.example"),
        ("http://user:secret@127.0.0.1:8080/", "to http://127.0.0.1:8080"),
        ("//other.example/secret", "to other.example"),
        ("/secret/path", "within the same server"),
        ("", "within the same server"),
        ("http://[secret", "to no address"),
        ("http://a\x1bb/", "to http://a b"),
        ("http://a\udcffb/", "to http://a b"),
        ("\udcff", "within the same server"),
        (f"http://{'h' * 5000}/", f"to http://{'h' * 100}"),
    ],
    ids=lambda it: it[:24],
)
def test_only_the_host_is_said(location: str, where: str) -> None:
    assert redirect(307, location) == f"a redirect {where}, which is not followed"


@pytest.mark.parametrize(
    ("status", "location"), [(200, "/here"), (400, "/here"), (503, "/here"), (300, None)]
)
def test_any_other_answer_is_none(status: int, location: str | None) -> None:
    assert redirect(status, location) is None
