"""What requests use is booked for their parties, by alias and model."""

import pytest

from ollama_observe.metrics.catalogue import access as m
from ollama_observe.metrics.catalogue import proxy
from proxy.access.books import model_seconds_of
from proxy.cache.results import Result
from proxy.outcomes import Ending
from proxy.recorder import Recorder
from tests.gatehouse import Gatehouse, an_entry
from tests.unit.proxy.test_booking import FINAL, read, story


def chat(house: Gatehouse, *lines: bytes, ending: Ending = Ending.COMPLETE, **told: str) -> None:
    """A chat comes, is answered with these lines, and ends."""
    head = house.head(**told)  # type: ignore[arg-type]
    recorder: Recorder = house.comes(head)
    body = b'{"model":"llama3","messages":[]}'
    recorder.body_piece(body)
    recorder.request_read(1.0)
    recorder.request_sent(2.0)
    recorder.head_received(3.0, 200, {b"content-type": b"application/x-ndjson"})
    for line in lines:
        recorder.pieces_received(4.0, [line], 4.0)
    recorder.finish(7.5, ending)


LINE = b'{"model":"llama3","message":{"content":"a"},"done":false}\n'
LAST = (
    b'{"model":"llama3","message":{"content":""},"done":true,"done_reason":"stop",'
    b'"prompt_eval_count":8,"eval_count":11}\n'
)


def test_an_answer_counts_for_its_parties_and_by_its_model() -> None:
    house = Gatehouse(an_entry("web"))
    chat(house, LINE, LAST, key="web", user="alice")
    chat(house, LINE, LAST, key="web")
    totals = house.counts.totals(house.counts.place("web"))
    assert (totals.prompt_tokens, totals.generated_tokens) == (16, 22)
    assert totals.model_seconds == pytest.approx(11.0)
    alice = house.counts.totals(house.counts.place("alice"))
    assert (alice.requests, alice.prompt_tokens, alice.generated_tokens) == (1, 8, 11)
    assert house.in_flight("web", "alice") == [0, 0]
    for user in ("web", "alice"):
        of_user = {"user": user, "model": "llama3:latest"}
        assert house.value(m.TOKENS, type="input", **of_user) == 8
        assert house.value(m.TOKENS, type="output", **of_user) == 11
        assert house.value(m.SECONDS, **of_user) == 5.5


def test_of_a_client_that_left_what_was_seen_is_counted() -> None:
    house = Gatehouse(an_entry("alice"))
    chat(house, LINE, LINE, LINE, ending=Ending.CLIENT_GONE, key="alice")
    totals = house.counts.totals(house.counts.place("alice"))
    assert (totals.prompt_tokens, totals.generated_tokens) == (0, 3)
    assert house.in_flight("alice") == [0]
    assert sum(house.counts.tokens_by_step(house.counts.place("alice"))) == 3


def test_what_was_refused_later_on_is_no_longer_in_flight() -> None:
    house = Gatehouse(an_entry("alice"))
    recorder = house.comes(house.head(key="alice"))
    assert house.in_flight("alice") == [1]
    recorder.answered(10)
    recorder.finish(1.0, Ending.REFUSED_BUSY)
    assert house.in_flight("alice") == [0]


def test_the_tokens_of_an_alias_are_the_same_wherever_they_are_told() -> None:
    house = Gatehouse(an_entry("alice"))
    chat(house, LINE, LAST, key="alice")
    chat(house, LINE, LAST.replace(b',"eval_count":11', b""), key="alice")
    chat(house, LINE, LINE, ending=Ending.CLIENT_GONE, key="alice")
    totals = house.counts.totals(house.counts.place("alice"))
    assert (totals.prompt_tokens, totals.generated_tokens) == (16, 11 + 1 + 2)
    for kind, tokens in (("input", 16), ("output", 14)):
        assert house.value(m.TOKENS, user="alice", model="llama3:latest", type=kind) == tokens
        assert house.value(proxy.USER_TOKENS, user="alice", type=kind) == tokens


def test_seconds_are_those_that_the_upstream_had_it() -> None:
    assert model_seconds_of(story(read(FINAL))) == 7.5
    assert model_seconds_of(story(read(FINAL), worked_on_since=0.5)) == 8.5
    assert model_seconds_of(story(sent_at=None)) == 0.0
    assert model_seconds_of(story(path="/api/tags")) == 0.0
    assert model_seconds_of(story(read(FINAL), cached=Result.HIT)) == 0.0
