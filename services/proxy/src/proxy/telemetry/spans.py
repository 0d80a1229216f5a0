"""The story of a request as a span: what it was, how it ended, and when its phases began.

Names are those of the conventions for generative AI and HTTP, where they have one; the others
begin with `ollama.`. Nothing of a prompt or an answer is in it, and no address of a client.
Source: OTLP 1.11, trace.proto; OpenTelemetry semantic conventions 1.41.0.
"""

import struct
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ScopeSpans, Span, Status

from ollama_observe.metrics.metric import UNNAMED
from proxy.outcomes import Outcome
from proxy.story import Story
from proxy.telemetry.encoding import AttributeField, field
from proxy.telemetry.events import Event, events_of
from proxy.telemetry.operations import OPERATIONS
from proxy.telemetry.traceparent import Context
from proxy.telemetry.values import attribute, clean

_HAS_REMOTE, _IS_REMOTE = 0x100, 0x200
_STATE_CHARACTERS = 512
_KEPT = 4096

_REQUEST_ID = AttributeField(Span.ATTRIBUTES_FIELD_NUMBER, "ollama.proxy.request_id")
_INPUT = AttributeField(Span.ATTRIBUTES_FIELD_NUMBER, "gen_ai.usage.input_tokens")
_CACHED = AttributeField(Span.ATTRIBUTES_FIELD_NUMBER, "gen_ai.usage.cache_read.input_tokens")
_OUTPUT = AttributeField(Span.ATTRIBUTES_FIELD_NUMBER, "gen_ai.usage.output_tokens")
_DURATION = AttributeField(Span.Event.ATTRIBUTES_FIELD_NUMBER, "ollama.duration")
_KIND = AttributeField(Span.Event.ATTRIBUTES_FIELD_NUMBER, "ollama.output")

# trace id, span id, start, end and flags, each with its tag
_PLACE = struct.Struct("<BB16sBB8sBQBQHI")


class Spans:
    """Makes spans of one process's stories. `address` and `port` are the upstream's."""

    def __init__(
        self,
        address: str,
        port: int,
        clock: Callable[[], float] = time.perf_counter,
        wall_clock: Callable[[], int] = time.time_ns,
    ) -> None:
        """`clock` is the relay's, in seconds; `wall_clock` gives nanoseconds since 1970."""
        self._server = [attribute("server.address", address), attribute("server.port", port)]
        self._clock = clock
        self._wall_clock = wall_clock
        # what many requests have in common is written once
        self._common = lru_cache(_KEPT)(self._written)

    def of(self, story: Story, trace: Context) -> bytes:
        """The span of a request that has ended: a ScopeSpans that holds it alone.

        Such bytes may stand one after the other, and are one ScopeSpans then.
        """
        # one anchor a span: a clock that is put right in between moves none of its parts
        wall, now = self._wall_clock(), self._clock()
        ended_at = story.started_at if story.ended_at is None else story.ended_at
        parts = [
            _placed(
                trace,
                wall - int((now - story.started_at) * 1e9),
                wall - int((now - ended_at) * 1e9),
            ),
            self._common(_common_of(story)),
            _REQUEST_ID.of_text(story.request_id),
        ]
        if trace.parent_id:
            parts.append(field(Span.PARENT_SPAN_ID_FIELD_NUMBER, bytes.fromhex(trace.parent_id)))
            if trace.state and len(trace.state) <= _STATE_CHARACTERS:
                state = clean(trace.state, _STATE_CHARACTERS).encode()
                parts.append(field(Span.TRACE_STATE_FIELD_NUMBER, state))
        parts += _counts(story)
        for event in events_of(story, ended_at):
            parts.append(_event(event, wall - int((now - event.at) * 1e9)))
        return field(ScopeSpans.SPANS_FIELD_NUMBER, *parts)

    def _written(self, common: "Common") -> bytes:
        """A Span without what is one request's alone."""
        outcome = common.outcome
        found = [
            attribute("http.request.method", common.method),
            attribute("http.route", common.route),
            attribute("http.response.status_code", common.status),
            attribute("ollama.proxy.routing", common.routing),
            attribute("ollama.proxy.outcome", outcome.value),
        ]
        if outcome.is_error:
            found.append(attribute("error.type", outcome.value))
        if common.is_cloud:
            found.append(attribute("ollama.location", "cloud"))
        if common.cached:
            found.append(attribute("ollama.proxy.cache", common.cached))
        if common.user not in ("", *UNNAMED):
            found.append(attribute("ollama.proxy.user", common.user))
        if common.operation:
            found += [*self._server, *_of_work(common)]
        span = Span(kind=Span.SPAN_KIND_SERVER, name=clean(common.name), attributes=found)
        if outcome.is_error and not 400 <= common.status < 500:
            span.status.code = Status.STATUS_CODE_ERROR
        return span.SerializeToString()


class Common(NamedTuple):
    """What a span says that other requests' spans say as well. Empty: nothing."""

    name: str
    method: str
    route: str
    status: int
    routing: str
    outcome: Outcome
    cached: str
    user: str
    is_cloud: bool
    operation: str
    requested: str
    answered: str
    done_reason: str


def _common_of(story: Story) -> Common:
    operation = requested = answered = done_reason = ""
    endpoint, meter, is_known = story.endpoint, story.meter, story.model not in UNNAMED
    if story.is_inference:
        operation = OPERATIONS[endpoint.answer]
        # as it is known, or else as the client wrote it
        requested = story.model if is_known else story.facts.model or ""
        if meter is not None:
            answered = meter.model or ""
            done_reason = "" if story.is_operation else meter.done_reason or ""
        # of few different ones: only a model that has answered is named in it
        name = f"{operation} {story.model}" if is_known else operation
    else:
        name = f"{story.method} {endpoint.template}"
    return Common(
        name,
        story.method,
        endpoint.template,
        story.status,
        story.routing,
        story.outcome,
        "" if story.cached is None else story.cached.value,
        story.user,
        story.is_cloud,
        operation,
        requested,
        answered,
        done_reason,
    )


def _of_work(common: Common) -> Iterator[KeyValue]:
    yield attribute("gen_ai.operation.name", common.operation)
    yield attribute("gen_ai.provider.name", "ollama")
    if common.requested:
        yield attribute("gen_ai.request.model", common.requested)
    if common.answered:
        yield attribute("gen_ai.response.model", common.answered)
    if common.done_reason:
        yield attribute("gen_ai.response.finish_reasons", [common.done_reason])


def _placed(trace: Context, start: int, end: int) -> bytes:
    """Whose span it is, and where it lies. Units: nanoseconds since 1970."""
    return _PLACE.pack(
        *(0x0A, 16, bytes.fromhex(trace.trace_id)),
        *(0x12, 8, bytes.fromhex(trace.span_id)),
        *(0x39, start),
        *(0x41, end),
        *(0x0185, trace.flags | _HAS_REMOTE | (_IS_REMOTE if trace.parent_id else 0)),
    )


def _counts(story: Story) -> Iterator[bytes]:
    usage = story.usage
    if usage is None or not story.is_inference:
        return
    if usage.prompt_tokens is not None:
        yield _INPUT.of_count(usage.prompt_tokens)
    if usage.cached_prompt_tokens is not None:
        yield _CACHED.of_count(usage.cached_prompt_tokens)
    if usage.generated_tokens is not None:
        yield _OUTPUT.of_count(usage.generated_tokens)


def _event(event: Event, unix: int) -> bytes:
    said = event.said
    if isinstance(said, str):
        pack, before, after = _layout(event.name, said)
        return pack(before, unix, after)
    pack, before, between = _layout(event.name, "")
    return pack(before, unix, between, said)


@lru_cache(_KEPT)
def _layout(name: str, word: str) -> tuple[Callable[..., bytes], bytes, bytes]:
    """What writes an event of this name: around its instant, and a duration unless a word is said.

    All but these has always the same length.
    """
    said = _KIND.of_text(word) if word else _DURATION.up_to_seconds() + bytes(8)
    after = field(Span.Event.NAME_FIELD_NUMBER, name.encode()) + said
    before = field(Span.EVENTS_FIELD_NUMBER, b"\x09" + bytes(8), after)
    before = before[: -8 - len(after)]
    if word:
        return struct.Struct(f"<{len(before)}sQ{len(after)}s").pack, before, after
    after = after[:-8]
    return struct.Struct(f"<{len(before)}sQ{len(after)}sd").pack, before, after
