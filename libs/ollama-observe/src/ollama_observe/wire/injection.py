"""Asking an OpenAI stream for token counts that its client did not ask for, and removing
exactly what the asking adds.

Source: OpenAI API reference, "Chat completions", `stream_options`; Ollama
middleware/openai.go: a last event without choices, and in completions `usage` in every one.
"""

import re

from ollama_observe.wire.records import UNREADABLE, raw_members
from ollama_observe.wire.requests import read_request

# An event with all log probabilities of a long text; one with counts has 300 bytes.
HELD_LIMIT_BYTES = 1024 * 1024

_ASKING = b'"stream_options":{"include_usage":true}'
_USAGE = b'"usage"'

_EVENT_END = re.compile(rb"\n\r?\n")


def with_usage_asked(body: bytes) -> bytes | None:
    """The body with the asking added; None when it cannot, or need not, be added.

    It goes last: readers take the last of two members with one name, and Go's sets it in
    what the earlier one has made.
    """
    facts = read_request(body)
    if not facts.stream or facts.include_usage:
        return None
    end = body.rindex(b"}")
    return b"%s,%s%s" % (body[:end], _ASKING, body[end:])


class UsageStripper:
    """Takes out of a stream of events what `with_usage_asked` has put in.

    Whole events are handed on at once, what has begun is held until it ends. Of an event
    too long to be held everything is handed on: it is not the one that carries counts.
    """

    __slots__ = ("_held", "_is_passing")

    def __init__(self) -> None:
        self._held = bytearray()
        self._is_passing = False
        """The event that has begun is too long, and its beginning was handed on."""

    def feed(self, piece: bytes) -> bytes:
        """What of the stream can go on now that `piece` has come."""
        searched = max(0, len(self._held) - 2)  # an event's end has 3 bytes at most
        self._held += piece
        end = _last_end(self._held, searched)
        whole = bytes(self._held[:end])
        del self._held[:end]
        if self._is_passing:
            whole = self._passed(whole)
        elif _USAGE in whole:
            whole = _stripped(whole)
        if self._is_passing or len(self._held) > HELD_LIMIT_BYTES:
            self._is_passing = True
            whole += self._held[:-2]  # enough is kept to know the event's end by
            del self._held[:-2]
        return whole

    def _passed(self, whole: bytes) -> bytes:
        """The end of the event that is too long, if it has come, and what follows."""
        found = _EVENT_END.search(whole)
        if found is None:
            return whole
        self._is_passing = False
        return whole[: found.end()] + _stripped(whole[found.end() :])

    def finish(self) -> bytes:
        """What is left of a stream that has ended."""
        held = bytes(self._held)
        self._held.clear()
        return held if self._is_passing else _stripped(held)


def _last_end(stream: bytearray, start: int) -> int:
    """Where the last whole event ends; 0 where none does."""
    plain, other = stream.rfind(b"\n\n", start), stream.rfind(b"\n\r\n", start)
    return max(plain + 2 if plain >= 0 else 0, other + 3 if other >= 0 else 0)


def _stripped(events: bytes) -> bytes:
    kept, at = [], 0
    for found in _EVENT_END.finditer(events):
        kept.append(_without_usage(events[at : found.end()]))
        at = found.end()
    kept.append(_without_usage(events[at:]))
    return b"".join(kept)


def _without_usage(event: bytes) -> bytes:
    """The event without its counts; nothing of one that has counts alone."""
    if _USAGE not in event:
        return event
    lines = [line for line in event.splitlines() if line.startswith(b"data:")]
    try:
        members = raw_members(b"\n".join(lines)[5:])
    except UNREADABLE:
        return event
    usage = bytes(members.get("usage", b""))
    choices = bytes(members.get("choices", b""))
    if usage.startswith(b"{") and choices[:1] == b"[" and not choices[1:-1].strip():
        # empty lines before it may have been handed on already, so they always are
        return event[: len(event) - len(event.lstrip(b"\r\n"))]
    return _without_member(event, usage) if usage else event


def _without_member(event: bytes, value: bytes) -> bytes:
    """The event without its one `usage`. In a text its quotes would be escaped."""
    at = event.find(_USAGE)
    value_at = event.find(value, at + len(_USAGE))
    if event.count(_USAGE) != 1 or event[at + len(_USAGE) : value_at].strip() != b":":
        return event
    before, after = event[:at], event[value_at + len(value) :]
    if before.rstrip().endswith(b","):
        return before.rstrip()[:-1] + after
    return before + after.lstrip(b" \t,")
