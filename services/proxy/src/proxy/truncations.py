"""Judges prompts that look cut where the request did not say how large the context is.

Ollama is asked what it has loaded, and only then: one question at a time, for all requests
that wait for it. Nobody waits for the judgement but a counter.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from ollama_observe.metrics.catalogue import proxy as m
from ollama_observe.metrics.ledger import Page
from ollama_observe.service.tasks import spawn
from ollama_observe.wire.models import normalise_model
from ollama_observe.wire.truncation import has_too_much_text, is_at_cut
from proxy.story import Story

# Answers that wait for a judgement; what comes beyond them is not judged.
WAITING_LIMIT = 1000

Sizes = Callable[[], Awaitable[Mapping[str, int]]]
"""Asks for the sizes of the loaded models' contexts, in tokens; none where it gets no answer."""


class Truncations:
    """The suspects of one process. A booking step: see Steps."""

    def __init__(self, sizes: Sizes) -> None:
        self._sizes = sizes
        self._waiting: list[tuple[Page, str, int]] = []
        self._asking: asyncio.Task[None] | None = None

    def book(self, page: Page, story: Story) -> None:
        """Count a request whose prompt seems to have been cut, now or when the size is known."""
        facts, usage = story.facts, story.usage
        if facts.prompt_bytes is None or usage is None:  # as nearly all are
            return
        tokens = usage.prompt_tokens
        if tokens is None or story.is_cloud or not has_too_much_text(facts, tokens):
            return  # what elsewhere is loaded, and with which context, nobody knows
        if facts.num_ctx is not None:
            if is_at_cut(tokens, facts.num_ctx):
                page.add(m.TRUNCATIONS, 1)
        elif len(self._waiting) < WAITING_LIMIT:
            self._waiting.append((page, normalise_model(facts.model or ""), tokens))
            if self._asking is None or self._asking.done():
                self._asking = spawn(self._judge(), name="judge prompts that look cut")

    async def _judge(self) -> None:
        while self._waiting:
            suspects, self._waiting = self._waiting, []
            sizes = await self._sizes()
            for page, model, tokens in suspects:
                size = sizes.get(model)
                if size is not None and is_at_cut(tokens, size):
                    page.add(m.TRUNCATIONS, 1)
