"""What is done with the stories of requests that have ended, and what the recorders write into."""

from collections.abc import Callable
from dataclasses import dataclass

from ollama_observe.metrics.ledger import Page
from proxy.closing import Closing
from proxy.inflight import InflightTable
from proxy.insight.insight import Insight
from proxy.labels import ModelLabels
from proxy.pages import Pages
from proxy.reloads import Reloads
from proxy.story import Story

Step = Callable[[Page, Story], None]
Named = tuple[tuple[str, Step], ...]


@dataclass(frozen=True, slots=True)
class Steps:
    """What is done with a story, by name: each for itself, so that a mistake in one keeps none of
    the others from being taken.

    `of_request` when its request has ended, `of_answer` when nobody waits for its answer any more:
    that is the same time, unless others share it.
    """

    of_request: Named = ()
    of_answer: Named = ()

    def __add__(self, more: "Steps") -> "Steps":
        return Steps(self.of_request + more.of_request, self.of_answer + more.of_answer)


@dataclass(frozen=True, slots=True)
class Books:
    """What the recorders of one process write into."""

    pages: Pages
    models: ModelLabels
    reloads: Reloads
    inflight: InflightTable
    closing: Closing
    steps: Steps
    insight: Insight | None = None
    """Where models' time is noted; what it does at the end is one of the steps."""
