"""A job done: model found and loaded, prompt made, text sent in the shape of its route.

The clock starts when the request has been read. Units: nanoseconds of the monotonic clock.
"""

import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass

from engine import generation, jobs, prompts
from engine.child import Child
from engine.errors import ApiError, StreamError
from engine.exchanges import Answer
from engine.generation import End, Piece
from engine.inference import Inference
from engine.jobs import Job
from engine.options import Options
from engine.shapes import Facts, Shape


@dataclass(frozen=True, slots=True)
class _Prompt:
    """`fitted` goes to the model, `full` is what was asked."""

    fitted: list[int]
    full: list[int]


async def answer(inference: Inference, job: Job, shape: Shape, out: Answer) -> None:
    """Do a job. Raises ApiError when nothing was sent yet."""
    started_ns = time.perf_counter_ns()
    model, facts = await inference.find(job.model)
    if job.is_unload:
        await inference.unload(model, facts)
        await out.whole(shape.loaded("unload"), shape.whole_type)
        return
    jobs.refuse_unsupported(job, is_embedding_only=facts.is_embedding_only)
    options = inference.options(job.options, facts)
    stay = jobs.stay(job.keep_alive, inference.keep_alive_seconds)
    async with inference.lease(model, facts, options.placement, stay) as lease:
        load_ns = time.perf_counter_ns() - started_ns
        if job.is_load:
            await out.whole(shape.loaded("load"), shape.whole_type)
            return
        prompt = await _prompt(lease.child, job, options)
        body = generation.completion_body(prompt.fitted, options, job.schema, job.logprobs)
        async with (
            lease.slot() as child,
            aclosing(generation.generate(child, body, job.logprobs)) as events,
        ):
            told = _Telling(child, shape, prompt, started_ns, load_ns)
            if job.stream:
                await told.streamed(events, out)
            else:
                await told.at_once(events, out)


async def _prompt(child: Child, job: Job, options: Options) -> _Prompt:
    limit = options.placement.context_tokens

    async def tokenize(turns: prompts.Turns) -> list[int]:
        return await generation.tokenize(child, await generation.render(child, list(turns)))

    if job.raw is not None:
        full = await generation.tokenize(child, job.raw)
    elif job.drops_turns and job.truncate:
        full = await prompts.fit_turns(job.turns, limit - 1, tokenize)
    else:
        full = job.context + await tokenize(job.turns)
    if not job.truncate:
        prompts.refuse_too_long(full, limit)
    return _Prompt(prompts.cut_middle(full, limit, options.keep_tokens), full)


@dataclass(frozen=True, slots=True)
class _Telling:
    """Events of one generation, told in a shape."""

    child: Child
    shape: Shape
    prompt: _Prompt
    started_ns: int
    load_ns: int

    async def streamed(self, events: AsyncIterator[Piece | End], out: Answer) -> None:
        """Each piece as it comes."""
        shape = self.shape
        text: list[str] = []
        try:
            async for event in events:
                if isinstance(event, Piece):
                    text.append(event.text)
                    await out.chunk(shape.piece(event), shape.stream_type)
                else:
                    facts = await self._facts(event, "".join(text))
                    await out.chunk(shape.last(facts), shape.stream_type)
        except StreamError as error:
            if not out.started:
                raise
            await out.chunk(shape.broken(error.message), shape.stream_type)
        await out.end()

    async def at_once(self, events: AsyncIterator[Piece | End], out: Answer) -> None:
        """All of it when it is finished."""
        pieces: list[Piece] = []
        try:
            async for event in events:
                if isinstance(event, Piece):
                    pieces.append(event)
                else:
                    facts = await self._facts(event, "".join(piece.text for piece in pieces))
                    await out.whole(self.shape.whole(pieces, facts), self.shape.whole_type)
        except StreamError as error:
            raise ApiError(error.status, error.message) from error

    async def _facts(self, end: End, text: str) -> Facts:
        context = None
        if self.shape.gives_context:
            tokens = await generation.tokenize(self.child, text, special=False)
            context = self.prompt.full + tokens
        total_ns = time.perf_counter_ns() - self.started_ns
        return Facts(end, total_ns, self.load_ns, context)
