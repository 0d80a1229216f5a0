"""What the generator did, in the proxy's own terms, and how the two are compared.

A count is named by what is counted and by the labels that matter: the rest is summed up. Both
sides must have the same counts, so that one that nobody expected is found as well.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

Key = tuple[str, ...]
Counts = Counter[Key]

UNANSWERED = "unanswered"
ANSWERED = "answered"

# Which of these a request was in depends on how busy the upstream seems: not of our making.
_PHASES = {
    "waiting": UNANSWERED,
    "prefill": UNANSWERED,
    "streaming": ANSWERED,
    "thinking": ANSWERED,
    "answering": ANSWERED,
}
_COMPARED: Mapping[str, tuple[str, ...]] = {
    "ollama_proxy_requests_total": ("endpoint", "status"),
    "ollama_proxy_errors_total": ("error_type",),
    "ollama_proxy_client_aborts_total": ("phase",),
    "ollama_proxy_prompt_tokens_total": ("model",),
    "ollama_proxy_generated_tokens_total": ("model",),
    "ollama_proxy_wasted_tokens_total": ("model",),
    "ollama_proxy_request_size_bytes_sum": ("endpoint",),
    "ollama_proxy_response_size_bytes_sum": ("endpoint",),
    "ollama_proxy_transfer_bytes_total": ("operation",),
    "ollama_proxy_extraction_errors_total": ("reason",),
    "ollama_proxy_label_overflow_total": ("label",),
}


class Expected:
    """Everything that was done so far."""

    def __init__(self) -> None:
        self.counts: Counts = Counter()
        self.unknown_bytes: set[str] = set()
        """Endpoints whose answers were left unread: how much of them had passed is not known."""

    def ended(self, endpoint: str, status: int, sent: int = 0, received: int = 0) -> None:
        """A request ended. Units: bytes of payload of request and answer."""
        self.counts["requests", endpoint, str(status)] += 1
        self.counts["request_size_bytes", endpoint] += sent
        self.counts["response_size_bytes", endpoint] += received

    def uploaded(self, status: int, sent: int, received: int = 0) -> None:
        """The request for a blob's upload ended, with so many of its bytes sent."""
        self.ended("/api/blobs/:digest", status, sent, received)
        self.counts["transfer_bytes", "upload"] += sent

    def failed(self, error_type: str) -> None:
        """The request that ended was an error."""
        self.counts["errors", error_type] += 1

    def left(self, phase: str) -> None:
        """Its client had left."""
        self.counts["client_aborts", phase] += 1

    def tokens(self, model: str, prompt: int, generated: int) -> None:
        """Its answer told, or was seen to hold, so many tokens."""
        self.counts["prompt_tokens", model] += prompt
        self.counts["generated_tokens", model] += generated

    def wasted(self, model: str, tokens: int) -> None:
        """Tokens of an answer that nobody waited for."""
        self.counts["wasted_tokens", model] += tokens


def counted(metrics: str) -> Counts:
    """What a scrape says of what is compared."""
    found: Counts = Counter()
    for family in text_string_to_metric_families(metrics):
        for sample in family.samples:
            if (labels := _COMPARED.get(sample.name)) is not None:
                found[_key(sample.name, [sample.labels[label] for label in labels])] += int(
                    sample.value
                )
    return found


def _key(metric: str, labels: Iterable[str]) -> Key:
    name = metric.removeprefix("ollama_proxy_").removesuffix("_total").removesuffix("_sum")
    return (name, *(_PHASES.get(label, label) for label in labels))


@dataclass(frozen=True, slots=True)
class Comparison:
    """One count, as it should be and as it is."""

    key: Key
    expected: int
    found: int

    @property
    def agrees(self) -> bool:
        """Whether the two are the same."""
        return self.expected == self.found


def compare(expected: Expected, found: Counts) -> list[Comparison]:
    """Every count that either side has, sorted; what cannot be known is left out."""
    keys = {key for key in (*expected.counts, *found) if expected.counts[key] or found[key]}
    unknown = {("response_size_bytes", endpoint) for endpoint in expected.unknown_bytes}
    return [Comparison(k, expected.counts[k], found[k]) for k in sorted(keys - unknown)]


def went_back(before: Counts, now: Counts) -> list[Key]:
    """Counters that are lower than they were: a scrape must never see that."""
    return sorted(key for key, value in before.items() if now[key] < value)
