"""Addresses of servers, and that nothing secret of them is shown."""

import pytest

from proxy.cache.stores.addresses import read_address


@pytest.mark.parametrize(
    ("told", "url", "shown"),
    [
        ("redis://host", "redis://host", "host:6379/0"),
        ("redis://:s3cret@host:6380/2", "redis://:s3cret@host:6380/2", "host:6380/2"),
        ("valkey://me:s3cret@host", "redis://me:s3cret@host", "host:6379/0"),
        ("VALKEYS://[::1]:1", "rediss://[::1]:1", "[::1]:1/0"),
        ("unix:///run/redis.sock?password=s3cret", None, "unix:/run/redis.sock"),
    ],
)
def test_an_address_is_shown_without_its_password(told: str, url: str | None, shown: str) -> None:
    address = read_address(told)
    assert (address.url, address.shown) == (url or told, shown)
    assert "s3cret" not in repr(address)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("mysql://me:s3cret@host", "found another kind of URL"),
        ("redis://", "without a host"),
        ("redis://:s3/cret@host:6379", "are written %2F"),
        ("redis://:s3#cret@host:6379", "are written %2F"),
        ("redis://me:s3cret@host:port", "a port that is none"),
        ("redis://:s3cret@host/answers", "a database's number"),
        ("unix://", "found no path"),
    ],
)
def test_what_is_no_address_is_a_sentence_without_what_was_told(told: str, said: str) -> None:
    with pytest.raises(ValueError, match=r"^expected ") as raised:
        read_address(told)
    assert said in str(raised.value)
    assert "cret" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__ or raised.value.__context__ is None
