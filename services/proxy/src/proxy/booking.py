"""The story of a finished request, to metrics and one log line."""

from dataclasses import dataclass

import structlog

from ollama_observe.metrics import catalogue as m
from ollama_observe.wire.endpoints import Endpoint
from ollama_observe.wire.framing import Framing
from ollama_observe.wire.meter import StreamMeter
from ollama_observe.wire.usage import Usage
from proxy.labels import OTHER
from proxy.metrics import ProxyMetrics
from proxy.outcomes import CLIENT_CLOSED_REQUEST, Ending, Outcome, outcome_of, own_status
from proxy.routing import Routing

_log = structlog.stdlib.get_logger("proxy.relay")
_DONE_REASONS = frozenset({"stop", "length", "tool_calls", "load", "unload"})
_OPERATIONS = frozenset({"load", "unload"})


@dataclass(frozen=True, slots=True)
class Story:
    """The facts of one finished request.

    Units: `*_at` are seconds of the relay's clock; `read_at` is None when the client left
    before its request was whole, `upstream_status` when the upstream sent none.
    """

    method: str
    endpoint: Endpoint
    model: str
    routing: Routing
    ending: Ending
    upstream_status: int | None
    started_at: float
    read_at: float | None
    ended_at: float
    request_bytes: int
    response_bytes: int
    asked_for_usage: bool
    tokens_counted: int
    """Generated tokens that were counted while the answer passed."""
    meter: StreamMeter | None

    @property
    def outcome(self) -> Outcome:
        """How the request ended."""
        return outcome_of(self.ending, self.upstream_status, self.meter)

    @property
    def status(self) -> int:
        """The status that the client was sent, or 499 where it left first."""
        if self.ending is Ending.CLIENT_GONE:
            return CLIENT_CLOSED_REQUEST
        return own_status(self.ending) if self.upstream_status is None else self.upstream_status

    @property
    def phase(self) -> str:
        """What the request was doing when it ended."""
        if self.read_at is None:
            return "upload"
        return "waiting" if self.upstream_status is None else "streaming"

    @property
    def is_operation(self) -> bool:
        """It loaded or unloaded a model and generated nothing."""
        return self.meter is not None and self.meter.done_reason in _OPERATIONS

    @property
    def first_token_seconds(self) -> float | None:
        """Time to first token; None for unary answers and where none came."""
        return self._since_read(self.meter.first_output if self.meter else None)

    @property
    def first_answer_token_seconds(self) -> float | None:
        """Time to the first token that was not thinking."""
        return self._since_read(self.meter.first_answer if self.meter else None)

    def _since_read(self, instant: float | None) -> float | None:
        # an answer may begin before a slow request has ended
        if instant is None or self.read_at is None:
            return None
        return max(0.0, instant - self.read_at)


def book(metrics: ProxyMetrics, story: Story) -> None:
    """Count and observe everything that the story holds."""
    _book_request(metrics, story)
    if story.meter is None:
        return
    for reason, count in story.meter.problems.items():
        template = story.endpoint.template
        metrics.add(m.EXTRACTION_ERRORS, count, template, reason, story.routing)
    _book_done(metrics, story, story.meter.done_reason)
    if not story.is_operation:
        _book_stream(metrics, story, story.meter)
        _book_usage(metrics, story, story.meter)


def _book_request(metrics: ProxyMetrics, story: Story) -> None:
    template, model, routing = story.endpoint.template, story.model, story.routing
    outcome = story.outcome
    metrics.add(m.REQUESTS, 1, story.method, template, model, str(story.status), routing)
    if outcome is Outcome.CLIENT_GONE:
        metrics.add(m.ABORTS, 1, model, story.phase, routing)
    elif outcome.is_error:
        metrics.add(m.ERRORS, 1, model, outcome, routing)
    elif story.read_at is not None and not story.is_operation:
        metrics.observe(m.DURATION, story.ended_at - story.read_at, template, model, routing)
    metrics.observe(m.REQUEST_BYTES, story.request_bytes, template, routing)
    metrics.observe(m.RESPONSE_BYTES, story.response_bytes, template, routing)


def _book_done(metrics: ProxyMetrics, story: Story, reason: str | None) -> None:
    if reason is None:
        return
    label = reason if reason in _DONE_REASONS else OTHER
    metrics.add(m.DONE, 1, story.model, label, story.routing)
    if story.is_operation:
        metrics.add(m.OPERATIONS, 1, story.model, label, story.routing)


def _book_stream(metrics: ProxyMetrics, story: Story, meter: StreamMeter) -> None:
    model, routing = story.model, story.routing
    metrics.observe(m.TTFT, story.first_token_seconds, model, routing)
    metrics.observe(m.TTFAT, story.first_answer_token_seconds, model, routing)
    metrics.observe(m.MAX_GAP, meter.max_gap_seconds, model, routing)
    if meter.first_output_kind is not None:
        metrics.add(m.FIRST_OUTPUT, 1, model, meter.first_output_kind, routing)


def _book_usage(metrics: ProxyMetrics, story: Story, meter: StreamMeter) -> None:
    usage = meter.usage
    if usage is None:
        if story.outcome is Outcome.OK:
            asked = meter.framing is not Framing.SSE or story.asked_for_usage
            reason = "absent" if asked else "not_asked"
            metrics.add(m.USAGE_MISSING, 1, story.endpoint.template, reason, story.routing)
        return
    model, routing = story.model, story.routing
    _book_tokens(metrics, story, usage)
    metrics.observe(m.LOAD, usage.load_seconds, model, routing)
    metrics.observe(m.PREFILL, usage.prefill_seconds, model, routing)
    metrics.observe(m.DECODE, usage.decode_seconds, model, routing)
    metrics.observe(m.WAIT, usage.wait_seconds, model, routing)
    metrics.observe(m.TOKENS_PER_SECOND, usage.decode_tokens_per_second, model, routing)
    metrics.observe(m.TPOT, _time_per_output_token(meter, usage), model, routing)


def _book_tokens(metrics: ProxyMetrics, story: Story, usage: Usage) -> None:
    model, routing = story.model, story.routing
    if usage.prompt_tokens is not None:
        metrics.add(m.PROMPT_TOKENS, usage.prompt_tokens, model, routing)
        metrics.observe(m.REQUEST_TOKENS, usage.prompt_tokens, model, "input", routing)
    if usage.cached_prompt_tokens is not None:
        metrics.add(m.CACHED_TOKENS, usage.cached_prompt_tokens, model, routing)
    if usage.generated_tokens is not None:
        # a counter cannot go back; more chunks than tokens were never seen
        late = max(0, usage.generated_tokens - story.tokens_counted)
        metrics.add(m.GENERATED_TOKENS, late, model, routing)
        metrics.observe(m.REQUEST_TOKENS, usage.generated_tokens, model, "output", routing)


def _time_per_output_token(meter: StreamMeter, usage: Usage) -> float | None:
    first, last, tokens = meter.first_output, meter.last_output, usage.generated_tokens
    if first is None or last is None or tokens is None or tokens < 2:
        return None
    if last == first:  # a tool call comes whole: its tokens were not seen one after the other
        return None
    return (last - first) / (tokens - 1)


def write_log_line(story: Story) -> None:
    """One line a request, at its end. No prompt, no answer, no key."""
    fields: dict[str, object] = {
        "method": story.method,
        "endpoint": story.endpoint.template,
        "model": story.model,
        "routing": story.routing.value,
        "status": story.status,
        "outcome": story.outcome.value,
        "duration_seconds": round(story.ended_at - story.started_at, 6),
        "request_bytes": story.request_bytes,
        "response_bytes": story.response_bytes,
    }
    first_token = story.first_token_seconds
    if first_token is not None:
        fields["time_to_first_token_seconds"] = round(first_token, 6)
    if story.meter is not None and story.meter.usage is not None:
        fields["prompt_tokens"] = story.meter.usage.prompt_tokens
        fields["generated_tokens"] = story.meter.usage.generated_tokens
    _log.info("request_finished", **fields)
