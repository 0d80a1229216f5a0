"""Begins to take note of requests: what all recorders of one process share."""

import time
from collections.abc import Callable
from functools import partial

from ollama_observe.metrics import metric
from ollama_observe.metrics.catalogue import proxy as m
from ollama_observe.metrics.ledger import Ledger, Page
from ollama_observe.wire.endpoints import METHODS, OTHER, endpoint_of_target
from proxy.access.books import book_spending, book_use, release
from proxy.access.counts import Counts
from proxy.booking import (
    book_answer,
    book_reload,
    book_request,
    book_user,
    book_user_tokens,
    book_waste,
)
from proxy.books import Books, Step, Steps
from proxy.cache.books import book_cache
from proxy.closing import Closing
from proxy.finished import FinishedRequests, Table
from proxy.headers import Headers
from proxy.identity import RequestIds, trace_id_of
from proxy.inflight import InflightTable
from proxy.insight.insight import Insight
from proxy.labels import BoundedLabels, ModelLabels
from proxy.locations import Listed, Locations
from proxy.log_line import log_fields
from proxy.pages import Pages
from proxy.portkey.books import book_portkey
from proxy.queue.books import book_queue
from proxy.recorder import Recorder
from proxy.reloads import Reloads
from proxy.settings import ProxySettings
from proxy.shared import Shared
from proxy.story import Story
from proxy.telemetry.traceparent import TRACEPARENT
from proxy.truncations import Sizes, Truncations
from proxy.users import Users

_METHODS = {method.encode(): method for method in METHODS}


class Observer:
    """What all recorders of one process share."""

    def __init__(
        self,
        settings: ProxySettings,
        ledger: Ledger,
        shared: Shared,
        log: Callable[[str, dict[str, object]], None],
        sizes: Sizes,
        clock: Callable[[], float] = time.perf_counter,
        on_models_changed: Callable[[], None] | None = None,
        listed: Listed | None = None,
        counts: Counts | None = None,
        further: Callable[[ModelLabels], Steps] | None = None,
    ) -> None:
        """`further` gives the steps of telemetry; it is given the names that may be labels.

        Raises: ValueError, OSError when the file of users' aliases cannot be read.
        """
        self.ledger = ledger
        self.locations = Locations(listed)
        self.inflight = InflightTable(settings.ollama_num_parallel, clock, self.locations.of)
        self.finished = FinishedRequests(clock)
        limit, admit = settings.model_label_limit, self.locations.admit
        self.models = ModelLabels(BoundedLabels(limit, lambda: self._ran_over("model"), admit))
        self._users = Users(settings, lambda: self._ran_over("user"))
        self._ids = RequestIds()
        self._id_header = settings.request_id_header.lower().encode("latin-1")
        self.closing = Closing(self.inflight)
        self._insight: Insight | None = None
        if settings.insight:
            num_parallel, is_elsewhere = settings.ollama_num_parallel, self.locations.is_elsewhere
            self._insight = Insight(self.inflight, num_parallel, clock, is_elsewhere)
        reloads, pages = Reloads(shared), Pages(ledger)
        steps = self._usual_steps(log, reloads, Truncations(sizes))
        steps += self._wanted_steps(settings, pages, on_models_changed, counts)
        if further is not None:
            steps += further(self.models)
        self._books = Books(
            *(pages, self.models, reloads, self.inflight, self.closing, steps, self._insight)
        )

    def begin(self, method: bytes, target: bytes, headers: Headers, at: float) -> Recorder:
        """Take note of a request. `target` is the raw path and query, as received."""
        try:
            story = self._story(method, target, headers, at)
        except Exception as error:  # noqa: BLE001 (fail open, and counted)
            recorder = Recorder(self._books, _unknown(at), headers)
            recorder.failed("begin", error)
        else:
            recorder = Recorder(self._books, story, headers)
        self.inflight.enter(recorder.story)
        return recorder

    def table(self) -> Table:
        """What is in flight, what ended a moment ago, where the models compute, and what they did.

        The last is told once: who asks must keep it.
        """
        places, insight = self.locations.told(), self._insight
        did = None if insight is None else insight.told()
        return Table(self.inflight.entries(), self.finished.entries(), places, did)

    def _story(self, given: bytes, target: bytes, headers: Headers, at: float) -> Story:
        method = _METHODS.get(given, metric.OTHER)
        endpoint = endpoint_of_target(target)
        is_call = method == "POST" or endpoint.template == "/api/delete"
        return Story(
            self._ids.of(headers.get(self._id_header) if self._id_header else None),
            trace_id_of(headers.get(TRACEPARENT)),
            self._users.of(headers) if self._users.is_on else "",
            method,
            endpoint,
            is_call,
            metric.OTHER if endpoint.has_model and is_call else metric.NONE,
            at,
        )

    def _usual_steps(
        self,
        log: Callable[[str, dict[str, object]], None],
        reloads: Reloads,
        truncations: Truncations,
    ) -> Steps:
        """What is done with every story."""
        return Steps(
            (
                ("request", book_request),
                ("portkey", partial(book_portkey, self.ledger)),
                ("cache", partial(book_cache, self.ledger)),
                ("line", lambda _page, story: log("request_finished", log_fields(story))),
            ),
            (
                ("location", self.locations.settle),
                ("answer", book_answer),
                ("waste", book_waste),
                ("reload", partial(book_reload, reloads)),
                ("truncation", truncations.book),
                ("finished", self.finished.add),
            ),
        )

    def _wanted_steps(
        self,
        settings: ProxySettings,
        pages: Pages,
        on_models_changed: Callable[[], None] | None,
        counts: Counts | None,
    ) -> Steps:
        """What is done where somebody asked for it."""
        steps: list[tuple[str, Step]] = []
        of_answer: list[tuple[str, Step]] = []
        if self._insight is not None:
            of_answer.append(("insight", self._insight.book))
        if settings.queue:
            steps.append(("queue", partial(book_queue, self.ledger)))
        if on_models_changed is not None:
            steps.append(("models", partial(_tell_of_change, on_models_changed)))
        if counts is not None:
            steps.append(("access", partial(release, counts)))
            of_answer.append(("use", partial(book_use, counts)))
        if settings.knows_callers:
            of_answer.append(("spending", partial(book_spending, self._users, self.ledger)))
        if self._users.is_on:
            steps.append(("user", partial(book_user, self._users, pages)))
            of_answer.append(("user_tokens", partial(book_user_tokens, self._users, pages)))
        return Steps(tuple(steps), tuple(of_answer))

    def _ran_over(self, label: str) -> None:
        self.ledger.add(m.LABEL_OVERFLOW, 1, (label,))


_CHANGING = frozenset({"/api/pull", "/api/create", "/api/copy", "/api/delete"})


def _tell_of_change(on_models_changed: Callable[[], None], _page: Page, story: Story) -> None:
    if story.endpoint.template in _CHANGING:
        on_models_changed()


def _unknown(at: float) -> Story:
    """A request of which nothing can be said."""
    return Story("unknown", "", "", metric.OTHER, OTHER, False, metric.NONE, at)
