"""What a proxy's page of metrics tells: its counts."""

from ollama_observe.metrics.catalogue import proxy as m
from stack.top.rates import Counts, edges
from stack.top.reading import PageReader, Scrape

MARK = m.BUILD_INFO.name
"""What every proxy's page has."""

TTFT = f"{m.TTFT.name}_bucket"
_BEGAN = "process_start_time_seconds"


def page_reader() -> PageReader:
    """Reads one proxy's pages."""
    counters = (m.REQUESTS, m.ERRORS, m.GENERATED_TOKENS, m.PROMPT_TOKENS, m.BUILD_INFO)
    return PageReader((*(metric.name for metric in counters), TTFT, _BEGAN))


def counts_of(scrape: Scrape, now: float | None = None) -> Counts:
    """All that it has counted; `now` is Unix time by the proxy's clock, where that is known.

    Raises: ValueError for a bucket without an edge.
    """
    began = scrape.value(_BEGAN)
    return Counts(
        requests=scrape.total(m.REQUESTS.name),
        generated_tokens=scrape.total(m.GENERATED_TOKENS.name),
        prompt_tokens=scrape.total(m.PROMPT_TOKENS.name),
        errors=scrape.by("error_type", m.ERRORS.name),
        ttft=edges(scrape.by("le", TTFT)),
        began=began,
        age_seconds=None if now is None or began is None else now - began,
    )
