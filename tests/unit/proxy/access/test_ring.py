"""Keys are found by their hash, and how long that takes says nothing of them."""

import hmac
from hashlib import sha256
from unittest import mock

from proxy.access.entries import Entry
from proxy.access.ring import KeyRing


def entry(alias: str, *keys: bytes) -> Entry:
    return Entry(alias, tuple(sha256(key).digest() for key in keys))


ALICE, BOB, ANYBODY = entry("alice", b"a1", b"a2"), entry("bob", b"b1"), entry("*")


def test_a_key_belongs_to_one_entry_or_to_none() -> None:
    ring = KeyRing([ALICE, BOB, ANYBODY])
    assert ring.owner(b"a1") is ALICE
    assert ring.owner(b"a2") is ALICE
    assert ring.owner(b"b1") is BOB
    for other in (b"", b"a", b"a1 ", b"*", sha256(b"a1").digest(), b"x" * 100_000):
        assert ring.owner(other) is None


def test_all_but_the_entry_of_all_others_have_an_alias() -> None:
    assert KeyRing([ALICE, BOB, ANYBODY]).aliases == ["alice", "bob"]


def test_an_empty_ring_knows_nobody() -> None:
    assert KeyRing([]).owner(b"a1") is None
    assert KeyRing([]).owner(bytes(32)) is None
    assert KeyRing([]).anybody is None


def test_an_alias_has_its_entry_and_the_one_of_all_others_is_nobodys() -> None:
    ring = KeyRing([ALICE, ANYBODY])
    assert ring.named("alice") is ALICE
    assert ring.named("bob") is None
    assert ring.named("*") is None
    assert ring.anybody is ANYBODY


def test_every_look_compares_one_hash_in_constant_time_found_or_not() -> None:
    ring = KeyRing([ALICE, BOB])
    real, compared = hmac.compare_digest, []

    def noting(left: bytes, right: bytes) -> bool:
        compared.append((len(left), len(right)))
        return real(left, right)

    with mock.patch.object(hmac, "compare_digest", noting):
        for key in (b"a1", b"b1", b"nobody", b""):
            ring.owner(key)
    assert compared == [(32, 32)] * 4


def test_where_a_key_is_looked_up_is_a_secret_of_the_process() -> None:
    first, second = KeyRing([ALICE]), KeyRing([ALICE])
    assert set(first._by_key).isdisjoint(second._by_key)
    assert sha256(b"a1").digest() not in first._by_key
