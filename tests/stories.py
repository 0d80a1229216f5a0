"""Stories of requests that have ended, or are in flight, without a request."""

from typing import Any

from ollama_observe.wire.endpoints import endpoint_of
from ollama_observe.wire.framing import Framing
from ollama_observe.wire.meter import StreamMeter
from ollama_observe.wire.records import Output
from ollama_observe.wire.requests import RequestFacts
from ollama_observe.wire.usage import Usage
from proxy.story import Story

MODEL = "m:latest"


def meter(
    path: str,
    first: float | None = None,
    answer: float | None = None,
    usage: Usage | None = None,
) -> StreamMeter:
    """What was read of an answer: a stream with its first output and its first that was no
    thinking, or a whole one.
    """
    is_stream = first is not None or answer is not None
    found = StreamMeter(endpoint_of(path).answer, Framing.NDJSON if is_stream else Framing.JSON)
    found.usage = usage
    if is_stream:
        found.first_output = answer if first is None else first
        found.first_output_kind = Output.CONTENT if first is None else Output.THINKING
        found.first_answer = answer
        found.outputs = 1
    return found


def story(path: str = "/api/chat", model: str = MODEL, **facts: Any) -> Story:
    """A request that was read and sent at 10, unless said otherwise, and answered."""
    told = Story("id", "", "", "POST", endpoint_of(path), True, model, 9.0)
    given = {"read_at": 10.0, "sent_at": 10.0, "upstream_status": 200, **facts}
    if given["upstream_status"] is not None:
        given.setdefault("is_answered", given["upstream_status"] < 300)
    for name, value in given.items():
        setattr(told, name, value)
    return told


def told(
    total: float, load: float = 0.001, prefill: float = 0.0, decode: float = 0.0, **counts: int
) -> Usage:
    """Durations in seconds, and counts of tokens, as Ollama's own routes tell them."""
    return Usage(
        total_seconds=total,
        load_seconds=load,
        prefill_seconds=prefill,
        decode_seconds=decode,
        **counts,
    )


def facts(prompt_bytes: int | None = None, stream: bool | None = None) -> RequestFacts:
    """What a request's body says."""
    return RequestFacts(model="m", prompt_bytes=prompt_bytes, stream=stream)
