"""One request and what became of it: instants and counts as they were seen.

Facts are stored, durations derived.
"""

from array import array
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING

from ollama_observe.wire.usage import Usage
from traffic.choices import RequestRoute
from traffic.request.caching import HITS, MISSES, CacheStatus
from traffic.request.routes import Way, way_of

if TYPE_CHECKING:
    Gaps = array[float]
else:  # what reads annotations at run time: before Python 3.12 an array takes no type
    Gaps = array


class Failure(StrEnum):
    """Why a request has no whole answer."""

    UNREACHABLE = "unreachable"
    """No connection could be made."""
    TIMEOUT = "timeout"
    """The answer was not whole when the request's time was up."""
    HTTP_STATUS = "http"
    """The server refused; the status says why."""
    STREAM_ERROR = "stream_error"
    """The server reported an error inside an answer that had begun."""
    BROKE_OFF = "broke_off"
    """The connection ended before the answer did."""
    UNREADABLE = "unreadable"
    """Something answered with success, in no format of the API."""


@dataclass(slots=True)
class Attempt:
    """One request, from its place in the plan to the end of its answer.

    Units: instants are seconds of one monotonic clock; None when it did not come to that.
    """

    question_id: str
    category: str
    """Of the question, or its fixture."""
    turn: int
    scheduled: float
    """When the plan wanted it sent. In a closed loop: when its turn came."""
    sent: float
    """Right before the request went out: a connection that had to be made first is in it."""
    route: RequestRoute = "default"
    """The way that was asked for."""
    has_portkey_sign: bool = False
    """The answer is one that the gateway handed on, or wrote."""
    cache_status: CacheStatus | None = None
    """What a cache on the way says it did; None where none was asked."""
    answer_age_seconds: int | None = None
    """How long ago a recorded answer was recorded; None of one that was shared in flight."""
    headers: float | None = None
    first_byte: float | None = None
    first_content: float | None = None
    """First content, thinking or tool call."""
    first_output: float | None = None
    """First content or tool call: later than `first_content` for a model that thinks."""
    last_content: float | None = None
    end: float | None = None
    status: int | None = None
    model: str = ""
    chunks: int = 0
    """Pieces of the answer with content, thinking or a tool call; one may hold several tokens."""
    gaps_seconds: Gaps = field(default_factory=lambda: array("d"))
    """Between each such piece and the next; 0 for two that came at once."""
    index: int = 0
    """The question's place among the measured ones of the whole plan."""
    is_warm_up: bool = False
    is_cold: bool = False
    """The model was unloaded before."""
    is_cancelled: bool = False
    """It was left in the middle, as planned or because the run was stopped: no failure, and no
    whole answer."""
    cancel_after_chunks: int | None = None
    """It is to be left after so many pieces: an answer that has fewer is whole."""
    is_valid: bool | None = None
    """Whether the question's check accepts the answer; None without a check or a whole answer."""
    usage: Usage | None = None
    done_reason: str | None = None
    failure: Failure | None = None
    detail: str = ""
    """What the server or the network said about the failure, or why it was left."""

    @property
    def way(self) -> Way:
        """The way that it took, as far as its answer tells."""
        return way_of(
            self.route,
            has_sign=self.has_portkey_sign,
            is_answered=self.status == HTTPStatus.OK,
            is_hit=self.is_hit,
        )

    @property
    def is_hit(self) -> bool:
        """Whether a cache answered: then nothing of it was the model's, nor its times."""
        return self.cache_status in HITS

    @property
    def is_miss(self) -> bool:
        """Whether a cache was looked into in vain."""
        return self.cache_status in MISSES

    @property
    def is_ok(self) -> bool:
        """Whether the whole answer came."""
        return self.failure is None and not self.is_cancelled

    @property
    def error(self) -> str | None:
        """The failure as a word to count by; a refusal carries its status."""
        if self.failure is Failure.HTTP_STATUS:
            return f"http_{self.status}"
        return self.failure

    @property
    def ttft_seconds(self) -> float | None:
        """Time to first token, from `sent`. None for an answer that was not streamed."""
        return None if self.first_content is None else self.first_content - self.sent

    @property
    def ttft_from_scheduled_seconds(self) -> float | None:
        """The same from `scheduled`: what waited here counts, too."""
        return None if self.first_content is None else self.first_content - self.scheduled

    @property
    def delay_seconds(self) -> float:
        """How long after its schedule it was sent."""
        return self.sent - self.scheduled

    @property
    def end_to_end_from_scheduled_seconds(self) -> float | None:
        """From `scheduled` to the end of the answer."""
        return None if self.end is None else self.end - self.scheduled

    @property
    def time_per_output_token_seconds(self) -> float | None:
        """Mean time per token after the first, by our clock."""
        rate = self.seen_tokens_per_second
        return None if rate is None else 1 / rate

    @property
    def end_to_end_seconds(self) -> float | None:
        """From `sent` to the end of the answer."""
        return None if self.end is None else self.end - self.sent

    @property
    def reported_tokens_per_second(self) -> float | None:
        """Decode rate by the model server's own clock, where it reports one."""
        return None if self.usage is None else self.usage.decode_tokens_per_second

    @property
    def seen_tokens_per_second(self) -> float | None:
        """Decode rate by our clock: first token to last, which is one interval fewer."""
        tokens = None if self.usage is None else self.usage.generated_tokens
        if tokens is None or tokens < 2 or self.first_content is None or self.last_content is None:
            return None
        seconds = self.last_content - self.first_content
        return (tokens - 1) / seconds if seconds > 0 else None
