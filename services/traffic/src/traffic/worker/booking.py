"""What happens to questions, in Prometheus's metrics: the one place that books an attempt."""

import platform
from http import HTTPStatus

from prometheus_client import CollectorRegistry

from ollama_observe import __version__
from ollama_observe.metrics.build import counter, gauge, histogram
from ollama_observe.metrics.catalogue import traffic as m
from ollama_observe.metrics.metric import OTHER
from traffic.plan.planned import PlannedQuestion
from traffic.request.attempt import Attempt, Failure
from traffic.request.routes import Way

MODELS = 50
"""So many names have series of their own; a service may be told of others again and again."""

ROUTINGS = {
    Way.DIRECT: "direct",
    Way.WENT_DIRECT: "direct",
    Way.PORTKEY: "portkey",
    Way.GATEWAY: "gateway",
    Way.UNKNOWN: "unknown",
    Way.CACHE: "cache",
}
"""The ways in the words of the proxy's metrics."""


def outcome_of(attempt: Attempt) -> str:
    """What became of a request, from a closed set."""
    if attempt.is_cancelled:
        return "cancelled"
    if attempt.failure is None:
        return "ok"
    if attempt.failure is not Failure.HTTP_STATUS:
        return attempt.failure
    status = attempt.status or 0
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "http_5xx"
    return "http_4xx" if status >= HTTPStatus.BAD_REQUEST else "http_other"


class Books:
    """An observer of runs that keeps the metrics of the catalogue."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = counter(m.REQUESTS, registry)
        self._warm_ups = counter(m.WARM_UP_REQUESTS, registry)
        self._ttft = histogram(m.TTFT, registry)
        self._duration = histogram(m.DURATION, registry)
        self._tpot = histogram(m.TPOT, registry)
        self._send_delay = histogram(m.SEND_DELAY, registry)
        self._prompt_tokens = counter(m.PROMPT_TOKENS, registry)
        self._generated_tokens = counter(m.GENERATED_TOKENS, registry)
        self._in_flight = gauge(m.IN_FLIGHT, registry)
        self._dropped = counter(m.DROPPED, registry)
        self._checked = counter(m.CHECKED, registry)
        self._invalid = counter(m.INVALID, registry)
        self._running = gauge(m.RUNNING, registry)
        self._target_rate = gauge(m.TARGET_RATE, registry)
        build = gauge(m.BUILD_INFO, registry)
        build.labels(__version__, platform.python_version()).set(1)
        self._models: set[str] = set()
        self._has_schedule = False

    def began(self, rate_per_second: float | None) -> None:
        """Questions are asked from now on; the rate is that of a schedule."""
        self._has_schedule = rate_per_second is not None
        self._running.set(1)
        self._target_rate.set(rate_per_second or 0)

    def ended(self) -> None:
        """No question is asked any more."""
        self._running.set(0)
        self._target_rate.set(0)

    def asked(self, question: PlannedQuestion) -> None:
        """A request is in flight."""
        self._in_flight.labels(question.category).inc()

    def dropped(self, question: PlannedQuestion) -> None:
        """A question is not asked."""
        self._dropped.labels(question.category).inc()

    def answered(self, attempt: Attempt) -> None:
        """A request has ended, well or not."""
        self._in_flight.labels(attempt.category).dec()
        if attempt.is_warm_up:
            self._warm_ups.inc()
            return
        model, routing = self._model(attempt.model), ROUTINGS[attempt.way]
        self._requests.labels(attempt.category, model, outcome_of(attempt), routing).inc()
        if self._has_schedule and attempt.turn == 0:
            self._send_delay.observe(max(0.0, attempt.delay_seconds))
        if attempt.is_ok:
            self._whole(attempt, model, routing)

    def _whole(self, attempt: Attempt, model: str, routing: str) -> None:
        for metric, seconds in (
            (self._ttft, attempt.ttft_seconds),
            (self._duration, attempt.end_to_end_seconds),
            (self._tpot, attempt.time_per_output_token_seconds),
        ):
            if seconds is not None:
                metric.labels(model, routing).observe(seconds)
        if (usage := attempt.usage) is not None:
            self._prompt_tokens.labels(model, routing).inc(usage.prompt_tokens or 0)
            self._generated_tokens.labels(model, routing).inc(usage.generated_tokens or 0)
        if attempt.is_valid is not None:
            self._checked.labels(attempt.category).inc()
            self._invalid.labels(attempt.category).inc(not attempt.is_valid)

    def _model(self, name: str) -> str:
        if name not in self._models:
            if len(self._models) >= MODELS:
                return OTHER
            self._models.add(name)
        return name
