"""Takes note of one request as it passes, and hands the story over when it is over.

Nothing here may touch the traffic: every method swallows its own mistakes, and counts
them. Instants are `time.perf_counter()` seconds, taken by the relay.
"""

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Concatenate, ParamSpec

import structlog

from ollama_observe.metrics import catalogue as m
from ollama_observe.wire.endpoints import Endpoint, endpoint_of, method_label
from ollama_observe.wire.framing import Framing, framing_of
from ollama_observe.wire.meter import StreamMeter
from ollama_observe.wire.requests import UNREADABLE, RequestFacts, read_request
from proxy.booking import Story, book, write_log_line
from proxy.headers import Headers, value_of
from proxy.labels import NONE, OTHER, ModelLabels
from proxy.metrics import ProxyMetrics
from proxy.outcomes import Ending
from proxy.routing import Routing

P = ParamSpec("P")

_log = structlog.stdlib.get_logger("proxy.relay")


def _fail_open(
    method: Callable[Concatenate["Recorder", P], None],
) -> Callable[Concatenate["Recorder", P], None]:
    """Measuring is never a reason for a request to fail."""

    def guarded(self: "Recorder", /, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            method(self, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 (fail open, and counted)
            self.note_exception(method.__name__, error)

    return functools.update_wrapper(guarded, method)


class Recorder:
    """Takes note of one request as it passes; `finish` makes metrics and a log line of it."""

    def __init__(
        self,
        metrics: ProxyMetrics,
        models: ModelLabels,
        method: str,
        path: str,
        routing: Routing,
        started: float,
    ) -> None:
        self._metrics = metrics
        self._models = models
        self._method = method_label(method)
        self.endpoint: Endpoint = endpoint_of(path)
        # a preflight (OPTIONS) on the same path names no model and is answered no text
        self._is_call = method == "POST" or self.endpoint.template == "/api/delete"
        self._has_model = self.endpoint.has_model and self._is_call
        self._routing = routing
        self._started = started
        self._read_at: float | None = None
        self._facts: RequestFacts = UNREADABLE
        self._status: int | None = None
        self._meter: StreamMeter | None = None
        self._request_bytes = 0
        self._response_bytes = 0
        self._tokens_counted = 0
        self._model = OTHER if self._has_model else NONE
        self._active = False
        self._begin()

    @_fail_open
    def _begin(self) -> None:
        self._move_active(1)
        self._active = True

    @_fail_open
    def request_read(self, at: float, body: bytes | bytearray | None, size_bytes: int) -> None:
        """The request has been read to its end. `body` is a copy, None when it was too long."""
        self._read_at = at
        self._request_bytes = size_bytes
        if body and self._has_model:
            self._facts = read_request(body)
            self._name_model(self._models.known(self._facts.model))

    @_fail_open
    def headers_received(self, status: int, headers: Headers) -> None:
        """The upstream's status and headers have arrived."""
        self._status = status
        if not 200 <= status < 300 or not self._is_call:
            return
        if self.endpoint.proves_model and self._facts.model:
            self._name_model(self._models.admit(self._facts.model))
        if self.endpoint.is_metered:
            self._meter = self._meter_for(headers)

    @_fail_open
    def chunk_received(self, at: float, chunk: bytes) -> None:
        """A piece of the answer's body arrived, and was handed on."""
        self._response_bytes += len(chunk)
        if self._meter is not None:
            self._meter.feed(at, chunk)
            self._name_model(self._model_in(self._meter))
            self._count_live_tokens(self._meter)

    @_fail_open
    def finish(self, at: float, ending: Ending) -> None:
        """The request is over. Called exactly once."""
        if self._active:
            self._active = False
            self._move_active(-1)
        if self._meter is not None and ending is Ending.COMPLETE:
            self._meter.finish(at)
            self._model = self._model_in(self._meter)
        if self._meter is not None and ending is Ending.CLIENT_GONE and self._meter.is_ended:
            ending = Ending.COMPLETE  # it had everything, and did not wait for the connection's end
        story = self._story(at, ending)
        book(self._metrics, story)
        write_log_line(story)

    def note_exception(self, where: str, error: Exception) -> None:
        """Count a mistake of the measuring itself; name its kind, never its content."""
        self._metrics.add(
            m.EXTRACTION_ERRORS, 1, self.endpoint.template, "exception", self._routing
        )
        _log.error("measuring_failed", where=where, error=type(error).__name__)

    def _meter_for(self, headers: Headers) -> StreamMeter | None:
        is_encoded = value_of(headers, b"content-encoding") not in ("", "identity")
        framing = framing_of(value_of(headers, b"content-type"))
        if framing is not None and not is_encoded:
            return StreamMeter(self.endpoint.answer, framing)
        reason = "encoding" if is_encoded else "framing"
        self._metrics.add(m.EXTRACTION_ERRORS, 1, self.endpoint.template, reason, self._routing)
        return None

    def _name_model(self, label: str) -> None:
        if label != self._model:
            self._move_active(-1)
            self._model = label
            self._move_active(1)

    def _model_in(self, meter: StreamMeter) -> str:
        """The model's label; from the answer where the request could not be read for it."""
        if self._model == OTHER and not self._facts.model and meter.model:
            # noted, so that a full table is asked, and its overflow counted, once a request
            self._facts = replace(self._facts, model=meter.model)
            return self._models.admit(meter.model)
        return self._model

    def _move_active(self, by: int) -> None:
        self._metrics.move(m.ACTIVE, by, self._model, self.endpoint.template, self._routing)

    def _count_live_tokens(self, meter: StreamMeter) -> None:
        """Native streams end with the true count, so chunks may stand in until then."""
        if meter.framing is Framing.NDJSON and (new := meter.outputs - self._tokens_counted) > 0:
            self._tokens_counted = meter.outputs
            self._metrics.add(m.GENERATED_TOKENS, new, self._model, self._routing)

    def _story(self, at: float, ending: Ending) -> Story:
        return Story(
            method=self._method,
            endpoint=self.endpoint,
            model=self._model,
            routing=self._routing,
            ending=ending,
            upstream_status=self._status,
            started_at=self._started,
            read_at=self._read_at,
            ended_at=at,
            request_bytes=self._request_bytes,
            response_bytes=self._response_bytes,
            asked_for_usage=self._facts.include_usage,
            tokens_counted=self._tokens_counted,
            meter=self._meter,
        )
