"""What went through the gateway, or should have, to metrics."""

from ollama_observe.metrics.catalogue import portkey as m
from ollama_observe.metrics.ledger import Ledger, Page
from proxy.outcomes import Ending
from proxy.portkey.passages import Passage
from proxy.routing import Bypass
from proxy.story import Story

_WENT_NOWHERE = frozenset(
    {
        *(Ending.REFUSED_BUSY, Ending.REFUSED_HOST, Ending.MALFORMED, Ending.HEAD_TOO_LONG),
        *(Ending.TIMED_OUT, Ending.UNSENDABLE),
    }
)
FALLBACK_TARGET = "target"
"""The reason of a fallback that the gateway took: to another target of its configuration."""


def begin_portkey(ledger: Ledger) -> None:
    """Let the counters of rare events begin at 0, so that the first of them is an increase."""
    ledger.add(m.RETRIES, 0)
    ledger.add(m.RETRIES_EXHAUSTED, 0)
    for fallback in (FALLBACK_TARGET, Bypass.GATEWAY_DOWN.value):
        ledger.add(m.FALLBACKS, 0, (fallback,))
    for reason in Bypass:
        ledger.add(m.BYPASSES, 0, (reason.value,))


def book_portkey(ledger: Ledger, page: Page, story: Story) -> None:
    """A booking step: see Steps."""
    if story.bypass is not None and story.ending not in _WENT_NOWHERE:
        page.add(m.BYPASSES, 1, story.bypass.value)
        if story.bypass is Bypass.GATEWAY_DOWN:
            page.add(m.FALLBACKS, 1, Bypass.GATEWAY_DOWN.value)
    if story.passage is None:
        return
    answer = story.portkey
    labels = (answer.provider, answer.target, answer.cache_status, str(story.status))
    ledger.add(m.REQUESTS, 1, labels)
    if answer.retries:
        page.add(m.RETRIES, answer.retries)
    if answer.is_exhausted:
        page.add(m.RETRIES_EXHAUSTED, 1)
    if answer.is_fallback:
        page.add(m.FALLBACKS, 1, FALLBACK_TARGET)
    overhead = _overhead_seconds(story, story.passage)
    if overhead is not None:
        page.observe(m.OVERHEAD, overhead)


def _overhead_seconds(story: Story, passage: Passage) -> float | None:
    """What the gateway added; None where that cannot be said.

    Of answers that are whole, to clients that kept up: else others' time would be in it.
    """
    is_whole = story.ending is Ending.COMPLETE and story.is_answered
    if not is_whole or passage.was_paused or not passage.attempts:
        return None
    if story.sent_at is None or story.ended_at is None:
        return None
    return max(0.0, story.ended_at - story.sent_at - passage.inner_seconds)
