"""What a request's head says about the cache."""

import pytest

from proxy.cache.wishes import Wish, wish_of


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, Wish()),
        ({b"cache-control": b"no-cache"}, Wish(refreshes=True)),
        ({b"cache-control": b"No-Cache"}, Wish(refreshes=True)),
        ({b"cache-control": b"max-age=0"}, Wish(refreshes=True)),
        ({b"cache-control": b"max-age = 0"}, Wish(refreshes=True)),
        ({b"cache-control": b"max-age=60"}, Wish()),
        ({b"cache-control": b"no-store"}, Wish(stores=False)),
        ({b"cache-control": b"no-store, no-cache"}, Wish(refreshes=True, stores=False)),
        ({b"cache-control": b'no-cache="x", private'}, Wish(refreshes=True)),
        ({b"cache-control": b"not-no-cache"}, Wish()),
        ({b"x-portkey-cache-force-refresh": b"true"}, Wish(refreshes=True)),
        ({b"x-portkey-cache-force-refresh": b" TRUE "}, Wish(refreshes=True)),
        ({b"x-portkey-cache-force-refresh": b"false"}, Wish()),
        ({b"x-portkey-cache-force-refresh": b"1"}, Wish()),
    ],
)
def test_a_clients_wish(headers: dict[bytes, bytes], expected: Wish) -> None:
    assert wish_of(headers) == expected
