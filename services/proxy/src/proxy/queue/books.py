"""What the queue counts."""

from collections.abc import Callable

from ollama_observe.metrics.catalogue import queue as m
from ollama_observe.metrics.ledger import Ledger, Page
from proxy.outcomes import Ending, Outcome
from proxy.queue.line import Line
from proxy.queue.priorities import LABELS
from proxy.story import Story

AT_ONCE, WAITED, LEFT = "at_once", "waited", "left"
_IN_VAIN = {
    Ending.QUEUE_FULL: "full",
    Ending.QUEUE_DISPLACED: "displaced",
    Ending.QUEUE_TIMEOUT: "timeout",
    Ending.CUT_BY_SHUTDOWN: "shutdown",
}


def book_queue(ledger: Ledger, page: Page, story: Story) -> None:
    """What became of one request in the queue, and how long it waited for its turn.

    The queue is told of one that was answered whole.
    """
    standing = story.standing
    if standing is None:
        return
    priority = standing.priority.label
    waited = story.queued_seconds or 0.0
    if story.turn_at is None:
        result = _IN_VAIN.get(story.ending, LEFT)
    else:
        page.observe(m.WAIT, waited, story.trace_id, priority)
        result = WAITED if waited else AT_ONCE
        if story.is_answered and story.outcome is Outcome.OK and not story.is_spared:
            standing.was_answered()
    ledger.add(m.REQUESTS, 1, (story.model, priority, result))


class QueueGauges:
    """How the queue is now, put into a ledger for the scrape that is to come.

    `label_of` gives the label of a model's name.
    """

    def __init__(self, ledger: Ledger, line: Line, label_of: Callable[[str], str]) -> None:
        self._ledger = ledger
        self._line = line
        self._label_of = label_of
        self._waiting: set[tuple[str, str]] = set()
        self._in_turn: set[str] = set()
        rules = line.rules
        for bound, value in (
            ("length", rules.length),
            ("bytes", rules.size_bytes),
            ("per_model", rules.per_model),
            ("total", rules.total),
        ):
            if value or bound != "total":
                ledger.put(m.LIMIT, value, (bound,))

    def put(self) -> None:
        """Count those that wait, and those that have their turn."""
        line, ledger = self._line, self._ledger
        waiting = dict.fromkeys(self._waiting, 0)
        for ticket in line:
            key = self._label_of(ticket.model), ticket.priority.label
            waiting[key] = waiting.get(key, 0) + 1
        in_turn = dict.fromkeys(self._in_turn, 0)
        for model in line.models():
            label = self._label_of(model)
            in_turn[label] = in_turn.get(label, 0) + len(line.running(model))
            for priority in LABELS:
                waiting.setdefault((label, priority), 0)
        for labels, count in waiting.items():
            ledger.put(m.WAITING, count, labels)
        for label, count in in_turn.items():
            ledger.put(m.IN_TURN, count, (label,))
        self._waiting.update(waiting)
        self._in_turn.update(in_turn)
        ledger.put(m.WAITING_BYTES, line.waiting_bytes)
