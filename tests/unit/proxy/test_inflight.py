"""The table of requests in flight: what each is doing, over all processes."""

from typing import Any

import msgspec
import pytest

from gpu_exporter.energy.inflight import worked_at
from ollama_observe.metrics.catalogue import proxy as m
from ollama_observe.wire.endpoints import endpoint_of
from ollama_observe.wire.framing import Framing
from ollama_observe.wire.locations import Location
from ollama_observe.wire.meter import StreamMeter
from proxy.cache.results import Result
from proxy.inflight import PHASES, Entry, InflightGauges, InflightTable, phases
from proxy.insight.forecasts import Forecast
from proxy.insight.prefixes import fingerprint_of
from proxy.portkey.passages import Passage
from proxy.queue.priorities import Priority
from proxy.story import Phase, Story
from tests.ledgers import ReadLedger


def story(path: str = "/api/chat", **facts: Any) -> Story:
    told = Story("id", "", "", "POST", endpoint_of(path), True, "m:latest", 0.0)
    for name, value in facts.items():
        setattr(told, name, value)
    return told


def chat(*lines: bytes) -> StreamMeter:
    meter = StreamMeter(endpoint_of("/api/chat").answer, Framing.NDJSON)
    for number, line in enumerate(lines):
        meter.feed(3.0 + number, line + b"\n")
    return meter


def seen(told: Story, now: float = 10.0) -> Entry:
    table = InflightTable(1, lambda: now)
    table.enter(told)
    (entry,) = table.entries()
    return entry


SENT: dict[str, Any] = {"read_at": 1.0, "sent_at": 2.0}
CONTENT = b'{"message":{"content":"a"}}'
THINKING = b'{"message":{"thinking":"a"}}'


@pytest.mark.parametrize(
    ("told", "phase"),
    [
        (story(), Phase.WAITING),
        (story(read_at=1.0), Phase.WAITING),
        (story(**SENT), Phase.PREFILL),
        (story("/api/tags", **SENT), Phase.WAITING),
        (story("/api/tags", **SENT, upstream_status=200), Phase.ANSWERING),
        (story(**SENT, upstream_status=200, meter=chat(THINKING)), Phase.THINKING),
        (story(**SENT, upstream_status=200, meter=chat(THINKING, CONTENT)), Phase.ANSWERING),
    ],
)
def test_a_request_is_in_the_phase_that_it_alone_can_tell(told: Story, phase: Phase) -> None:
    assert seen(told).phase is phase


def test_an_entry_has_its_age_and_the_rate_of_what_came() -> None:
    streaming = story(**SENT, upstream_status=200, meter=chat(CONTENT, CONTENT, CONTENT))
    entry = seen(streaming)
    assert (entry.age_seconds, entry.sent_seconds) == (10.0, 8.0)
    assert (entry.tokens, entry.tokens_per_second) == (3, 1.0)
    waiting = seen(story())
    assert (waiting.sent_seconds, waiting.tokens, waiting.tokens_per_second) == (None, 0, None)
    assert seen(story("/api/tags")).tokens is None


def test_a_request_that_left_is_gone_and_one_of_the_same_id_is_not() -> None:
    table = InflightTable(1, lambda: 0.0)
    first, second = story(), story()
    for told in (first, second):
        table.enter(told)
    table.leave(first)
    table.leave(first)
    assert len(table.entries()) == len(table) == 1


def test_a_request_is_told_under_the_name_that_it_has_now() -> None:
    table = InflightTable(1, lambda: 0.0)
    told = story(model="other")
    table.enter(told)
    told.model = "m:latest"
    assert [entry.model for entry in table.entries()] == ["m:latest"]


def test_of_those_who_wait_only_the_first_has_its_prompt_read() -> None:
    sent = [story(read_at=1.0, sent_at=2.0 + number) for number in range(3)]
    others = [story(read_at=1.0), story("/api/tags", **SENT), story(**SENT, model="other")]

    def in_prefill(num_parallel: int) -> list[bool]:
        table = InflightTable(num_parallel, lambda: 0.0)
        for told in (*reversed(sent), *others):
            table.enter(told)
        found = table.prefilling()
        return [told in found for told in (*sent, *others)]

    assert in_prefill(1) == [True, False, False, False, False, True]
    assert in_prefill(2) == [True, True, False, False, False, True]
    sent[0].upstream_status = 200  # it brings output, and has its slot still
    assert in_prefill(1)[:3] == [False, False, False]
    assert in_prefill(2)[:3] == [False, True, False]


def entry(number: int, phase: Phase = Phase.PREFILL, model: str = "m:latest") -> Entry:
    """The lower the number, the longer it is with the upstream."""
    seconds = 100.0 - number
    return Entry(f"id-{number}", "/api/chat", model, "direct", phase, seconds, seconds, 0, None)


def told(entries: list[Entry], num_parallel: int) -> list[str]:
    return [f"{e.request_id[3:]} {e.phase}" for e in phases(entries, num_parallel)]


def test_of_the_silent_ones_as_many_as_there_are_slots_are_in_prefill() -> None:
    entries = [entry(3), entry(1), entry(2)]
    assert told(entries, 1) == ["1 prefill", "2 waiting", "3 waiting"]
    assert told(entries, 2) == ["1 prefill", "2 prefill", "3 waiting"]


def test_a_request_that_brings_output_has_a_slot() -> None:
    entries = [entry(1), entry(2), entry(3, Phase.ANSWERING), entry(4, Phase.THINKING)]
    assert told(entries, 1)[:2] == ["1 waiting", "2 waiting"]
    assert told(entries, 3)[:2] == ["1 prefill", "2 waiting"]


def test_every_model_has_slots_of_its_own() -> None:
    entries = [entry(1, model="a"), entry(2, model="a"), entry(3, model="b")]
    assert told(entries, 1) == ["1 prefill", "2 waiting", "3 prefill"]


def test_a_request_without_tokens_takes_no_slot() -> None:
    pull = msgspec.structs.replace(entry(1, Phase.ANSWERING), tokens=None)
    assert told([pull, entry(2)], 1) == ["1 answering", "2 prefill"]


def elsewhere(number: int, phase: Phase = Phase.PREFILL, model: str = "m:latest") -> Entry:
    return msgspec.structs.replace(entry(number, phase, model), location=Location.CLOUD)


def test_a_model_that_computes_elsewhere_has_no_slots_here_and_nobody_waits_for_one() -> None:
    entries = [elsewhere(1), elsewhere(2), elsewhere(3, Phase.ANSWERING), entry(4), entry(5)]
    assert told(entries, 1) == ["1 prefill", "2 prefill", "3 answering", "4 prefill", "5 waiting"]


def test_a_request_says_where_its_model_computes_if_that_is_known() -> None:
    def located(location: Location | None) -> Entry:
        table = InflightTable(1, lambda: 10.0, lambda _story: location)
        table.enter(story(**SENT))
        (entry,) = table.entries()
        return entry

    assert [located(where).location for where in (*Location, None)] == [*Location, None]
    assert msgspec.json.decode(msgspec.json.encode(located(Location.CLOUD)))["location"] == "cloud"
    assert "location" not in msgspec.json.decode(msgspec.json.encode(located(None)))
    assert located(None).tokens_per_second is None
    assert "tokens_per_second" in msgspec.json.decode(msgspec.json.encode(located(None)))


def test_who_leaves_while_others_work_at_its_prompt_elsewhere_waited_for_no_slot() -> None:
    def locate(told: Story) -> Location | None:
        return Location.CLOUD if told.model == "big:cloud" else None

    table = InflightTable(1, lambda: 0.0, locate)
    away = [story(read_at=1.0, sent_at=2.0 + at, model="big:cloud") for at in range(3)]
    away[2].upstream_status = 200
    here = [story(read_at=1.0, sent_at=2.5 + at) for at in range(2)]
    for told in (*away, *here, story(read_at=1.0, model="big:cloud")):
        table.enter(told)
    assert table.prefilling() == {*away[:2], here[0]}


def test_no_energy_is_of_a_request_whose_model_computes_elsewhere() -> None:
    table = msgspec.json.encode({"requests": [elsewhere(1), elsewhere(2), entry(3)]})
    assert [model for model, _ in worked_at(table).elements()] == ["m:latest"]


def test_who_came_first_is_who_was_sent_first_whatever_the_upload_took() -> None:
    slow_upload = msgspec.structs.replace(entry(1), sent_seconds=1.0)
    assert told([slow_upload, entry(2)], 1) == ["1 waiting", "2 prefill"]


def test_the_phases_do_not_change_when_they_are_told_twice() -> None:
    once = phases([entry(1), entry(2), entry(3, Phase.ANSWERING)], 2)
    assert phases(once, 2) == once


def test_entries_pass_between_processes_as_json() -> None:
    table = InflightTable(1, lambda: 10.0)
    table.enter(story(**SENT))
    sent = msgspec.json.encode(table.entries())
    assert msgspec.json.decode(sent, type=list[Entry]) == table.entries()


def test_the_phases_of_all_are_counted_and_empty_ones_are_zero() -> None:
    read = ReadLedger()
    gauges = InflightGauges(read.ledger)

    def counted() -> dict[Phase, float | None]:
        return {phase: read.value(m.INFLIGHT_PHASE, phase=phase) for phase in PHASES}

    gauges.put(phases([entry(1), entry(2)], 1))
    assert counted() == {
        Phase.WAITING: 1,
        Phase.PREFILL: 1,
        Phase.THINKING: 0,
        Phase.ANSWERING: 0,
    }
    gauges.put([])
    assert set(counted().values()) == {0}


def test_the_requests_of_each_model_are_counted_and_zero_once_they_have_left() -> None:
    read = ReadLedger()
    gauges = InflightGauges(read.ledger)

    def counted() -> list[float | None]:
        of_chat = {"endpoint": "/api/chat"}
        return [read.value(m.ACTIVE, model=model, **of_chat) for model in ("a", "b", "c")]

    gauges.put([entry(1, model="a"), entry(2, model="a"), entry(3, model="b")])
    assert counted() == [2, 1, None]
    gauges.put([entry(3, model="b")])
    assert counted() == [0, 1, None]


def through(upstream_sent_at: float | None = None, has_leg: bool = True) -> Story:
    """A request that was handed to the gateway at 2, and by it to an Ollama at that instant."""
    passage = Passage(b"token", has_leg, b"localhost", {}, lambda: None)
    passage.upstream_sent_at = upstream_sent_at
    return story(**SENT, passage=passage, routing="portkey")


def test_a_request_in_the_gateways_hands_is_not_in_ollama_s() -> None:
    waiting = seen(through())
    assert (waiting.phase, waiting.sent_seconds, waiting.routing) == (
        Phase.WAITING,
        None,
        "portkey",
    )
    arrived = seen(through(upstream_sent_at=4.0))
    assert (arrived.phase, arrived.sent_seconds) == (Phase.PREFILL, 6.0)
    blind = seen(through(has_leg=False))
    assert (blind.phase, blind.sent_seconds) == (Phase.PREFILL, 8.0)


def test_a_slot_is_for_who_came_first_to_ollama_by_whatever_way() -> None:
    late, early, nowhere = through(upstream_sent_at=5.0), story(**SENT), through()
    table = InflightTable(1, lambda: 0.0)
    for told in (nowhere, late, early):
        table.enter(told)
    assert table.prefilling() == {early}
    early.upstream_status = 200
    assert table.prefilling() == set()
    table.leave(early)
    assert table.prefilling() == {late}


def test_the_ways_are_counted_apart() -> None:
    read = ReadLedger()
    entries = [entry(1), msgspec.structs.replace(entry(2), routing="portkey")]
    InflightGauges(read.ledger).put(entries)
    for way in ("direct", "portkey"):
        assert read.value(m.INFLIGHT_PHASE, phase=Phase.PREFILL, routing=way) == 1
        labels = {"model": "m:latest", "endpoint": "/api/chat"}
        assert read.value(m.ACTIVE, routing=way, **labels) == 1


def from_cache(number: int) -> Entry:
    return msgspec.structs.replace(entry(number, Phase.ANSWERING), routing="cache", tokens=None)


def test_a_recorded_answer_takes_no_slot_of_the_model_and_none_of_its_energy() -> None:
    assert told([from_cache(1), entry(2)], 1) == ["1 answering", "2 prefill"]
    table = msgspec.json.encode({"requests": [from_cache(1), entry(2)]})
    assert [model for model, _ in worked_at(table).elements()] == ["m:latest"]


def test_nobody_counts_the_tokens_of_an_answer_that_was_there_already() -> None:
    spared = story(read_at=1.0, upstream_status=200, routing="cache", cached=Result.HIT)
    found = seen(spared)
    assert (found.phase, found.routing, found.tokens) == (Phase.ANSWERING, "cache", None)
    asked = story(**SENT, cached=Result.MISS)
    assert seen(asked).tokens == 0


def test_recorded_answers_are_counted_apart_and_are_zero_once_they_have_left() -> None:
    read = ReadLedger()
    gauges = InflightGauges(read.ledger)

    def answering(way: str) -> float | None:
        return read.value(m.INFLIGHT_PHASE, phase=Phase.ANSWERING, routing=way)

    gauges.put([])
    assert (answering("direct"), answering("cache")) == (0, None)
    gauges.put([from_cache(1)])
    assert (answering("direct"), answering("cache")) == (0, 1)
    gauges.put([])
    assert (answering("direct"), answering("cache")) == (0, 0)


def foretold(ahead: int = 0, **facts: Any) -> Story:
    """One whose prompt will be read for 10 seconds, from when it was sent, at 2."""
    forecast = Forecast(fingerprint_of(b""), 5000, is_cold=False, is_stream=True)
    forecast.sent(2.0, ahead)
    forecast.prefill_seconds = 10.0
    return story(**SENT, forecast=forecast, **facts)


def test_one_whose_prompt_is_read_tells_how_far_it_is_as_an_estimate() -> None:
    found = seen(foretold(), now=6.0)
    assert (found.phase, found.prefill_ratio) == (Phase.PREFILL, 0.4)
    assert (found.first_token_in_seconds, found.first_token_seconds_estimate) == (6.0, 10.0)


def test_without_an_estimate_nothing_of_one_is_in_the_json() -> None:
    others = (story(**SENT), foretold(ahead=1), foretold(upstream_status=200, meter=chat(CONTENT)))
    for other in others:
        assert b"first_token" not in msgspec.json.encode(seen(other))
        assert b"prefill_ratio" not in msgspec.json.encode(seen(other))


def test_of_one_that_waits_for_another_process_s_request_nothing_is_foretold() -> None:
    estimated = msgspec.structs.replace(
        entry(2), prefill_ratio=0.5, first_token_in_seconds=1.0, first_token_seconds_estimate=2.0
    )
    (reading,) = phases([estimated], 1)
    assert reading == estimated
    waiting = phases([entry(1), estimated], 1)[-1]
    assert waiting == msgspec.structs.replace(entry(2), phase=Phase.WAITING)


def test_as_many_must_end_before_one_has_a_slot_as_are_there_beyond_the_slots() -> None:
    def ahead(num_parallel: int, *others: Story) -> int:
        table, own = InflightTable(num_parallel, lambda: 0.0), story(read_at=1.0)
        for told in (*others, own):
            table.enter(told)
        return table.ahead_of(own)

    sent = [story(**SENT) for _ in range(3)]
    unsent, elsewhere, listing = story(read_at=1.0), story(**SENT, model="b"), story("/api/tags")
    assert [ahead(slots, *sent) for slots in (1, 2, 3, 4)] == [3, 2, 1, 0]
    assert ahead(1) == ahead(1, unsent, elsewhere, listing) == 0
    assert list(InflightTable(1, lambda: 0.0).stories()) == []


class Standing:
    """A place in the queue, as a viewer sees it."""

    priority = Priority.LOW

    def __init__(self, position: int | None, expected_seconds: float | None) -> None:
        self.position = position
        self.expected_seconds = expected_seconds


def test_one_that_waits_in_the_queue_says_where_and_about_how_long() -> None:
    told = story(read_at=1.0, queued_at=1.0, standing=Standing(3, 4.26))
    entry = seen(told)
    assert entry.phase is Phase.QUEUED
    assert (entry.priority, entry.queue_position, entry.queue_wait_seconds) == ("low", 3, 4.3)
    assert entry.sent_seconds is None


def test_without_a_queue_nothing_of_it_is_told() -> None:
    sent = msgspec.json.encode(seen(story(**SENT)))
    assert b"queue" not in sent
    assert b"priority" not in sent


def test_one_that_waits_in_the_queue_has_no_slot_of_ollamas() -> None:
    waiting = seen(story(read_at=1.0, queued_at=1.0, standing=Standing(1, None)))
    sent = seen(story(**SENT))
    found = {entry.phase for entry in phases([waiting, sent], 1)}
    assert found == {Phase.QUEUED, Phase.PREFILL}


def test_the_phase_of_the_queue_has_a_series_only_where_there_is_one() -> None:
    for has_queue, value in ((True, 0), (False, None)):
        read = ReadLedger()
        InflightGauges(read.ledger, has_queue).put([])
        assert read.value(m.INFLIGHT_PHASE, phase="queued") == value
