"""The story of a finished request, to metrics."""

from ollama_observe.metrics import catalogue as m
from ollama_observe.metrics.ledger import Ledger
from ollama_observe.wire.framing import Framing
from ollama_observe.wire.meter import StreamMeter
from ollama_observe.wire.truncation import is_suspected_truncation
from ollama_observe.wire.usage import Usage
from proxy.outcomes import Ending, Outcome
from proxy.reloads import Reloads
from proxy.story import Story
from proxy.users import Users

_DONE_REASONS = frozenset({"stop", "length", "tool_calls", "load", "unload"})


def book_request(ledger: Ledger, story: Story) -> None:
    """What every request has: how it ended, how long it took, how large it was."""
    template, model, routing = story.endpoint.template, story.model, story.routing
    status = str(story.status)
    ledger.add(m.REQUESTS, 1, (story.method, template, model, status, routing))
    outcome, of_endpoint = story.outcome, (template, routing)
    if outcome is Outcome.CLIENT_GONE:
        _book_abort(ledger, story)
    elif outcome.is_error:
        ledger.add(m.ERRORS, 1, (model, outcome.value, routing))
        if story.ending is Ending.REFUSED_BUSY:
            ledger.add(m.QUEUE_REJECTIONS, 1, ("max_requests",))
    elif story.read_at is not None and story.ended_at is not None and not story.is_operation:
        seconds = story.ended_at - story.read_at
        ledger.observe(m.DURATION, seconds, (template, model, routing), story.trace_id)
    ledger.observe(m.REQUEST_BYTES, story.request_bytes, of_endpoint)
    ledger.observe(m.RESPONSE_BYTES, story.response_bytes, of_endpoint)
    if story.sent_at is not None and story.read_at is not None:
        overhead = story.sent_at - story.read_at + story.held_seconds
        ledger.observe(m.OVERHEAD, overhead, of_endpoint)


def _book_abort(ledger: Ledger, story: Story) -> None:
    model, routing = story.model, story.routing
    ledger.add(m.ABORTS, 1, (model, story.phase.value, routing))
    if story.is_inference and story.sent_at is not None and story.ended_at is not None:
        ledger.add(m.WASTED_SECONDS, story.ended_at - story.sent_at, (model, routing))
        ledger.add(m.WASTED_TOKENS, story.tokens, (model, routing))


def book_answer(ledger: Ledger, story: Story) -> None:
    """What was read from the answer."""
    of_endpoint = (story.endpoint.template, story.routing)
    meter = story.meter or story.progress
    if meter is not None and meter.problems:
        for reason, count in meter.problems.items():
            ledger.add(m.EXTRACTION_ERRORS, count, (of_endpoint[0], reason, of_endpoint[1]))
    if story.meter is None:
        return
    _book_done(ledger, story, story.meter.done_reason)
    if story.is_operation:
        return
    _book_stream(ledger, story, story.meter)
    if story.meter.usage is not None:
        _book_usage(ledger, story, story.meter, story.meter.usage)
    elif story.outcome is Outcome.OK:
        asked = story.meter.framing is not Framing.SSE or story.facts.include_usage
        reason = "absent" if asked else "not_asked"
        ledger.add(m.USAGE_MISSING, 1, (of_endpoint[0], reason, of_endpoint[1]))


def _book_done(ledger: Ledger, story: Story, reason: str | None) -> None:
    if reason is None:
        return
    labels = (story.model, reason if reason in _DONE_REASONS else m.OTHER, story.routing)
    ledger.add(m.DONE, 1, labels)
    if story.is_operation:
        ledger.add(m.OPERATIONS, 1, labels)


def _book_stream(ledger: Ledger, story: Story, meter: StreamMeter) -> None:
    of_model = (story.model, story.routing)
    if meter.thinking_characters:
        ledger.add(m.THINKING_CHARACTERS, meter.thinking_characters, of_model)
    if meter.thinking_outputs:
        ledger.add(m.THINKING_CHUNKS, meter.thinking_outputs, of_model)
    if meter.first_output_kind is None:  # not streamed, or nothing came
        return
    kind = meter.first_output_kind.value
    ledger.add(m.FIRST_OUTPUT, 1, (story.model, kind, story.routing))
    first_token, first_answer = story.first_token_seconds, story.first_answer_token_seconds
    if first_token is not None:
        ledger.observe(m.TTFT, first_token, of_model, story.trace_id)
    if first_answer is not None:
        ledger.observe(m.TTFAT, first_answer, of_model, story.trace_id)
    if meter.max_gap_seconds is not None:
        ledger.observe(m.MAX_GAP, meter.max_gap_seconds, of_model)


def _book_usage(ledger: Ledger, story: Story, meter: StreamMeter, usage: Usage) -> None:
    of_model = (story.model, story.routing)
    _book_tokens(ledger, story, usage)
    for metric, value in (
        (m.LOAD, usage.load_seconds),
        (m.PREFILL, usage.prefill_seconds),
        (m.DECODE, usage.decode_seconds),
        (m.WAIT, usage.wait_seconds),
        (m.TOKENS_PER_SECOND, usage.decode_tokens_per_second),
    ):
        if value is not None:
            ledger.observe(metric, value, of_model)
    per_token = _time_per_output_token(meter, usage)
    if per_token is not None:
        ledger.observe(m.TPOT, per_token, of_model, story.trace_id)
    if is_suspected_truncation(story.facts, usage.prompt_tokens, story.facts.num_ctx):
        ledger.add(m.TRUNCATIONS, 1, (story.model, story.endpoint.template, story.routing))


def _book_tokens(ledger: Ledger, story: Story, usage: Usage) -> None:
    model, routing = story.model, story.routing
    of_model = (model, routing)
    prompt, generated = usage.prompt_tokens, usage.generated_tokens
    if prompt is not None:
        ledger.add(m.PROMPT_TOKENS, prompt, of_model)
        ledger.observe(m.REQUEST_TOKENS, prompt, (model, "input", routing))
    if usage.cached_prompt_tokens is not None:
        ledger.add(m.CACHED_TOKENS, usage.cached_prompt_tokens, of_model)
    if generated is not None:
        # a counter cannot go back; more chunks than tokens were never seen
        late = max(0, generated - story.tokens_counted)
        ledger.add(m.GENERATED_TOKENS, late, of_model)
        ledger.observe(m.REQUEST_TOKENS, generated, (model, "output", routing))
        if prompt is not None:
            ledger.observe(m.CONTEXT_TOKENS, prompt + generated, of_model)


def _time_per_output_token(meter: StreamMeter, usage: Usage) -> float | None:
    first, last, tokens = meter.first_output, meter.last_output, usage.generated_tokens
    if first is None or last is None or tokens is None or tokens < 2:
        return None
    if last == first:  # a tool call comes whole: its tokens were not seen one after the other
        return None
    return (last - first) / (tokens - 1)


def book_reload(ledger: Ledger, reloads: Reloads, story: Story) -> None:
    """Whether the model was loaded again, and that it is loaded now."""
    if not (story.is_inference and story.is_answered) or story.model in m.UNNAMED:
        return
    meter, model, ended_at = story.meter, story.model, story.ended_at
    if meter is not None and meter.done_reason == "unload":
        reloads.unloaded(model)
        return
    load_seconds = meter.usage.load_seconds if meter and meter.usage else None
    sent_at = story.started_at if story.sent_at is None else story.sent_at
    if reloads.is_reload(model, story.last_use, sent_at, load_seconds):
        ledger.add(m.RELOADS, 1, (model, story.routing))
    if ended_at is not None:
        reloads.used(model, ended_at)


def book_user(ledger: Ledger, users: Users, story: Story) -> None:
    """Requests and tokens by user, where somebody asked for it."""
    if not story.user:
        return
    user = users.label(story.user, story.is_answered)
    ledger.add(m.USER_REQUESTS, 1, (user, story.routing))
    usage = story.meter.usage if story.meter is not None else None
    if usage is not None and usage.prompt_tokens is not None:
        ledger.add(m.USER_TOKENS, usage.prompt_tokens, (user, "input", story.routing))
    generated = usage.generated_tokens if usage is not None else story.tokens_counted
    if generated:
        ledger.add(m.USER_TOKENS, generated, (user, "output", story.routing))
