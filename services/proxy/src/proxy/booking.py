"""The story of a finished request, to metrics."""

from ollama_observe.metrics.catalogue import proxy as m
from ollama_observe.metrics.ledger import Page
from ollama_observe.metrics.metric import OTHER, UNNAMED
from ollama_observe.wire.meter import StreamMeter
from ollama_observe.wire.usage import Usage
from proxy.outcomes import Ending, Outcome
from proxy.pages import Pages
from proxy.reloads import Reloads
from proxy.story import Phase, Story
from proxy.users import Users

_DONE_REASONS = frozenset({"stop", "length", "tool_calls", "load", "unload"})
_REJECTIONS = {
    Ending.REFUSED_BUSY: "max_requests",
    Ending.QUEUE_FULL: "full",
    Ending.QUEUE_DISPLACED: "displaced",
    Ending.QUEUE_TIMEOUT: "timeout",
}


def book_request(page: Page, story: Story) -> None:
    """What every request has: how it ended, how long it took, how large it was."""
    page.add(m.REQUESTS, 1, str(story.status))
    outcome = story.outcome
    if outcome is Outcome.CLIENT_GONE:
        _book_abort(page, story)
    elif outcome.is_error:
        page.add(m.ERRORS, 1, outcome.value)
        if story.ending in _REJECTIONS:
            page.add(m.QUEUE_REJECTIONS, 1, _REJECTIONS[story.ending])
    elif story.read_at is not None and story.ended_at is not None and has_worked(story):
        page.observe(m.DURATION, story.ended_at - story.read_at, story.trace_id)
    page.observe_each(
        (
            (m.REQUEST_BYTES, story.request_bytes),
            (m.RESPONSE_BYTES, story.response_bytes),
            (m.OVERHEAD, story.overhead_seconds),
        )
    )


def has_worked(story: Story) -> bool:
    """The upstream generated something for it, or looked something up."""
    return not (story.is_operation or story.is_spared)


def _book_abort(page: Page, story: Story) -> None:
    phase = Phase.PREFILL if story.is_prefill else story.phase
    page.add(m.ABORTS, 1, phase.value)


def book_waste(page: Page, story: Story) -> None:
    """What the upstream did for a client that left, and for nobody else."""
    if story.outcome is not Outcome.CLIENT_GONE or story.is_outlived or not story.is_inference:
        return
    began_at, ended_at = story.work_began_at, story.ended_at
    if began_at is not None and ended_at is not None:
        page.add(m.WASTED_SECONDS, ended_at - began_at)
        page.add(m.WASTED_TOKENS, story.tokens)


def book_answer(page: Page, story: Story) -> None:
    """What was read from the answer."""
    meter = story.meter
    measured = meter or story.progress
    if measured is not None:
        for reason, count in measured.problems.items():
            page.add(m.EXTRACTION_ERRORS, count, reason)
    if meter is None:
        return
    if meter.done_reason is not None:
        _book_done(page, story, meter.done_reason)
    if not story.is_operation:
        _book_generation(page, story, meter)


def _book_done(page: Page, story: Story, found: str) -> None:
    reason = found if found in _DONE_REASONS else OTHER
    page.add(m.DONE, 1, reason)
    if story.is_operation:
        page.add(m.OPERATIONS, 1, reason)


def _book_generation(page: Page, story: Story, meter: StreamMeter) -> None:
    _book_stream(page, story, meter)
    if meter.usage is not None:
        _book_usage(page, story, meter, meter.usage)
    elif story.outcome is Outcome.OK:
        is_due = story.asks_usage or not meter.is_usage_optional
        page.add(m.USAGE_MISSING, 1, "absent" if is_due else "not_asked")


def _book_stream(page: Page, story: Story, meter: StreamMeter) -> None:
    if meter.thinking_characters:
        page.add(m.THINKING_CHARACTERS, meter.thinking_characters)
    if meter.thinking_outputs:
        page.add(m.THINKING_CHUNKS, meter.thinking_outputs)
    if meter.first_output_kind is None:  # not streamed, or nothing came
        return
    page.add(m.FIRST_OUTPUT, 1, meter.first_output_kind.value)
    first_token, first_answer = story.first_token_seconds, story.first_answer_token_seconds
    if first_token is not None:
        page.observe(m.TTFT, first_token, story.trace_id)
    if first_answer is not None:
        page.observe(m.TTFAT, first_answer, story.trace_id)
    if meter.max_gap_seconds is not None:
        page.observe(m.MAX_GAP, meter.max_gap_seconds)


def _book_usage(page: Page, story: Story, meter: StreamMeter, usage: Usage) -> None:
    _book_tokens(page, story, usage)
    is_here = not story.is_cloud  # elsewhere nothing of Ollama's is loaded or waited for
    page.observe_each(
        (
            (m.LOAD, usage.load_seconds if is_here else None),
            (m.PREFILL, usage.prefill_seconds),
            (m.DECODE, usage.decode_seconds),
            (m.WAIT, usage.wait_seconds if is_here else None),
            (m.TOKENS_PER_SECOND, usage.decode_tokens_per_second),
        )
    )
    per_token = time_per_output_token(meter, usage)
    if per_token is not None:
        page.observe(m.TPOT, per_token, story.trace_id)


def _book_tokens(page: Page, story: Story, usage: Usage) -> None:
    prompt, generated = usage.prompt_tokens, usage.generated_tokens
    if prompt is not None:
        page.add(m.PROMPT_TOKENS, prompt)
        page.observe(m.REQUEST_TOKENS, prompt, more="input")
    if usage.cached_prompt_tokens is not None:
        page.add(m.CACHED_TOKENS, usage.cached_prompt_tokens)
    if generated is not None:
        # a counter cannot go back; more chunks than tokens were never seen
        page.add(m.GENERATED_TOKENS, max(0, generated - story.tokens_counted))
        page.observe(m.REQUEST_TOKENS, generated, more="output")
        if prompt is not None:
            page.observe(m.CONTEXT_TOKENS, prompt + generated)


def time_per_output_token(meter: StreamMeter, usage: Usage) -> float | None:
    """Mean seconds of a token after the first; None where they were not seen one by one."""
    first, last, tokens = meter.first_output, meter.last_output, usage.generated_tokens
    if first is None or last is None or tokens is None or tokens < 2:
        return None
    if last == first:  # a tool call comes whole: its tokens were not seen one after the other
        return None
    return (last - first) / (tokens - 1)


def book_reload(reloads: Reloads, page: Page, story: Story) -> None:
    """Whether the model was loaded again, and that it is loaded now."""
    is_use = story.is_inference and story.is_answered and not story.is_spared
    if not is_use or story.is_cloud or story.model in UNNAMED:
        return
    meter, model, ended_at = story.meter, story.model, story.ended_at
    if meter is not None and meter.done_reason == "unload":
        reloads.unloaded(model)
        return
    load_seconds = story.usage.load_seconds if story.usage is not None else None
    sent_at = story.started_at if story.sent_at is None else story.sent_at
    if reloads.is_reload(model, story.last_use, sent_at, load_seconds):
        page.add(m.RELOADS, 1)
    if ended_at is not None:
        reloads.used(model, ended_at)


def book_user(users: Users, pages: Pages, _page: Page, story: Story) -> None:
    """Requests by user, where somebody asked for it."""
    if story.user:
        pages.of_user(users.label(story.user, story.is_answered), story.routing).add(
            m.USER_REQUESTS, 1
        )


def book_user_tokens(users: Users, pages: Pages, _page: Page, story: Story) -> None:
    """Tokens by user, where somebody asked for it."""
    if not story.user:
        return
    page = pages.of_user(users.label(story.user, story.is_answered), story.routing)
    for kind, tokens in tokens_by_type(story):
        page.add(m.USER_TOKENS, tokens, kind)


def tokens_of(story: Story) -> tuple[int, int]:
    """Tokens of prompt and answer as the upstream counts them; without its count none of the
    prompt, and what was seen of the answer.
    """
    usage = story.usage
    if usage is None:
        return 0, story.tokens_counted
    return usage.prompt_tokens or 0, usage.generated_tokens or story.tokens_counted


def tokens_by_type(story: Story) -> list[tuple[str, int]]:
    """The same under the values of the label `type`; nothing of a type that there were none of."""
    return [both for both in zip(("input", "output"), tokens_of(story), strict=True) if both[1]]
