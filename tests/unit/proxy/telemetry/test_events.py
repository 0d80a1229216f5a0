"""When the phases of a request began: as they were seen, and as the upstream tells."""

import pytest

from ollama_observe.wire.endpoints import endpoint_of
from ollama_observe.wire.framing import Framing
from ollama_observe.wire.meter import StreamMeter
from proxy.cache.results import Result
from proxy.outcomes import Ending
from proxy.portkey.passages import Passage
from proxy.story import Story
from proxy.telemetry.events import Event, events_of

THINKING = b'{"message":{"thinking":"hmm"}}\n'
CONTENT = b'{"message":{"content":"a"}}\n'
FINAL = (
    b'{"message":{"content":""},"done":true,"done_reason":"stop","total_duration":4500000000,'
    b'"load_duration":1000000000,"prompt_eval_duration":500000000,"eval_duration":2000000000}\n'
)


def read(*lines: bytes, framing: Framing = Framing.NDJSON) -> StreamMeter:
    meter = StreamMeter(endpoint_of("/api/chat").answer, framing)
    for number, line in enumerate(lines):
        meter.feed(4.0 + number, line)
    meter.finish(4.0 + len(lines))
    return meter


def told(
    meter: StreamMeter | None = None, ending: Ending = Ending.COMPLETE, **facts: object
) -> list[Event]:
    """The events of a request that came at 1 and ended at 8."""
    story = Story("id", "", "", "POST", endpoint_of("/api/chat"), True, "m:latest", 1.0)
    usual = {"read_at": 1.25, "sent_at": 1.5, "upstream_status": 200, "meter": meter}
    for name, value in {**usual, **facts}.items():
        setattr(story, name, value)
    story.end(8.0, ending)
    return events_of(story, 8.0)


def test_phases_lie_one_after_the_other_from_when_the_upstream_got_it() -> None:
    assert told(read(THINKING, CONTENT, FINAL)) == [
        ("ollama.load", 1.5, 1.0),
        ("ollama.queue", 2.5, pytest.approx(1.0)),
        ("ollama.prefill", 3.5, 0.5),
        ("ollama.decode", 4.0, 2.0),
        ("ollama.first_token", 4.0, "thinking"),
    ]


def test_our_own_queue_is_before_all_of_it() -> None:
    assert told(read(CONTENT), queued_at=1.25, turn_at=1.5) == [
        ("ollama.proxy.queue", 1.25, 0.25),
        ("ollama.first_token", 4.0, "content"),
    ]


def test_one_whose_turn_never_came_waited_until_its_end() -> None:
    found = told(ending=Ending.CLIENT_GONE, queued_at=2.0, sent_at=None, upstream_status=None)
    assert found == [("ollama.proxy.queue", 2.0, 6.0)]


def test_a_wait_below_a_millisecond_is_none() -> None:
    names = [event.name for event in told(read(CONTENT, FINAL.replace(b"45000", b"35004")))]
    assert names == ["ollama.load", "ollama.prefill", "ollama.decode", "ollama.first_token"]


def test_behind_the_gateway_which_may_have_tried_before_they_end_with_the_answer() -> None:
    passage = Passage(b"t", True, None, {}, lambda: None)
    load = next(one for one in told(read(FINAL), passage=passage) if one.name == "ollama.load")
    assert load.at == pytest.approx(8.0 - 4.5)
    load = told(read(FINAL), passage=passage, sent_at=7.0)[0]
    assert load == ("ollama.load", 7.0, 1.0)


def test_none_begins_after_the_end_whatever_the_upstream_tells() -> None:
    found = told(read(CONTENT, FINAL.replace(b"1000000000", b"90000000000000")))
    assert max(event.at for event in found) == 8.0


def test_an_answer_that_says_nothing_of_its_phases_has_a_first_token_alone() -> None:
    """As OpenAI's format, whose counts have no durations."""
    assert [event.name for event in told(read(CONTENT))] == ["ollama.first_token"]
    assert told(read(CONTENT, framing=Framing.JSON)) == []


@pytest.mark.parametrize("result", [Result.HIT, Result.SHARED])
def test_what_another_request_brought_has_no_phases_of_its_own(result: Result) -> None:
    assert told(cached=result, routing="cache") == []


def test_what_took_over_what_another_had_sent_began_with_that() -> None:
    assert told(read(FINAL), sent_at=3.0, worked_on_since=1.75)[0].at == 1.75
