"""Puts the queue of one process together, and sends requests to it."""

from collections.abc import Callable

from proxy.admission import Refusal
from proxy.headers import lines_without
from proxy.heads import RequestHead
from proxy.outcomes import Ending
from proxy.queue.callers import Callers
from proxy.queue.gate import Gate
from proxy.queue.priorities import BY_LABEL, UnknownPriority
from proxy.queue.rules import Rules
from proxy.queue.way import QueuedTrip
from proxy.recorder import Recorder
from proxy.settings import ProxySettings
from proxy.story import Story
from proxy.ways import Trip

_EXPECT = b"expect"


class Queueing:
    """A Bend: requests that have a model work wait for their turn.

    `is_elsewhere` says whether a request's model computes on another machine: nothing here has to
    work for it, so it does not wait.
    """

    def __init__(self, gate: Gate, callers: Callers, is_elsewhere: Callable[[Story], bool]) -> None:
        self.gate = gate
        self._callers = callers
        self._is_elsewhere = is_elsewhere

    def __call__(self, trip: Trip, head: RequestHead, recorder: Recorder) -> Trip:
        """See Bend. Raises: Refusal for a class that there is not."""
        story = recorder.story
        if not story.is_inference:
            self._callers.strip(head)
            return trip
        alias = "" if story.grant is None else story.grant.user
        try:
            priority = self._callers.priority_of(head, BY_LABEL.get(story.priority))
        except UnknownPriority as error:
            raise Refusal(Ending.UNSENDABLE, str(error)) from error
        client = self._callers.client_of(head, alias)
        if _EXPECT in head.headers:  # the body is here before the upstream is asked for anything
            head.passing = lines_without(head.passing, (_EXPECT,))
        return QueuedTrip(
            trip, self.gate, client, priority, recorder, head, lambda: self._is_elsewhere(story)
        )


def create_queueing(
    settings: ProxySettings, is_elsewhere: Callable[[Story], bool]
) -> Queueing | None:
    """The queue of one process; None where there is to be none."""
    if not settings.queue:
        return None
    gate = Gate(rules_of(settings), settings.retry_after_seconds, settings.queue_headers)
    callers = Callers(
        settings.queue_client_header,
        settings.queue_priority_header,
        BY_LABEL[settings.queue_default_priority],
    )
    return Queueing(gate, callers, is_elsewhere)


def rules_of(settings: ProxySettings) -> Rules:
    """What the settings say."""
    return Rules(
        per_model=settings.queue_per_model or settings.ollama_num_parallel,
        total=settings.queue_total,
        length=settings.queue_length,
        size_bytes=settings.queue_max_bytes,
        wait_seconds=settings.queue_wait_seconds,
        ageing_seconds=settings.queue_ageing_seconds,
    )
