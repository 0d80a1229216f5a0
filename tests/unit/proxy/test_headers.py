"""Hop-by-hop headers stay on their hop; all others pass."""

from proxy.headers import end_to_end, to_upstream, value_of


def test_what_belongs_to_one_connection_is_dropped() -> None:
    sent = [
        (b"Host", b"localhost"),
        (b"Connection", b"close, X-Mine"),
        (b"x-mine", b"1"),
        (b"Keep-Alive", b"5"),
        (b"Proxy-Authorization", b"secret"),
        (b"TE", b"trailers"),
        (b"Trailer", b"X"),
        (b"Transfer-Encoding", b"chunked"),
        (b"Upgrade", b"h2c"),
        (b"Content-Encoding", b"zstd"),
    ]
    assert end_to_end(sent) == [(b"Host", b"localhost"), (b"Content-Encoding", b"zstd")]


def test_order_and_duplicates_are_kept() -> None:
    sent = [(b"a", b"2"), (b"b", b""), (b"a", b"1")]
    assert end_to_end(sent) == sent


def test_every_connection_header_counts() -> None:
    assert (
        end_to_end([(b"connection", b"a"), (b"connection", b"b"), (b"a", b"1"), (b"b", b"2")]) == []
    )


def test_expect_is_answered_here_and_goes_no_further() -> None:
    assert to_upstream([(b"Expect", b"100-continue"), (b"a", b"1")]) == [(b"a", b"1")]
    assert end_to_end([(b"Expect", b"x")]) == [(b"Expect", b"x")]


def test_a_value_is_found_by_lower_case_name() -> None:
    headers = [(b"Content-Type", b"a"), (b"content-type", b"b")]
    assert value_of(headers, b"content-type") == "a"
    assert value_of(headers, b"etag") == ""
