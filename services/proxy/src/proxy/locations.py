"""Where the models compute whose names are labels: on Ollama's machine, or elsewhere.

A name that says `cloud` is believed at once. Of any other one Ollama is asked what it lists, once
somebody looks after the label was let in, and again where what is known has grown old; where that
does not tell, an answer that says that another host generated it does. Requests wait for none of
it.
"""

import math
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping

from ollama_observe.metrics.catalogue import location as m
from ollama_observe.metrics.ledger import Ledger, Page
from ollama_observe.metrics.metric import OTHER, UNNAMED
from ollama_observe.service.tasks import spawn
from ollama_observe.wire.locations import Location, is_cloud_name
from ollama_observe.wire.models import normalise_model
from proxy.story import Story

FRESH_SECONDS = 60.0
"""How long a list is believed: a model may be created anew, past the proxy."""
AGAIN_SECONDS = 5.0
"""After an answer that did not come."""

Told = Mapping[str, Location]
"""Where models compute, by their names."""
Listed = Callable[[], Awaitable[Told | None]]
"""Asks Ollama which models there are; None where it gets no answer."""


class Locations:
    """Of the labels of one process. Without `listed` nobody is asked, and names alone tell.

    `clock` is monotonic, in seconds.
    """

    def __init__(
        self, listed: Listed | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._listed = listed
        self._clock = clock
        self._known: dict[str, Location] = {}
        self._looked_at = {OTHER}
        """The labels whose requests may be elsewhere, so that those of others cost nothing."""
        self._new: set[str] = set()
        """Labels of which Ollama has to be asked before anything is told."""
        self._list: Told = {}
        self._said: set[str] = set()
        """Those of which an answer said that another host generated it."""
        self._due_at = math.inf

    def admit(self, model: str) -> None:
        """A label was let in: Ollama has just answered for that model."""
        if self._listed is None or is_cloud_name(model):
            self._find(model)
        else:
            self._new.add(model)
            self._due_at = -math.inf

    def of(self, story: Story) -> Location | None:
        """Where a request's model computes; None: it has none, or nobody knows yet."""
        model = story.model
        if model == OTHER and is_cloud_name(normalise_model(story.facts.model or "")):
            return Location.CLOUD
        return self._known.get(model)

    def is_elsewhere(self, story: Story) -> bool:
        """Whether nothing on Ollama's machine has to work for a request, as far as is known."""
        return self.of(story) is Location.CLOUD

    def settle(self, _page: Page, story: Story) -> None:
        """An answer has ended. A booking step: those after it know where it was made."""
        meter, model = story.meter, story.model
        if meter is not None and meter.is_remote:
            story.is_cloud = True
            if model not in UNNAMED:
                self._said.add(model)
                self._find(model)
        elif model in self._looked_at:
            story.is_cloud = self.is_elsewhere(story)

    def told(self) -> dict[str, Location]:
        """Of all labels of which it is known; whoever looks has it looked after."""
        if self._listed is not None and self._clock() >= self._due_at:
            self._due_at = self._clock() + AGAIN_SECONDS
            spawn(self._ask(self._listed), name="ask where models compute")
        return dict(self._known)

    def _find(self, *models: str) -> None:
        """Find out of these what can be known now."""
        for model in models:
            said = Location.CLOUD if model in self._said else Location.LOCAL
            listed = self._list.get(model, said)
            self._known[model] = Location.CLOUD if is_cloud_name(model) else listed
        away = (model for model, found in self._known.items() if found is Location.CLOUD)
        self._looked_at = {OTHER, *away}

    async def _ask(self, listed: Listed) -> None:
        new = set(self._new)
        found = await listed()
        if found is None:  # a new one may be an alias: it is asked for again
            self._find(*(new & (self._said | self._list.keys())))
            return
        self._list = found
        self._find(*self._known, *new)
        self._new -= new
        if not self._new:
            self._due_at = self._clock() + FRESH_SECONDS


class LocationGauge:
    """Says where each model computes, over all processes: one series a model.

    Where processes do not agree it is elsewhere: one of them has seen it. `limit`: the most models
    that have series.
    """

    def __init__(self, ledger: Ledger, limit: int) -> None:
        self._ledger = ledger
        self._limit = limit
        self._shown: dict[str, Location] = {}

    def put(self, told: Iterable[Told]) -> None:
        """What the processes know, for the scrape that is to come."""
        found: dict[str, Location] = {}
        for one in told:
            for model, location in one.items():
                if found.get(model) is not Location.CLOUD:
                    found[model] = location
        for model, location in found.items():
            self._show(model, location)

    def _show(self, model: str, location: Location) -> None:
        shown = self._shown.get(model)
        if shown is location or (shown is None and len(self._shown) >= self._limit):
            return
        if shown is not None:
            self._ledger.forget(m.MODEL_INFO, (model, shown))
        self._ledger.put(m.MODEL_INFO, 1, (model, location))
        self._shown[model] = location
