"""What an answer says of a cache is taken from a closed set of words."""

import pytest

from traffic.request.caching import HITS, MISSES, age_in, status_in


@pytest.mark.parametrize("told", ["HIT", "SEMANTIC HIT", "MISS", "REFRESH", "DISABLED"])
def test_the_words_of_portkey_are_known(told: str) -> None:
    assert status_in({"x-portkey-cache-status": told}) == told
    assert status_in({"x-portkey-cache-status": f" {told.lower()} "}) == told


@pytest.mark.parametrize("headers", [{}, {"x-portkey-cache-status": "<script>"}])
def test_what_is_not_known_is_nothing(headers: dict[str, str]) -> None:
    assert status_in(headers) is None
    assert status_in(headers) not in HITS | MISSES


def test_an_age_is_whole_seconds() -> None:
    assert age_in({"age": "60"}) == 60
    assert age_in({"age": " 0 "}) == 0
    for told in ("", "-1", "1.5", "\u00b2", "9" * 11):
        assert age_in({"age": told}) is None
    assert age_in({}) is None
