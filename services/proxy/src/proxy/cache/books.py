"""What the cache counts: of itself, never of the models."""

from ollama_observe.metrics.catalogue import cache as m
from ollama_observe.metrics.ledger import Ledger, Page
from proxy.cache.recording import Unfit
from proxy.cache.results import Result
from proxy.cache.stores.store import Cause, Held
from proxy.outcomes import Outcome
from proxy.story import Story

_PARTS = ("store", "embedding", "digest")


class CacheBooks:
    """The cache's own numbers of one process."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._pages: dict[Result, Page] = {}
        self._again = 0
        """How many that go as replaced did not go: they were put once more."""
        for cause in Cause:
            ledger.add(m.EVICTIONS, 0, (cause.value,))
        for unfit in Unfit:
            ledger.add(m.NOT_STORED, 0, (unfit.value,))
        for part in _PARTS:
            ledger.add(m.FAILURES, 0, (part,))
        ledger.add(m.STORED, 0)

    def looked(self, result: Result, seconds: float) -> None:
        """A look took so long."""
        page = self._pages.get(result)
        if page is None:
            page = self._pages[result] = self._ledger.page({"result": result.value})
        page.observe(m.LOOKUP_DURATION, seconds)

    def failed(self, part: str) -> None:
        """A part of the cache did not do what it was asked."""
        self._ledger.add(m.FAILURES, 1, (part,))

    def gone(self, cause: Cause, count: int) -> None:
        """So many entries went."""
        if cause is Cause.REPLACED:
            again = min(self._again, count)
            self._again -= again
            count -= again
        self._ledger.add(m.EVICTIONS, count, (cause.value,))

    def stored(self) -> None:
        """An answer was kept."""
        self._ledger.add(m.STORED, 1)

    def puts_again(self) -> None:
        """What is there takes its own place: it is neither stored nor replaced."""
        self._again += 1

    def not_kept(self, why: Unfit) -> None:
        """An answer was not kept."""
        self._ledger.add(m.NOT_STORED, 1, (why.value,))

    def held(self, held: Held) -> None:
        """What the store holds now."""
        self._ledger.put(m.ENTRIES, held.entries)
        self._ledger.put(m.BYTES, held.size_bytes)


def book_cache(ledger: Ledger, _page: Page, story: Story) -> None:
    """How one request's look ended, and what it saved."""
    if story.cached is None:
        return
    labels = (story.endpoint.template, story.model, story.cached.value)
    ledger.add(m.LOOKUPS, 1, labels)
    if story.entry is not None and story.outcome is Outcome.OK:
        ledger.add(m.SAVED_SECONDS, story.entry.seconds, (story.model,))
        ledger.add(m.SAVED_TOKENS, story.entry.prompt_tokens, (story.model, "input"))
        ledger.add(m.SAVED_TOKENS, story.entry.generated_tokens, (story.model, "output"))
