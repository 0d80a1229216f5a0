"""What a request's head says about the cache."""

import pytest

from proxy.cache.wishes import Wish, wish_of
from proxy.heads import read_request


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ((), Wish()),
        (("no-cache",), Wish(refreshes=True)),
        (("No-Cache",), Wish(refreshes=True)),
        (("max-age=0",), Wish(refreshes=True, max_age_seconds=0)),
        (("max-age = 0",), Wish(refreshes=True, max_age_seconds=0)),
        (("max-age=00",), Wish(refreshes=True, max_age_seconds=0)),
        (("max-age=60",), Wish(max_age_seconds=60)),
        (('max-age="60"',), Wish(max_age_seconds=60)),
        (("max-age=60, max-age=5",), Wish(max_age_seconds=5)),
        (("max-age=" + "9" * 500,), Wish(max_age_seconds=float("inf"))),
        (("max-age",), Wish(refreshes=True, max_age_seconds=0)),
        (("max-age=-1",), Wish(refreshes=True, max_age_seconds=0)),
        (("max-age=soon",), Wish(refreshes=True, max_age_seconds=0)),
        (("max-stale=60",), Wish()),
        (("no-store",), Wish(stores=False)),
        (("no-store, no-cache",), Wish(refreshes=True, stores=False)),
        (("max-stale", "no-store"), Wish(stores=False)),
        (("no-store", "max-stale"), Wish(stores=False)),
        (("private", "x", "no-cache", "no-store"), Wish(refreshes=True, stores=False)),
        (("private", "max-age=7"), Wish(max_age_seconds=7)),
        (('no-cache="x", private',), Wish(refreshes=True)),
        (("not-no-cache",), Wish()),
    ],
)
def test_a_clients_wish(said: tuple[str, ...], expected: Wish) -> None:
    assert wish_of(headers("Cache-Control", *said)) == expected


@pytest.mark.parametrize(
    ("said", "is_so"),
    [
        (("true",), True),
        ((" TRUE ",), True),
        (("false", "true"), True),
        (("false",), False),
        (("1",), False),
    ],
)
def test_portkeys_own_word_for_it(said: tuple[str, ...], is_so: bool) -> None:
    assert wish_of(headers("x-portkey-cache-force-refresh", *said)) == Wish(refreshes=is_so)


def test_an_answer_that_is_older_than_wanted_will_not_do() -> None:
    assert Wish().takes(1e9)
    assert [Wish(max_age_seconds=5).takes(age) for age in (0.0, 5.0, 5.1)] == [True, True, False]


def headers(name: str, *values: str) -> dict[bytes, bytes]:
    """As they are read of a head in which each value has a line of its own."""
    lines = [f"{name}: {value}".encode() for value in values]
    found = read_request(b"\r\n".join([b"POST / HTTP/1.1", *lines])).headers
    return dict(found)
