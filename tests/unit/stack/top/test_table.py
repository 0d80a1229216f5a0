import json
from typing import Any

import pytest

from stack.top.table import Entry, Table, in_flight, read_table

ENTRY: dict[str, Any] = {
    "request_id": "a-1",
    "endpoint": "/api/chat",
    "model": "m:1b",
    "routing": "direct",
    "phase": "prefill",
    "age_seconds": 2.5,
    "sent_seconds": 2.0,
    "tokens": 0,
    "tokens_per_second": None,
}
ENDED: dict[str, Any] = {
    "request_id": "a-0",
    "endpoint": "/api/chat",
    "model": "m:1b",
    "routing": "direct",
    "outcome": "ok",
    "status": 200,
    "duration_seconds": 1.5,
    "tokens": 8,
    "ago_seconds": 0.5,
}


def table(*requests: dict[str, Any], finished: tuple[dict[str, Any], ...] = ()) -> Table:
    document = {"count": len(requests), "requests": requests, "finished": finished}
    return read_table(json.dumps(document).encode())


def test_a_table_is_read_with_what_a_proxy_leaves_out() -> None:
    found = table(ENTRY, finished=(ENDED,))
    (entry,), (ended,) = found.requests, found.finished
    assert (entry.model, entry.phase, entry.age_seconds, entry.tokens) == (
        "m:1b",
        "prefill",
        2.5,
        0,
    )
    assert (entry.queue_position, entry.priority, entry.prefill_ratio) == (None, None, None)
    assert (ended.outcome, ended.status, ended.ago_seconds) == ("ok", 200, 0.5)


def test_what_a_proxy_says_beyond_is_read_where_it_is_known_and_else_passed_over() -> None:
    more = {
        "queue_position": 2,
        "queue_wait_seconds": 8.5,
        "priority": "low",
        "prefill_ratio": 0.4,
        "first_token_in_seconds": 3.0,
        "location": "cloud",
        "something_new": [1],
    }
    (entry,) = table(ENTRY | more).requests
    assert entry == Entry(
        **ENTRY,
        queue_position=2,
        queue_wait_seconds=8.5,
        priority="low",
        prefill_ratio=0.4,
        first_token_in_seconds=3.0,
        location="cloud",
    )


def test_a_proxy_of_before_tells_of_none_that_ended() -> None:
    assert read_table(b'{"requests": []}').finished == []


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"requests": 1}', b"<html>", b'{"requests": [{"model": 1}]}', b"\xff"],
)
def test_what_is_no_table_is_an_error_of_values(body: bytes) -> None:
    with pytest.raises(ValueError, match="expected a table of requests"):
        read_table(body)


@pytest.mark.parametrize(
    ("field", "number"),
    [("tokens", "9" * 400), ("tokens", "-" + "9" * 30), ("age_seconds", "1e999")],
)
def test_a_number_that_is_too_long_is_an_error_of_values(field: str, number: str) -> None:
    with pytest.raises(ValueError, match="expected a table of requests"):
        read_table(f'{{"requests": [{{"{field}": {number}}}]}}'.encode())


def test_requests_of_all_proxies_are_one_list_with_the_oldest_first() -> None:
    one = table(ENTRY | {"request_id": "a-1", "age_seconds": 1.0})
    other = table(ENTRY | {"request_id": "b-1", "age_seconds": 3.0})
    found = in_flight([(one, 0.0), (other, 0.0)])
    assert [entry.request_id for entry in found] == ["b-1", "a-1"]


def test_what_is_told_twice_is_one_request_but_not_what_has_no_name() -> None:
    same = table(ENTRY, ENTRY | {"request_id": ""}, ENTRY | {"request_id": ""})
    assert len(in_flight([(same, 0.0), (table(ENTRY), 0.0)])) == 3


def test_requests_grow_older_after_they_were_told_of_and_estimates_come_nearer() -> None:
    told = table(ENTRY | {"queue_wait_seconds": 8.0, "first_token_in_seconds": 0.5})
    (entry,) = in_flight([(told, 1.0)])
    assert (entry.age_seconds, entry.sent_seconds) == (3.5, 3.0)
    assert (entry.queue_wait_seconds, entry.first_token_in_seconds) == (7.0, 0.0)
    (bare,) = in_flight([(table(ENTRY | {"sent_seconds": None}), 1.0)])
    assert (bare.sent_seconds, bare.queue_wait_seconds, bare.first_token_in_seconds) == (
        None,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("outcome", "is_error"), [("ok", False), ("client_gone", False), ("upstream_5xx", True)]
)
def test_a_client_that_left_is_no_failure(outcome: str, is_error: bool) -> None:
    (ended,) = table(finished=(ENDED | {"outcome": outcome},)).finished
    assert ended.is_error is is_error
