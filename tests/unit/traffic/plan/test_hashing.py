"""The hash is that of one JSON text, which is never made."""

import hashlib
import tracemalloc
from typing import Any

import pytest

from traffic.plan.hashing import sha256_of


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({}, "{}"),
        ({"b": iter([]), "a": "ä"}, '{"a":"ä","b":[]}'),
        (
            {"b": iter([{"z": 1, "y": None}, 2.5]), "a": [1, 2]},
            '{"a":[1,2],"b":[{"y":null,"z":1},2.5]}',
        ),
    ],
)
def test_it_is_the_hash_of_the_json_with_sorted_keys(said: dict[str, Any], text: str) -> None:
    assert sha256_of(said) == hashlib.sha256(text.encode()).hexdigest()


def test_many_values_take_no_more_memory_than_one() -> None:
    tracemalloc.start()
    try:
        sha256_of({"a": ("x" * 1000 for _ in range(10_000))})
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 200_000
