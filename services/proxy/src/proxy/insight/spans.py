"""What a model did for one request and when, from what the request's story tells.

Of an answer that tells its durations they are laid end to end from when Ollama got the request:
load, wait, prefill; what is left before its end is decode. What has come as output is as it was
seen. Of others the time before the first output is one silence. Instants are the relay's.
"""

from collections.abc import Callable, Iterable

import msgspec

from ollama_observe.metrics.metric import UNNAMED
from ollama_observe.wire.endpoints import Answer, Dialect, Endpoint
from ollama_observe.wire.framing import Framing
from ollama_observe.wire.models import normalise_model
from ollama_observe.wire.requests import RequestFacts
from ollama_observe.wire.usage import Usage
from proxy.insight.timelines import Doing
from proxy.story import Story

BRIEF_SECONDS = 0.005
"""A load or a wait below this is none: of a warm model Ollama reports a millisecond of each."""

Layers = tuple[list[float], ...]
"""Of each Doing, in their order, the starts and then the ends of its stretches."""

Past = tuple[
    str, Endpoint, float, float, int | None, Framing, float | None, float | None, bool, Usage | None
]
"""A request that Ollama had and that has ended: model, route, when it was sent and when it ended,
status, framing of the answer, first output and first that was not thinking, whether it loaded or
unloaded the model, and what was counted. A plain tuple: one is made for each request."""

VECTORS = frozenset({Answer.EMBED, Answer.EMBEDDINGS, Answer.OPENAI_EMBEDDINGS})
_ANSWER, _THINKING = 2 * Doing.ANSWER, 2 * Doing.THINKING
_PREFILL, _LOAD, _WAIT = 2 * Doing.PREFILL, 2 * Doing.LOAD, 2 * Doing.WAIT


class Present(msgspec.Struct, frozen=True, array_like=True):
    """A request that Ollama has, as JSON for the process that keeps the accounts.

    `may_tell`: durations may come at its end, and say more of its silence than is known now.
    `load_seconds` and `prefill_seconds` are what is expected of that silence, 0 where nothing is.
    """

    model: str
    is_named: bool
    """The model is known to exist; else its name is only what the client wrote."""
    untold: int
    sent_at: float
    first_output: float | None = None
    first_answer: float | None = None
    """When the first output came that was not thinking."""
    may_tell: bool = False
    load_seconds: float = 0.0
    prefill_seconds: float = 0.0


def layers() -> Layers:
    """Empty ones."""
    return tuple([] for _ in range(2 * len(Doing)))


def streams(endpoint: Endpoint, facts: RequestFacts) -> bool:
    """Whether a request asks for a stream of output: by default only Ollama's own routes do."""
    if endpoint.answer in VECTORS:
        return False
    is_native = endpoint.dialect is Dialect.NATIVE
    return facts.stream is not False if is_native else facts.stream is True


def lay(into: Layers, past: Past) -> None:
    """Put into layers what a request had its model do."""
    _, _, sent_at, ended_at, _, _, first, first_answer, is_operation, usage = past
    if usage is None or usage.total_seconds is None or is_operation:
        read_at = _lay_untold(into, past)
    else:
        limit = ended_at if first is None else first
        read_at = limit
        if usage.decode_seconds is not None:
            read_at = sent_at + max(0.0, usage.total_seconds - usage.decode_seconds)
            read_at = min(read_at, limit)
        _lay_told(into, sent_at, read_at, usage)
    if first is not None and first != first_answer:
        thought_until = ended_at if first_answer is None else first_answer
        _put(into, _THINKING, read_at, thought_until)
        read_at = thought_until
    if read_at < ended_at:
        into[_ANSWER].append(read_at)
        into[_ANSWER + 1].append(ended_at)


def _lay_told(into: Layers, sent_at: float, read_at: float, usage: Usage) -> None:
    """The silence of an answer that told its durations: load, wait and prefill."""
    load, prefill, began_at = usage.load_seconds or 0.0, usage.prefill_seconds, sent_at
    if load > BRIEF_SECONDS:
        began_at = min(sent_at + load, read_at)
        _put(into, _LOAD, sent_at, began_at)
    # where no prefill is told there is nothing else: vectors, and models that compute elsewhere
    if prefill is not None and read_at - began_at - prefill > BRIEF_SECONDS:
        waited_until = read_at - max(0.0, prefill)
        _put(into, _WAIT, began_at, waited_until)
        began_at = waited_until
    if began_at < read_at:
        into[_PREFILL].append(began_at)
        into[_PREFILL + 1].append(read_at)


def _lay_untold(into: Layers, past: Past) -> float:
    """The silence of an answer that told nothing of it; when its output began, if it did."""
    _, endpoint, sent_at, ended_at, status, framing, first, _, is_operation, _ = past
    untold = untold_of(endpoint, status, framing, is_operation)
    silent_until = ended_at if first is None else first
    _put(into, 2 * untold, sent_at, silent_until)
    return silent_until


def _put(into: Layers, place: int, start: float, end: float) -> None:
    if start < end:
        into[place].append(start)
        into[place + 1].append(end)


def untold_of(
    endpoint: Endpoint, status: int | None, framing: Framing, is_operation: bool
) -> Doing:
    """What the time before the first output is, where no durations tell."""
    if status is not None and status >= 400:
        return Doing.WAIT
    if is_operation:
        return Doing.LOAD
    return Doing.SILENCE if framing is not Framing.JSON else _whole(endpoint)


def _whole(endpoint: Endpoint) -> Doing:
    return Doing.PREFILL if endpoint.answer in VECTORS else Doing.WORK


def framing_asked(endpoint: Endpoint, facts: RequestFacts) -> Framing:
    """Of a request that is not answered yet: JSON for a whole answer, else a stream's."""
    return Framing.NDJSON if streams(endpoint, facts) else Framing.JSON


def past_of(story: Story) -> Past | None:
    """What is kept of any story that has ended; None where no known model had to do with it."""
    sent_at, ended_at, meter = story.upstream_sent_at, story.ended_at, story.meter
    if story.model in UNNAMED or not story.is_inference or story.is_spared:
        return None
    if sent_at is None or ended_at is None:
        return None
    if story.is_outlived and story.upstream_status is None:
        return None  # it was handed on: another's story tells of it
    return (
        story.model,
        story.endpoint,
        sent_at,
        max(sent_at, ended_at),
        story.upstream_status,
        framing_asked(story.endpoint, story.facts) if meter is None else meter.framing,
        None if meter is None else meter.first_output,
        None if meter is None else meter.first_answer,
        story.is_operation,
        None if meter is None else _usage(story, meter.usage),
    )


def _usage(story: Story, usage: Usage | None) -> Usage | None:
    """What was told. A model that computes elsewhere is neither loaded here nor waited for."""
    if usage is None or not story.is_cloud:
        return usage
    return msgspec.structs.replace(usage, load_seconds=None, prefill_seconds=None)


Expected = Callable[[Story], tuple[float, float]]
"""How long a request's load and prefill are expected to take, in seconds; 0 where none is."""


def presents_of(stories: Iterable[Story], expected: Expected) -> list[Present]:
    """The requests that Ollama has now, of all that are in flight."""
    return [
        _present(story, sent_at, expected)
        for story in stories
        if story.is_inference
        and not story.is_spared
        and (sent_at := story.upstream_sent_at) is not None
    ]


def _present(story: Story, sent_at: float, expected: Expected) -> Present:
    meter, is_named, endpoint = story.meter, story.model not in UNNAMED, story.endpoint
    status, facts = story.upstream_status, story.facts
    framing = framing_asked(endpoint, facts) if meter is None else meter.framing
    # Ollama's own routes tell their durations at the end, but for the older one of vectors
    is_native = endpoint.dialect is Dialect.NATIVE
    is_refused = status is not None and status >= 400
    may_tell = is_native and endpoint.answer is not Answer.EMBEDDINGS and not is_refused
    return Present(
        story.model if is_named else normalise_model(facts.model or ""),
        is_named,
        untold_of(endpoint, status, framing, is_operation=False),
        sent_at,
        None if meter is None else meter.first_output,
        None if meter is None else meter.first_answer,
        may_tell,
        *(expected(story) if may_tell else (0.0, 0.0)),
    )


def lay_present(into: Layers, present: Present, now: float) -> None:
    """Put into layers what a request has had its model do until now, as far as can be told."""
    first, sent_at = present.first_output, present.sent_at
    silent_until = now if first is None else min(first, now)
    loaded_at = min(sent_at + present.load_seconds, silent_until - present.prefill_seconds)
    loaded_at = max(sent_at, loaded_at)
    _put(into, _LOAD, sent_at, loaded_at)
    _put(into, 2 * present.untold, loaded_at, silent_until)
    if first is not None:
        answered_at = now if present.first_answer is None else min(present.first_answer, now)
        _put(into, _THINKING, first, answered_at)
        _put(into, _ANSWER, max(first, answered_at), now)
