"""Where keys are: the fields of the usual clients, the first that holds one first."""

import pytest

from proxy.credentials import KEY_HEADERS, keys_in


@pytest.mark.parametrize(
    ("headers", "keys"),
    [
        ({}, []),
        ({b"authorization": b"Bearer one"}, [b"one"]),
        ({b"authorization": b"bEARER   one "}, [b"one"]),
        ({b"authorization": b"Basic b25l"}, []),
        ({b"authorization": b"one"}, []),
        ({b"authorization": b"Bearer"}, []),
        ({b"x-api-key": b"one"}, [b"one"]),
        ({b"api-key": b" one "}, [b"one"]),
        ({b"x-api-key": b"", b"api-key": b"one"}, [b"one"]),
        (
            {b"api-key": b"three", b"x-api-key": b"two", b"authorization": b"Bearer one"},
            [b"one", b"two", b"three"],
        ),
        ({b"authorization": b"Basic b25l", b"x-api-key": b"two"}, [b"two"]),
        ({b"cookie": b"one", b"x-user": b"two"}, []),
    ],
)
def test_keys_are_found_where_clients_put_them(
    headers: dict[bytes, bytes], keys: list[bytes]
) -> None:
    assert keys_in(headers) == keys


def test_what_is_looked_at_is_what_is_taken_away() -> None:
    assert all(keys_in({name: b"Bearer one"}) for name in KEY_HEADERS)
