"""The story of a request as a span: what it was, how it ended, and when its phases began.

Source: OTLP 1.11, trace.proto; OpenTelemetry semantic conventions 1.41.0.
"""

import struct
import time
from collections.abc import Callable, Iterator
from functools import lru_cache

from opentelemetry.proto.trace.v1.trace_pb2 import ScopeSpans, Span, Status

from proxy.story import Story
from proxy.telemetry.common import Common, attributes_of, common_of
from proxy.telemetry.encoding import AttributeField, field
from proxy.telemetry.events import Event, events_of
from proxy.telemetry.traceparent import Context
from proxy.telemetry.values import attribute, clean

_HAS_REMOTE, _IS_REMOTE = 0x100, 0x200
_STATE_CHARACTERS = 512
_KEPT = 1024

_REQUEST_ID = AttributeField(Span.ATTRIBUTES_FIELD_NUMBER, "ollama.proxy.request_id")
_INPUT = AttributeField(Span.ATTRIBUTES_FIELD_NUMBER, "gen_ai.usage.input_tokens")
_CACHED = AttributeField(Span.ATTRIBUTES_FIELD_NUMBER, "gen_ai.usage.cache_read.input_tokens")
_OUTPUT = AttributeField(Span.ATTRIBUTES_FIELD_NUMBER, "gen_ai.usage.output_tokens")
_DURATION = AttributeField(Span.Event.ATTRIBUTES_FIELD_NUMBER, "ollama.duration")
_KIND = AttributeField(Span.Event.ATTRIBUTES_FIELD_NUMBER, "ollama.output")
_FIRST_CHUNK = AttributeField(
    Span.ATTRIBUTES_FIELD_NUMBER, "gen_ai.response.time_to_first_chunk"
).up_to_seconds()
_DOUBLE = struct.Struct("<d")

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
            self._common(common_of(story)),
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

    def _written(self, common: Common) -> bytes:
        """A Span without what is one request's alone."""
        named = clean(common.name)
        found = attributes_of(common, self._server)
        span = Span(kind=Span.SPAN_KIND_SERVER, name=named, attributes=found)
        if common.outcome.is_error and not 400 <= common.status < 500:
            span.status.code = Status.STATUS_CODE_ERROR
        return span.SerializeToString()


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
    if not story.is_inference:
        return
    first_token, usage = story.first_token_seconds, story.usage
    if first_token is not None:
        yield _FIRST_CHUNK + _DOUBLE.pack(first_token)
    if usage is None:
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
