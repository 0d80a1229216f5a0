"""What became of a look: the words of headers and labels."""

from proxy.cache.results import Result


def test_headers_are_the_words_that_portkeys_users_know() -> None:
    said = {result: result.header.partition(b": ")[2] for result in Result}
    assert said == {
        Result.HIT: b"HIT",
        Result.SEMANTIC_HIT: b"SEMANTIC HIT",
        Result.SHARED: b"HIT",
        Result.MISS: b"MISS",
        Result.REFRESH: b"REFRESH",
        Result.DISABLED: b"DISABLED",
    }
    assert {result.header.partition(b": ")[0] for result in Result} == {b"x-portkey-cache-status"}


def test_a_hit_is_what_spares_the_upstream() -> None:
    hits = {result for result in Result if result.is_hit}
    assert hits == {Result.HIT, Result.SEMANTIC_HIT, Result.SHARED}
