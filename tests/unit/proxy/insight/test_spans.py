"""What a model did for one request: from its durations, its output, and where there is neither."""

from typing import Any

import msgspec
import pytest

from ollama_observe.wire.endpoints import endpoint_of
from ollama_observe.wire.usage import Usage
from proxy.cache.results import Result
from proxy.insight.spans import (
    Past,
    Present,
    lay,
    lay_present,
    layers,
    past_of,
    presents_of,
    streams,
)
from proxy.insight.timelines import Doing
from proxy.portkey.passages import Passage
from proxy.story import Story
from tests.stories import MODEL, facts, meter, story, told

Laid = dict[str, list[tuple[float, float]]]


def laid_by(past: Past | None) -> Laid:
    """By doing, its stretches since the request was sent at 10."""
    assert past is not None
    into = layers()
    lay(into, past)
    return readable(into)


def readable(into: tuple[list[float], ...]) -> Laid:
    found = {}
    for doing in Doing:
        pairs = zip(into[2 * doing], into[2 * doing + 1], strict=True)
        stretches = [(round(start - 10, 3), round(end - 10, 3)) for start, end in pairs]
        if stretches:
            found[doing.name.lower()] = stretches
    return found


def of(path: str = "/api/chat", ended_at: float = 20.0, **given: Any) -> Laid:
    return laid_by(past_of(story(path, ended_at=ended_at, **given)))


def test_the_durations_of_a_whole_answer_are_laid_end_to_end() -> None:
    usage = told(9.5, load=2.0, prefill=1.5, decode=4.0)
    assert of(meter=meter("/api/chat", usage=usage)) == {
        "load": [(0, 2)],
        "wait": [(2, 4)],
        "prefill": [(4, 5.5)],
        "answer": [(5.5, 10)],
    }


def test_a_warm_models_millisecond_is_neither_load_nor_wait() -> None:
    usage = told(9.5, load=0.002, prefill=1.495, decode=8.0)
    assert of(meter=meter("/api/chat", usage=usage)) == {
        "prefill": [(0, 1.5)],
        "answer": [(1.5, 10)],
    }


def test_a_streams_output_is_as_it_was_seen() -> None:
    usage = told(9.9, load=1.0, prefill=2.0, decode=6.9)
    assert of(meter=meter("/api/chat", 13.1, 16.0, usage)) == {
        "load": [(0, 1)],
        "prefill": [(1, 3)],
        "thinking": [(3, 6)],
        "answer": [(6, 10)],
    }


def test_the_silence_in_which_a_tool_call_is_made_is_no_prefill() -> None:
    usage = told(9.9, prefill=2.0, decode=7.9)
    assert of(meter=meter("/api/chat", answer=18.0, usage=usage)) == {
        "prefill": [(0, 2)],
        "answer": [(2, 10)],
    }


def test_durations_that_do_not_fit_end_with_the_silence() -> None:
    usage = told(60.0, load=30.0, prefill=20.0, decode=10.0)
    assert of(meter=meter("/api/chat", answer=14.0, usage=usage)) == {
        "load": [(0, 4)],
        "answer": [(4, 10)],
    }


def test_all_thinking_and_no_answer_is_thinking_to_the_end() -> None:
    usage = told(9.9, prefill=2.0, decode=7.9)
    assert of(meter=meter("/api/chat", first=12.0, usage=usage)) == {
        "prefill": [(0, 2)],
        "thinking": [(2, 10)],
    }


def test_a_stream_that_tells_nothing_was_silent_until_its_output() -> None:
    assert of("/v1/chat/completions", meter=meter("/v1/chat/completions", 12.0, 15.0)) == {
        "silence": [(0, 2)],
        "thinking": [(2, 5)],
        "answer": [(5, 10)],
    }
    counts = Usage(prompt_tokens=7, generated_tokens=3)
    broke_off = meter("/v1/chat/completions", answer=12.0, usage=counts)
    assert of("/v1/chat/completions", meter=broke_off) == {
        "silence": [(0, 2)],
        "answer": [(2, 10)],
    }


@pytest.mark.parametrize(
    ("path", "doing"),
    [("/v1/chat/completions", "work"), ("/v1/embeddings", "prefill"), ("/v1/messages", "work")],
)
def test_a_whole_answer_that_tells_nothing_is_work_and_a_vector_is_reading(
    path: str, doing: str
) -> None:
    assert of(path, meter=meter(path)) == {doing: [(0, 10)]}


def test_a_vector_that_tells_its_load_is_reading_for_the_rest() -> None:
    usage = Usage(total_seconds=9.9, load_seconds=3.0, prompt_tokens=5)
    assert of("/api/embed", meter=meter("/api/embed", usage=usage)) == {
        "load": [(0, 3)],
        "prefill": [(3, 10)],
    }


def test_a_model_that_computes_elsewhere_is_neither_loaded_nor_waited_for() -> None:
    usage = told(9.5, load=2.0, prefill=1.5, decode=4.0)
    assert of(meter=meter("/api/chat", usage=usage), is_cloud=True) == {
        "prefill": [(0, 5.5)],
        "answer": [(5.5, 10)],
    }


def test_what_loads_or_unloads_a_model_is_load() -> None:
    assert of(meter=meter("/api/generate"), is_operation=True) == {"load": [(0, 10)]}


def test_one_that_failed_waited() -> None:
    assert of(upstream_status=500) == {"wait": [(0, 10)]}


def test_one_whose_client_left_was_silent_or_at_work() -> None:
    assert of(upstream_status=None) == {"silence": [(0, 10)]}
    assert of(upstream_status=None, facts=facts(stream=False)) == {"work": [(0, 10)]}
    assert of("/v1/messages", upstream_status=None) == {"work": [(0, 10)]}
    assert of("/v1/messages", upstream_status=None, facts=facts(stream=True)) == {
        "silence": [(0, 10)]
    }


@pytest.mark.parametrize(
    "unknown",
    [
        {"model": "other"},
        {"sent_at": None},
        {"ended_at": None},
        {"cached": Result.HIT, "sent_at": None},
        {"path": "/api/show"},
        {"upstream_status": None, "is_outlived": True},
    ],
)
def test_of_what_no_model_had_to_do_with_nothing_is_kept(unknown: dict[str, Any]) -> None:
    assert past_of(story(**{"ended_at": 20.0, **unknown})) is None


def test_a_request_that_took_over_was_worked_on_since_the_other_was_sent() -> None:
    taken = story(sent_at=None, worked_on_since=8.0, cached=Result.MISS, ended_at=12.0)
    assert laid_by(past_of(taken)) == {"silence": [(-2, 2)]}


def test_a_clock_that_goes_back_lays_nothing() -> None:
    assert laid_by(past_of(story(sent_at=30.0, ended_at=20.0, upstream_status=None))) == {}


def expected(_story: Story) -> tuple[float, float]:
    return 2.0, 3.0


def present(path: str = "/api/chat", **given: Any) -> Present:
    (found,) = presents_of([story(path, **given)], expected)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Present) == found
    return found


def now(path: str = "/api/chat", at: float = 20.0, **given: Any) -> Laid:
    into = layers()
    lay_present(into, present(path, **given), at)
    return readable(into)


def test_of_one_in_flight_the_silence_is_what_is_expected_of_it() -> None:
    assert now(upstream_status=None) == {"load": [(0, 2)], "silence": [(2, 10)]}
    assert now(upstream_status=None, at=14.0) == {"load": [(0, 1)], "silence": [(1, 4)]}
    assert now(upstream_status=None, at=12.0) == {"silence": [(0, 2)]}
    streaming = meter("/api/chat", 16.0, 18.0)
    assert now(meter=streaming) == {
        "load": [(0, 2)],
        "silence": [(2, 6)],
        "thinking": [(6, 8)],
        "answer": [(8, 10)],
    }


def test_of_one_in_flight_that_will_not_tell_nothing_is_expected() -> None:
    asked = facts(stream=True)
    assert present("/v1/messages", upstream_status=None, facts=asked).may_tell is False
    assert now("/v1/messages", upstream_status=None, facts=asked) == {"silence": [(0, 10)]}
    assert now("/v1/messages", upstream_status=None) == {"work": [(0, 10)]}
    assert present("/api/embeddings", upstream_status=None).may_tell is False
    assert present("/api/embed", upstream_status=None).may_tell is True


def test_one_that_thinks_still_has_thought_until_now() -> None:
    thinking = meter("/v1/messages", first=12.0)
    assert now("/v1/messages", meter=thinking) == {"silence": [(0, 2)], "thinking": [(2, 10)]}


def test_a_name_that_nobody_has_proven_says_so() -> None:
    unproven = present(model="other", upstream_status=None, facts=facts())
    assert (unproven.model, unproven.is_named) == (MODEL, False)
    assert present().is_named is True


def test_only_those_that_ollama_has_are_present() -> None:
    passage = Passage(b"token", True, b"localhost", {}, lambda: None)
    others = [
        story(sent_at=None, upstream_status=None),
        story("/api/tags"),
        story(cached=Result.HIT),
        story(passage=passage),
    ]
    assert presents_of(others, expected) == []


def test_whether_a_stream_is_asked_for_is_the_routes_default_unless_said() -> None:
    native, openai = endpoint_of("/api/chat"), endpoint_of("/v1/chat/completions")
    assert [streams(native, facts(stream=said)) for said in (None, True, False)] == [
        *(True, True, False)
    ]
    assert [streams(openai, facts(stream=said)) for said in (None, True, False)] == [
        *(False, True, False)
    ]
    assert not streams(endpoint_of("/api/embed"), facts())
