"""Entries: what is said of an alias, and what is not shown of it."""

from proxy.access.entries import Entry, Limits


def test_an_entry_that_says_nothing_limits_nothing_and_may_not_manage() -> None:
    entry = Entry("alice")
    assert entry.models is None
    assert not entry.manage
    assert entry.limits == Limits(None, None, None, None)
    assert not entry.is_expired(1e12)


def test_an_entry_ends_at_its_instant() -> None:
    entry = Entry("alice", expires_at=100.0)
    assert not entry.is_expired(99.9)
    assert entry.is_expired(100.0)


def test_limits_count_tokens_where_one_of_them_is_of_tokens() -> None:
    assert not Limits(requests_per_minute=1, max_in_flight=1).counts_tokens
    assert Limits(tokens_per_minute=1).counts_tokens
    assert Limits(tokens_per_day=1).counts_tokens


def test_a_hash_is_not_shown() -> None:
    assert "ab" not in repr(Entry("x", digests=(b"ab" * 16,)))
