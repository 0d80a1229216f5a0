"""What stores have in common: bounds and sizes."""

from proxy.cache.entries import Near
from proxy.cache.stores.store import Bounds, size_of
from tests.caches import an_entry


def test_an_answer_may_be_given_until_it_is_as_old_as_the_bound() -> None:
    assert Bounds(1, 1, 60.0).oldest(100.0) == 40.0


def test_an_entry_counts_with_its_vector() -> None:
    plain = size_of(an_entry(b"x" * 100), None)
    assert plain == an_entry(b"x" * 100).size_bytes > 100
    assert size_of(an_entry(b"x" * 100), Near(b"bucket", bytes(1536))) > plain + 1536


def test_what_is_larger_than_all_may_be_is_not_taken() -> None:
    bounds = Bounds(1, 100, 60.0)
    assert [bounds.take(size) for size in (0, 100, 101)] == [True, True, False]
