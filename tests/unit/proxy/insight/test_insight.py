"""What one process notes: of every request what it did, of long ones what it taught."""

import pytest

from ollama_observe.metrics.catalogue import insight as m
from ollama_observe.wire.requests import read_request
from proxy.inflight import InflightTable
from proxy.insight.insight import Insight
from proxy.insight.timelines import Doing
from proxy.story import Story
from tests.clock import Clock
from tests.ledgers import ReadLedger
from tests.stories import MODEL, meter, story, told

BODY = b'{"model":"m","prompt":"%s"}' % (b"word of a prompt " * 1000)


class Process:
    def __init__(self) -> None:
        self.clock = Clock()
        self.inflight = InflightTable(1, self.clock)
        self.elsewhere: set[str] = set()
        self.insight = Insight(
            self.inflight, 1, self.clock, lambda one: one.model in self.elsewhere
        )
        self.read = ReadLedger()

    def send(self, body: bytes = BODY) -> Story:
        sent = story(
            "/api/generate",
            upstream_status=None,
            facts=read_request(body),
            last_use=5.0,
            sent_at=self.clock.now,
        )
        self.inflight.enter(sent)
        self.insight.read(sent, body)
        self.insight.sent(sent, self.clock.now)
        return sent

    def answer(self, sent: Story, seconds: float) -> None:
        usage = told(seconds, prefill=seconds, decode=0.0, prompt_tokens=4000)
        sent.meter = meter("/api/generate", answer=self.clock.now + seconds, usage=usage)
        sent.upstream_status = 200
        self.clock.now += seconds
        sent.ended_at = self.clock.now
        self.inflight.leave(sent)
        self.insight.book(self.read.ledger.page({"model": MODEL}), sent)


def test_what_ended_is_told_once_and_what_is_in_flight_each_time() -> None:
    process = Process()
    process.answer(process.send(), 2.0)
    process.send()
    first, second = process.insight.told(), process.insight.told()
    assert first.at == 1002.0
    assert first.done[MODEL][Doing.PREFILL] == ([1000_000_000], [1002_000_000])
    assert second.done == {}
    assert first.present == second.present
    assert [one.sent_at for one in first.present] == [1002.0]


def test_what_was_learnt_is_foretold_and_expected() -> None:
    process = Process()
    process.answer(process.send(), 2.0)
    sent = process.send(BODY.replace(b"prompt ", b"prompts"))
    assert sent.forecast is not None
    assert sent.forecast.at(process.clock.now).first_token_in_seconds == pytest.approx(2, rel=0.01)
    (present,) = process.insight.told().present
    assert present.prefill_seconds == pytest.approx(2.0, rel=0.01)
    process.answer(sent, 4.0)
    assert process.read.value(m.PREFILL_ESTIMATE_ERROR, "_count", model=MODEL) == 1


def test_the_silence_of_a_model_elsewhere_is_no_load() -> None:
    process = Process()
    process.elsewhere.add(MODEL)
    process.send().last_use = None
    (present,) = process.insight.told().present
    assert (present.load_seconds, present.prefill_seconds) == (0.0, 0.0)


def test_an_estimate_is_judged_also_where_it_was_far_too_long() -> None:
    process = Process()
    process.answer(process.send(), 2.0)
    process.answer(process.send(BODY.replace(b"prompt ", b"prompts")), 0.2)
    assert process.read.value(m.PREFILL_ESTIMATE_ERROR, "_sum", model=MODEL) == pytest.approx(
        9.0, rel=0.02
    )


def test_a_short_request_leaves_its_slot_to_who_waits() -> None:
    process = Process()
    process.answer(process.send(), 2.0)
    short = process.send(b'{"model":"m","prompt":"hi"}')
    assert short.forecast is None
    process.clock.now += 0.01
    waiting = process.send()
    process.answer(short, 0.1)
    assert waiting.forecast is not None
    assert waiting.forecast.began_at == process.clock.now


def test_what_is_not_watched_is_not_foretold() -> None:
    process = Process()
    short = process.send(b'{"model":"m","prompt":"hi"}')
    assert short.forecast is None
    process.answer(short, 0.1)
    assert process.insight.told().done.keys() == {MODEL}
