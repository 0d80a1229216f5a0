"""When the phases of a request began, as events of its span. Instants are of the relay's clock."""

from collections.abc import Iterator
from operator import itemgetter
from typing import NamedTuple

from ollama_observe.wire.usage import Usage
from proxy.story import Story

_LEAST_WAIT_SECONDS = 0.001
"""What is left of the upstream's total below this is no wait, but its own work in between."""


_AT = itemgetter(1)


class Event(NamedTuple):
    """One phase's beginning; `said` is how long it took in seconds, or a word."""

    name: str
    at: float
    said: float | str


def events_of(story: Story, ended_at: float) -> list[Event]:
    """When the phases of a request began, in their order, each with its duration.

    The proxy's queue and the first token were seen here. The upstream tells how long its own
    phases took, one after the other, and not when: they are laid from when it got the request;
    behind the gateway, which may have tried before, up to the end of the answer.
    """
    found: list[Event] = []
    if story.queued_at is not None and story.queued_seconds is not None:
        found.append(Event("ollama.proxy.queue", story.queued_at, story.queued_seconds))
    meter, usage, began_at = story.meter, story.usage, story.work_began_at
    if story.is_spared or meter is None:
        return found
    if usage is not None and began_at is not None:
        if story.passage is not None and usage.total_seconds is not None:
            began_at = max(began_at, ended_at - usage.total_seconds)
        found += _of_upstream(usage, began_at, ended_at)
    if meter.first_output is not None and meter.first_output_kind is not None:
        kind = meter.first_output_kind.value
        found.append(Event("ollama.first_token", meter.first_output, kind))
        found.sort(key=_AT)
    return found


def _of_upstream(usage: Usage, at: float, ended_at: float) -> Iterator[Event]:
    wait = usage.wait_seconds
    phases = (
        ("ollama.load", usage.load_seconds),
        ("ollama.queue", wait if wait is not None and wait >= _LEAST_WAIT_SECONDS else None),
        ("ollama.prefill", usage.prefill_seconds),
        ("ollama.decode", usage.decode_seconds),
    )
    for name, seconds in phases:
        if seconds is not None:
            yield Event(name, min(at, ended_at), seconds)
            at += seconds
