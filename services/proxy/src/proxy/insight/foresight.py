"""Foretells how long prompts will be read, and learns from how long it took.

Of each process for itself. A request that is short costs a look at its size; what is worth being
watched takes half a second, so that a hundred microseconds more are nothing.
"""

from collections.abc import Callable

from ollama_observe.metrics.catalogue import insight as m
from ollama_observe.metrics.ledger import Page
from ollama_observe.metrics.metric import UNNAMED
from ollama_observe.wire.endpoints import Dialect
from ollama_observe.wire.meter import StreamMeter
from ollama_observe.wire.records import Output
from ollama_observe.wire.requests import SHORT_BYTES, prompt_text
from ollama_observe.wire.truncation import has_too_much_text
from ollama_observe.wire.usage import Usage
from proxy.insight.forecasts import WATCHED_SECONDS, Forecast
from proxy.insight.learnt import UNKNOWN_BYTES, WARM_SECONDS, Learnt, Read
from proxy.insight.prefixes import fingerprint_of
from proxy.insight.spans import VECTORS, streams
from proxy.reloads import LOADED_AGAIN_SECONDS
from proxy.story import Story

MOST_ERROR = 10.0
"""An error that is larger counts as this."""
UNKNOWN_LOAD_SECONDS = 3600.0
"""Of a load that nobody has seen yet: as long as the silence lasts."""


class Foresight:
    """What one process has learnt.

    `ahead_of` says how many requests must end before one that is sent now has a slot of its model,
    `is_elsewhere` whether that computes on another machine: there is nothing to be foretold.
    """

    def __init__(
        self,
        ahead_of: Callable[[Story], int],
        num_parallel: int,
        is_elsewhere: Callable[[Story], bool],
    ) -> None:
        self._ahead_of = ahead_of
        self._num_parallel = num_parallel
        self._is_elsewhere = is_elsewhere
        self._learnt: dict[str, Learnt] = {}
        self.line: dict[str, list[Forecast]] = {}
        """Those that wait for a slot of their model: each end of one is to be told."""

    def read(self, story: Story, body: bytes | bytearray) -> None:
        """A request's body is there. It is called for each that names a model."""
        text_bytes, learnt = story.facts.prompt_bytes, self._learnt.get(story.model)
        if text_bytes is None:
            text_bytes = len(body)
            if text_bytes >= SHORT_BYTES:
                return  # pictures, or more than is measured
        least = UNKNOWN_BYTES if learnt is None else learnt.watched_bytes
        if text_bytes < least and (learnt is None or not self._loads(story, learnt)):
            return
        if story.endpoint.answer in VECTORS or not story.is_inference:
            return
        if not self._is_elsewhere(story):
            self._watch(story, learnt, body)

    def _watch(self, story: Story, learnt: Learnt | None, body: bytes | bytearray) -> None:
        is_cold = self._is_cold(story, learnt)
        if is_cold and (learnt is None or learnt.load_seconds is None):
            return  # nothing can be told before the prompt is read
        is_stream = streams(story.endpoint, story.facts)
        if not is_stream and story.endpoint.dialect is not Dialect.NATIVE:
            return  # neither can anything be told of it, nor does it tell how long it was read
        said = prompt_text(body)
        if said is None:
            return
        text = said.encode("utf-8", "replace")
        own = fingerprint_of(text)
        size = len(text) if story.facts.prompt_bytes is None else story.facts.prompt_bytes
        forecast = Forecast(own, size, is_cold, is_stream)
        if learnt is not None and not is_cold:
            forecast.reuse = learnt.reuse(text, own)
        story.forecast = forecast

    def sent(self, story: Story, forecast: Forecast, at: float) -> None:
        """A request that is watched was sent: what can be foretold is foretold now."""
        learnt = self._learnt.get(story.model)
        forecast.sent(at, self._ahead_of(story))
        if learnt is not None:
            learnt.foretell(forecast)
            if forecast.ahead:
                self.line.setdefault(story.model, []).append(forecast)

    def ended(self, page: Page, story: Story) -> None:
        """A request has ended that took long, or was watched, or may leave its slot to `line`."""
        if self.line:
            self._move_up(story)
        forecast, meter = story.forecast, story.meter
        usage = None if meter is None else meter.usage
        if forecast is None and (usage is None or not _is_long(usage)):
            return
        is_here = not story.is_spared and not story.is_cloud
        if meter is not None and story.model not in UNNAMED and is_here:
            self._learn(page, story, meter, forecast)

    def expected(self, story: Story) -> tuple[float, float]:
        """How long the load and the prefill of a request in flight may take; 0 where none is."""
        if self._is_elsewhere(story):
            return 0.0, 0.0
        forecast = story.forecast
        prefill = None if forecast is None else forecast.prefill_seconds
        return self._load_seconds(story), prefill or 0.0

    def _load_seconds(self, story: Story) -> float:
        learnt = self._learnt.get(story.model)
        if not self._is_cold(story, learnt):
            return 0.0
        if learnt is not None and learnt.load_seconds is not None:
            return learnt.load_seconds
        # of a model that a proxy has seen nothing of, since it began anew, it knows nothing
        return 0.0 if story.last_use is None else UNKNOWN_LOAD_SECONDS

    def _loads(self, story: Story, learnt: Learnt) -> bool:
        return self._is_cold(story, learnt) and learnt.load_seconds is not None

    def _is_cold(self, story: Story, learnt: Learnt | None) -> bool:
        """The model is not loaded, for all we know."""
        unused = _unused_seconds(story)
        return unused is None or unused > (WARM_SECONDS if learnt is None else learnt.warm_seconds)

    def _move_up(self, ended: Story) -> None:
        waiting, sent_at = self.line.get(ended.model), ended.upstream_sent_at
        if waiting is None:
            return
        # one that was handed on has its slot still, and what asks no model to work had none
        is_handed_on = ended.is_outlived and ended.upstream_status is None
        for forecast in waiting if ended.is_inference and not is_handed_on else ():
            if sent_at is not None and sent_at <= forecast.sent_at and forecast.ahead > 0:
                forecast.ahead -= 1
                if forecast.ahead == 0:
                    forecast.began_at, forecast.load_seconds = ended.ended_at, 0.0
        left = [one for one in waiting if one.ahead > 0 and one is not ended.forecast]
        if left:
            self.line[ended.model] = left
        else:
            del self.line[ended.model]

    def _learn(
        self, page: Page, story: Story, meter: StreamMeter, forecast: Forecast | None
    ) -> None:
        first_token = _first_token_seconds(meter, forecast)
        prefill = _prefill_seconds(meter, forecast, first_token)
        if forecast is not None:
            _judge(page, forecast, prefill, first_token)
        learnt = self._learnt.get(story.model)
        if learnt is None:
            learnt = self._learnt[story.model] = Learnt(self._num_parallel)
        self._learn_load(story, learnt, meter.usage, forecast)
        if prefill is not None and not story.is_operation:
            learnt.learn(_read(story, meter, prefill, forecast), forecast)

    def _learn_load(
        self, story: Story, learnt: Learnt, usage: Usage | None, forecast: Forecast | None
    ) -> None:
        load = None if usage is None else usage.load_seconds
        unused = _unused_seconds(story)
        if load is None or story.is_cloud:
            return
        if load > LOADED_AGAIN_SECONDS:
            # of one that was loaded again, for other options, the wait for others may be in it
            learnt.loaded(load if self._is_cold(story, learnt) else None)
            if forecast is not None:
                forecast.reuse = None
        elif unused is not None:
            learnt.was_warm(unused)


def _is_long(usage: Usage) -> bool:
    is_watched = (usage.prefill_seconds or 0.0) >= WATCHED_SECONDS
    return is_watched or (usage.load_seconds or 0.0) > LOADED_AGAIN_SECONDS


def _unused_seconds(story: Story) -> float | None:
    """How long the model had not been used; None where it was not loaded, for all we know."""
    if story.last_use is None:
        return None
    return (story.started_at if story.read_at is None else story.read_at) - story.last_use


def _first_token_seconds(meter: StreamMeter, forecast: Forecast | None) -> float | None:
    """Time to the first token of a stream that had not to wait for its slot.

    A tool call comes whole: until it came there was more than the prompt to be read.
    """
    if forecast is None or not forecast.was_first or meter.first_output is None:
        return None
    is_first_token = meter.first_output_kind is not Output.TOOL_CALL
    return meter.first_output - forecast.sent_at if is_first_token else None


def _prefill_seconds(
    meter: StreamMeter, forecast: Forecast | None, first_token: float | None
) -> float | None:
    """How long the prompt was read: as the upstream says, else until the first token came."""
    usage = meter.usage
    if usage is not None and usage.total_seconds is not None:
        return usage.prefill_seconds or 0.0
    return None if forecast is None or forecast.is_cold else first_token


def _read(story: Story, meter: StreamMeter, seconds: float, forecast: Forecast | None) -> Read:
    facts, usage = story.facts, meter.usage or Usage()
    text_bytes = facts.prompt_bytes if forecast is None else forecast.text_bytes
    if text_bytes is None and story.request_bytes < SHORT_BYTES:
        text_bytes = story.request_bytes  # there is little else in it
    if has_too_much_text(facts, usage.prompt_tokens):
        text_bytes = None
    # what was thought does not come back with the conversation
    generated = 0 if meter.thinking_characters else usage.generated_tokens or 0
    return Read(text_bytes, usage.prompt_tokens, usage.cached_prompt_tokens, seconds, generated)


def _judge(
    page: Page, forecast: Forecast, prefill: float | None, first_token: float | None
) -> None:
    """Book how wrong it was."""
    foretold, first_foretold = forecast.prefill_seconds, forecast.first_token_seconds
    if forecast.is_long and foretold is not None and prefill is not None:
        page.observe(m.PREFILL_ESTIMATE_ERROR, _error(foretold, prefill))
        if foretold != prefill:
            page.add(m.PREFILL_ESTIMATES, 1, "too_long" if foretold > prefill else "too_short")
    is_watched = first_foretold is not None and first_foretold >= WATCHED_SECONDS
    if first_token is not None and first_foretold is not None and is_watched:
        page.observe(m.FIRST_TOKEN_ESTIMATE_ERROR, _error(first_foretold, first_token))


def _error(foretold: float, became: float) -> float:
    return min(MOST_ERROR, abs(foretold - became) / became) if became > 0 else MOST_ERROR
