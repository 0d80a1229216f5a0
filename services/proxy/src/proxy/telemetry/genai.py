"""The story of a request, to the metrics that OpenTelemetry's conventions name.

The values are those of proxy/booking.py, taken once; they are booked a second time, since the
conventions want to know of each which operation it was, and of a duration which error.
"""

from ollama_observe.metrics.catalogue import genai as g
from ollama_observe.metrics.ledger import Ledger, Page
from ollama_observe.metrics.metric import NONE
from proxy.booking import has_worked, time_per_output_token
from proxy.labels import ModelLabels
from proxy.outcomes import Outcome
from proxy.story import Story
from proxy.telemetry.operations import OPERATIONS


class GenaiBooks:
    """Books what is sent by OTLP, for one process. `models` are the names that may be labels."""

    def __init__(self, ledger: Ledger, models: ModelLabels) -> None:
        self._ledger = ledger
        self._models = models
        self._pages: dict[tuple[str, str, str], Page] = {}

    def book_request(self, _page: Page, story: Story) -> None:
        """How long a request to a model took, where it was answered whole or failed."""
        outcome = story.outcome
        if not story.is_inference or story.ended_at is None:
            return
        if outcome.is_error:
            began_at = story.started_at if story.read_at is None else story.read_at
            error = outcome.value
        elif outcome is Outcome.OK and story.read_at is not None and has_worked(story):
            began_at, error = story.read_at, NONE
        else:
            return
        seconds = story.ended_at - began_at
        self._of(story).observe(g.REQUEST_DURATION, seconds, story.trace_id, error)

    def book_answer(self, _page: Page, story: Story) -> None:
        """What was read from its answer."""
        meter = story.meter
        if meter is None or not story.is_inference or story.is_operation:
            return
        page = self._of(story)
        first_token, usage = story.first_token_seconds, meter.usage
        if first_token is not None:
            page.observe(g.TIME_TO_FIRST_TOKEN, first_token, story.trace_id)
        if usage is None:
            return
        per_token = time_per_output_token(meter, usage)
        if per_token is not None:
            page.observe(g.TIME_PER_OUTPUT_TOKEN, per_token, story.trace_id)
        if usage.prompt_tokens is not None:
            page.observe(g.TOKEN_USAGE, usage.prompt_tokens, more="input")
        if usage.generated_tokens is not None:
            page.observe(g.TOKEN_USAGE, usage.generated_tokens, more="output")

    def _of(self, story: Story) -> Page:
        answered = story.meter.model if story.meter is not None else None
        response = NONE if answered is None else self._models.known(answered)
        key = (OPERATIONS[story.endpoint.answer], story.model, response)
        page = self._pages.get(key)
        if page is None:
            names = ("operation", "model", "response_model")
            page = self._ledger.page(dict(zip(names, key, strict=True)))
            self._pages[key] = page
        return page
