"""Every recorded answer gives the same facts whichever way its bytes are cut."""

import itertools
import random
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import pytest

from ollama_observe.wire.endpoints import Answer, Endpoint, endpoint_of
from ollama_observe.wire.framing import framing_of
from ollama_observe.wire.meter import StreamMeter
from ollama_observe.wire.usage import Usage
from tests.fakes import captures
from tests.fakes.captures import Capture

SHORT_BYTES = 3000
RANDOM_CUTS = 40


def endpoint(capture: Capture) -> Endpoint:
    return endpoint_of(unquote(urlsplit(capture.path).path))


def is_metered(name: str) -> bool:
    capture = captures.load(name)
    found = endpoint(capture)
    return found.is_metered and found.answer is not Answer.PROGRESS and capture.status == 200


METERED = [name for name in captures.names() if is_metered(name)]


def meter_of(capture: Capture) -> StreamMeter:
    framing = framing_of(capture.content_type)
    assert framing is not None
    return StreamMeter(endpoint(capture).answer, framing)


def facts(meter: StreamMeter) -> tuple[object, ...]:
    return (
        meter.outputs,
        meter.thinking_outputs,
        meter.thinking_characters,
        meter.is_thinking,
        meter.first_output_kind,
        meter.first_output is None,
        meter.first_answer is None,
        meter.model,
        meter.is_ended,
        meter.saw_error,
        meter.done_reason,
        meter.usage,
        dict(meter.problems),
    )


def recorded(capture: Capture) -> StreamMeter:
    meter = meter_of(capture)
    for instant, piece in capture.chunks:
        meter.feed(instant, piece)
    meter.finish(capture.chunks[-1][0])
    return meter


def cut(capture: Capture, places: list[int]) -> tuple[object, ...]:
    meter, body = meter_of(capture), capture.body
    for begin, end in zip([0, *places], [*places, len(body)], strict=True):
        meter.feed(0.0, body[begin:end])
    meter.finish(0.0)
    return facts(meter)


@pytest.mark.parametrize("name", METERED)
def test_the_facts_do_not_depend_on_the_cuts(name: str) -> None:
    capture = captures.load(name)
    size = len(capture.body)
    expected = facts(recorded(capture))
    assert cut(capture, []) == cut(capture, list(range(1, size))) == expected
    if size <= SHORT_BYTES:
        for place in range(1, size):
            assert cut(capture, [place]) == expected
    chance = random.Random(name)
    for _ in range(RANDOM_CUTS):
        places = sorted(chance.sample(range(1, size), k=chance.randint(1, 12)))
        assert cut(capture, places) == expected


def test_no_recorded_answer_says_that_another_host_generated_it() -> None:
    assert not [name for name in METERED if recorded(captures.load(name)).is_remote]


@dataclass(frozen=True)
class Story:
    """What a recording is known to hold, told by hand from its bytes."""

    outputs: int
    usage: tuple[int | None, int | None] | None
    done_reason: str | None
    kind: str | None = "content"
    is_ended: bool = True
    saw_error: bool = False
    thinking_characters: int = 0


STORIES = {
    "chat-stream": Story(12, (15, 12), "length"),
    "chat-stop-natural": Story(32, (12, 33), "stop"),
    "chat-think-stream": Story(11, (19, 12), "length", "thinking", thinking_characters=42),
    "chat-tools-stream": Story(1, (81, 25), "stop", "tool_call"),
    "chat-unload": Story(0, (None, None), "unload", None),
    "chat-json": Story(0, (15, 12), "length", None),
    "closed-after-3-chunks": Story(3, None, None, is_ended=False),
    "broken-chat-stream": Story(15, None, None, is_ended=False, saw_error=True),
    "broken-v1-chat-stream": Story(21, None, None, is_ended=False),
    "broken-v1-completions-stream": Story(25, None, None, is_ended=False),
    "broken-v1-messages-stream": Story(21, None, None, is_ended=False),
    "broken-v1-responses-stream": Story(21, None, None, is_ended=False),
    "generate-load": Story(0, (None, None), "load", None),
    "generate-stream": Story(12, (15, 12), "length"),
    "generate-truncated-context": Story(0, (258, 1), "stop", None),
    "embed-batch": Story(0, (14, None), None, None),
    "embeddings-legacy": Story(0, None, None, None),
    "v1-chat-stream": Story(12, None, "length"),
    "v1-chat-stream-usage": Story(12, (15, 12), "length"),
    "v1-chat-think-stream": Story(11, (19, 12), "length", "thinking", thinking_characters=43),
    "v1-chat-tools-stream": Story(1, None, "tool_calls", "tool_call"),
    "v1-completions-stream": Story(12, None, "length"),
    "v1-completions-stream-usage": Story(12, (15, 12), "length"),
    "v1-embeddings": Story(0, (14, None), None, None),
    "v1-embeddings-base64": Story(0, (8, None), None, None),
    "v1-messages-json": Story(0, (15, 12), "length", None),
    "v1-messages-stream": Story(12, (15, 12), "length"),
    "v1-messages-think-stream": Story(11, (19, 12), "length", "thinking", thinking_characters=49),
    "v1-messages-tools-stream": Story(40, (77, 40), "length"),
    "v1-responses-json": Story(0, (15, 12), "completed", None),
    "v1-responses-stream": Story(12, (15, 12), "completed"),
    "v1-responses-think-stream": Story(
        12, (19, 12), "completed", "thinking", thinking_characters=64
    ),
}


@pytest.mark.parametrize("name", STORIES)
def test_the_facts_are_what_the_recording_holds(name: str) -> None:
    meter = recorded(captures.load(name))
    kind = None if meter.first_output_kind is None else meter.first_output_kind.value
    assert STORIES[name] == Story(
        meter.outputs,
        tokens(meter.usage),
        meter.done_reason,
        kind,
        meter.is_ended,
        meter.saw_error,
        meter.thinking_characters,
    )
    assert dict(meter.problems) == {}


def tokens(usage: Usage | None) -> tuple[int | None, int | None] | None:
    return None if usage is None else (usage.prompt_tokens, usage.generated_tokens)


STREAMED = [name for name in METERED if recorded(captures.load(name)).outputs > 1]


@pytest.mark.parametrize("name", STREAMED)
def test_outputs_are_timed_by_the_chunks_that_brought_them(name: str) -> None:
    capture = captures.load(name)
    meter = recorded(capture)
    instants = [instant for instant, _ in capture.chunks]
    assert meter.first_output in instants[:5]
    assert meter.last_output in instants[-5:]
    gaps = [later - earlier for earlier, later in itertools.pairwise(instants)]
    assert meter.max_gap_seconds is not None
    assert meter.max_gap_seconds >= max(gaps[5:-5], default=0.0)
