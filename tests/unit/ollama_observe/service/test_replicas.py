"""One address for each replica, by the answers of a resolver on paper."""

import socket
from typing import Any

import pytest

from ollama_observe.service.replicas import each_of


def answering(*addresses: str) -> Any:
    def resolve(host: str, port: object, **told: object) -> list[tuple[Any, ...]]:
        assert (host, told["family"]) == ("proxy", socket.AF_INET)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 0)) for one in addresses]

    return resolve


@pytest.mark.parametrize(
    ("url", "addresses", "found"),
    [
        ("http://proxy:8001", ("10.0.0.2",), ("http://proxy:8001",)),
        (
            "http://proxy:8001",
            ("10.0.0.10", "10.0.0.9", "10.0.0.10"),
            ("http://10.0.0.9:8001", "http://10.0.0.10:8001"),
        ),
        (
            "http://me:a@b@proxy/path?q=1",
            ("10.0.0.3", "10.0.0.2"),
            ("http://me:a@b@10.0.0.2/path?q=1", "http://me:a@b@10.0.0.3/path?q=1"),
        ),
    ],
)
def test_there_is_one_address_for_each_replica(
    url: str, addresses: tuple[str, ...], found: tuple[str, ...]
) -> None:
    assert each_of(url, answering(*addresses)) == found


@pytest.mark.parametrize("error", [socket.gaierror(-2, "unknown"), UnicodeError("too long")])
def test_while_nobody_has_the_name_there_is_none(error: Exception) -> None:
    def resolve(*_: object, **__: object) -> Any:
        raise error

    assert each_of("http://proxy:8001", resolve) == ()


def test_what_is_proved_by_its_name_is_asked_by_it() -> None:
    def resolve(*_: object, **__: object) -> Any:
        raise AssertionError

    assert each_of("https://proxy:8001", resolve) == ("https://proxy:8001",)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_this_machine_is_one(host: str) -> None:
    assert each_of(f"http://{host}:8001") == (f"http://{host}:8001",)
