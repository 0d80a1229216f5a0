"""The story of one request: what is known of it, while it passes and at its end.

The recorder writes it, the table of requests in flight and the booking read it.
Units: `*_at` are seconds of the relay's clock.
"""

from enum import StrEnum

from ollama_observe.wire.endpoints import Answer, Endpoint
from ollama_observe.wire.meter import StreamMeter
from ollama_observe.wire.progress import ProgressMeter
from ollama_observe.wire.requests import UNREADABLE, RequestFacts
from ollama_observe.wire.usage import Usage
from proxy.access.grants import Grant
from proxy.cache.entries import Entry
from proxy.cache.results import Result
from proxy.insight.forecasts import Forecast
from proxy.outcomes import (
    CLIENT_CLOSED_REQUEST,
    Ending,
    Outcome,
    behind_gateway,
    outcome_of,
    own_status,
)
from proxy.portkey.answers import UNKNOWN, PortkeyAnswer
from proxy.portkey.config import NO_CONFIG, PortkeyConfig
from proxy.portkey.passages import Passage
from proxy.queue.standing import Standing
from proxy.routing import Bypass, Routing
from proxy.telemetry.traceparent import Context

UPLOAD = "upload"

_NO_INFERENCE = frozenset({Answer.NONE, Answer.PROGRESS})


class Phase(StrEnum):
    """What a request is doing. The value is the label's."""

    UPLOAD = "upload"
    """Its body is still coming."""
    QUEUED = "queued"
    """It waits for its turn in the proxy's own queue, where there is one."""
    WAITING = "waiting"
    """The upstream has not answered: it connects, waits, loads or reads the prompt."""
    PREFILL = "prefill"
    """As far as can be derived, the upstream reads its prompt (proxy/inflight.py)."""
    THINKING = "thinking"
    ANSWERING = "answering"


class Story:
    """The facts of one request. What has not come yet, or never came, is the class's own None."""

    read_at: float | None = None
    """None when the client left before its request was whole."""
    sent_at: float | None = None
    ended_at: float | None = None
    upstream_status: int | None = None
    ending: Ending = Ending.COMPLETE
    outcome: Outcome = Outcome.OK
    status: int = 0
    """What the client was sent, or 499 where it left first; told by `end`, as the next two."""
    is_answered: bool = False
    """The upstream has answered 2xx."""
    is_operation: bool = False
    """It loaded or unloaded a model and generated nothing."""
    request_bytes: int = 0
    response_bytes: int = 0
    held_seconds: float = 0.0
    """How long pieces of the answer were in the proxy's hands, together."""
    facts: RequestFacts = UNREADABLE
    asks_usage: bool = False
    """Token counts were asked for, by the client or in its name."""
    connecting_seconds: float = 0.0
    """How long the whole request waited for a connection to the upstream."""
    lookup_seconds: float = 0.0
    """How long the answer cache was looked into for it."""
    standing: Standing | None = None
    """Its place in the proxy's queue; None where it needs none."""
    queued_at: float | None = None
    """When it came to the queue."""
    turn_at: float | None = None
    """When its turn came: at once where there was room."""
    worked_on_since: float | None = None
    """When the upstream got the request that it took over from one that left."""
    is_outlived: bool = False
    """Its client left, and others wait for what its request brings: nothing of it is wasted."""
    is_prefill: bool = False
    """When its client left, the upstream was reading its prompt, as far as can be derived."""
    is_cloud: bool = False
    """Its answer was made elsewhere than on Ollama's machine; told when it has ended."""
    meter: StreamMeter | None = None
    progress: ProgressMeter | None = None
    tokens_counted: int = 0
    """Generated tokens that were counted while the answer passed."""
    routing: str = Routing.DIRECT.value
    bypass: Bypass | None = None
    """Why it went directly although it was to go through Portkey."""
    passage: Passage | None = None
    """Between its two legs, where it goes through the gateway."""
    config: PortkeyConfig = NO_CONFIG
    """What the gateway was told to do with it."""
    portkey: PortkeyAnswer = UNKNOWN
    is_gateways_own: bool = False
    """The gateway answered itself, and passed no answer on."""
    cached: Result | None = None
    """What a look into the answer cache brought; None where nobody had a cache to look into."""
    entry: Entry | None = None
    """The recorded answer that it was given."""
    grant: Grant | None = None
    """Whose it is, and what these may ask; None where nobody says, and until it is let in."""
    priority: str = ""
    """The class of the queue that its key gives it; empty where none does."""
    last_use: float | None = None
    """When the model's latest request before this one ended; None where it was not loaded."""
    forecast: Forecast | None = None
    """What was foretold of it; None where nothing is worth it, or nobody foretells."""
    trace: Context | None = None
    """Its place in a trace; None where nobody sends spans."""

    def __init__(
        self,
        request_id: str,
        trace_id: str,
        user: str,
        method: str,
        endpoint: Endpoint,
        is_call: bool,
        model: str,
        started_at: float,
    ) -> None:
        self.request_id = request_id
        self.trace_id = trace_id
        """Empty where the client sent no trace, and none was begun that somebody has."""
        self.user = user
        """Hash, alias, `other` or `none`; empty where nobody asked for usage by user."""
        self.method = method
        self.endpoint = endpoint
        self.is_call = is_call
        """It asks for the route's work; a preflight (OPTIONS) on the same path does not."""
        self.model = model
        """The model's label, as far as it may be one."""
        self.started_at = started_at

    def end(self, at: float, ending: Ending) -> None:
        """Judge how the request ended."""
        meter = self.meter or self.progress
        has_left = ending is Ending.CLIENT_GONE and not self.is_outlived
        if has_left and meter is not None and meter.is_ended:
            ending = Ending.COMPLETE  # it had everything, and did not wait for the connection's end
        self.ended_at = at
        self.ending = ending
        status = self.upstream_status
        self.outcome = outcome_of(ending, status, meter)
        if self.passage is not None:
            self.outcome = behind_gateway(
                self.outcome, ending, status, self.passage, self.is_gateways_own
            )
        if self.outcome is Outcome.CLIENT_GONE:
            self.status = CLIENT_CLOSED_REQUEST
        else:
            self.status = own_status(ending) if status is None else status
        self.is_answered = status is not None and 200 <= status < 300
        self._judge_operation()

    def rest_ended(self, at: float, is_wasted: bool) -> None:
        """Others had waited for its answer, whose end has come."""
        self.ended_at = at
        self.is_outlived = not is_wasted
        self._judge_operation()

    def _judge_operation(self) -> None:
        self.is_operation = self.meter is not None and self.meter.is_operation

    @property
    def is_inference(self) -> bool:
        """It asks a model to work."""
        return self.is_call and self.endpoint.answer not in _NO_INFERENCE

    @property
    def is_spared(self) -> bool:
        """The upstream had nothing to do with it: a recorded or a shared answer."""
        return self.cached is not None and self.cached.is_hit

    @property
    def upstream_sent_at(self) -> float | None:
        """When an Ollama got the request whole; None while none has it, as far as is known."""
        if self.passage is not None and self.passage.has_leg:
            return self.passage.upstream_sent_at
        return self.work_began_at

    @property
    def work_began_at(self) -> float | None:
        """When it was sent, or what it took over was; None: nothing was sent."""
        return self.sent_at if self.worked_on_since is None else self.worked_on_since

    @property
    def is_upload(self) -> bool:
        """It brings a model's bytes."""
        return self.is_call and self.endpoint.operation == UPLOAD

    @property
    def phase(self) -> Phase:
        """What the request is doing, as far as it alone can tell."""
        if self.queued_at is not None and self.turn_at is None:
            return Phase.QUEUED
        if self.read_at is None:
            return Phase.UPLOAD
        if self.upstream_status is None:
            return Phase.WAITING
        is_thinking = self.meter is not None and self.meter.is_thinking
        return Phase.THINKING if is_thinking else Phase.ANSWERING

    @property
    def usage(self) -> Usage | None:
        """What the upstream counted; None where it has not said, or nothing was read."""
        return self.meter.usage if self.meter is not None else None

    @property
    def tokens(self) -> int:
        """Generated tokens: the upstream's count, until it comes the records with output."""
        if self.meter is None:
            return self.entry.generated_tokens if self.entry is not None else 0
        usage = self.usage
        if usage is not None and usage.generated_tokens is not None:
            return usage.generated_tokens
        return self.meter.outputs

    @property
    def queued_seconds(self) -> float | None:
        """How long it waited for its turn in the proxy's queue; None where it was never there.

        Until its end, where its turn never came.
        """
        if self.queued_at is None:
            return None
        until = self.ended_at if self.turn_at is None else self.turn_at
        return None if until is None else max(0.0, until - self.queued_at)

    @property
    def whole_queued_seconds(self) -> float:
        """How much of that it was whole: of a long body the rest may come meanwhile."""
        if self.queued_at is None or self.turn_at is None or self.read_at is None:
            return 0.0
        return max(0.0, self.turn_at - max(self.queued_at, self.read_at))

    @property
    def overhead_seconds(self) -> float | None:
        """What the proxy itself added, but for its queue; None where it was never sent."""
        if self.sent_at is None or self.read_at is None:
            return None
        waited = self.connecting_seconds + self.whole_queued_seconds
        return self.sent_at - self.read_at - waited + self.held_seconds

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
