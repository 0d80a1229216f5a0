"""What is done to the questions of a plan one after the other, as they stream by. Pure.

Dressed (model, cancelled, cold), sent by a way or by two, placed (index, prefix, instant).
Nothing here looks further ahead than a round, so that it works without end, too.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import count as counting
from itertools import islice, repeat

from traffic.bank.embeddings import Embedding, Record
from traffic.bank.loading import Bank
from traffic.choices import RequestRoute
from traffic.plan.arrivals import Schedule, instants
from traffic.plan.planned import PlannedQuestion
from traffic.plan.prefixes import prefix_of
from traffic.plan.proportions import dealt, digest
from traffic.settings import TrafficSettings

OTHER_WAY: dict[RequestRoute, RequestRoute] = {"direct": "portkey", "portkey": "direct"}
"""The two ways of a mixed run."""

MIXED_ROUND = 50
"""Of a mixed plan without end: how many questions are asked before they go by their other way."""


def drafted(bank: Bank, question: Record, settings: TrafficSettings) -> PlannedQuestion:
    """A record of the bank as it is asked, before anything is decided for this one alone."""
    if isinstance(question, Embedding):
        return PlannedQuestion(
            question_id=question.id,
            category=question.category,
            system=None,
            turns=("",),
            max_tokens=0,
            seed=settings.seed,
            inputs=question.input,
        )
    own = question.expect.max_tokens
    ceiling = own if settings.max_tokens is None else min(own, settings.max_tokens)
    return PlannedQuestion(
        question_id=question.id,
        category=question.category,
        system=question.system,
        turns=bank.turns(question),
        max_tokens=ceiling,
        seed=settings.seed,
        format=question.format,
        tools=question.tools,
        # an answer that we cut ourselves is no broken one
        check=question.check if ceiling == own else None,
    )


def dressed(
    questions: Iterable[PlannedQuestion], settings: TrafficSettings, count: int | None
) -> Iterator[PlannedQuestion]:
    """With models by weight, the share that is cancelled, and every n-th cold."""
    seed, rate, every = settings.seed, settings.cancel_rate, settings.cold_every
    models = dealt(settings.models, seed, "model", count)
    leaves = dealt({True: rate, False: 1 - rate}, seed, "cancel", count)
    for number, question, model, is_left in zip(
        counting(1), questions, models, leaves, strict=False
    ):
        yield replace(
            question,
            model=question.model or model,
            cancel_after_chunks=_leaving_after(question, number, seed) if is_left else None,
            unload_first=bool(every) and number % every == 0,
        )


def _leaving_after(question: PlannedQuestion, number: int, seed: int) -> int:
    """From the first piece to a quarter of the ceiling: most answers have got so far."""
    drawn = int.from_bytes(digest(seed, "leave", number)[:8])
    return 1 + drawn % max(1, question.max_tokens // 4)


def sent(
    questions: Iterable[PlannedQuestion], settings: TrafficSettings, count: int | None
) -> Iterator[PlannedQuestion]:
    """By the way that the run asks for; in a mixed run by one way and, a round later, the other."""
    route = settings.route
    if route != "mixed":
        yield from (replace(question, route=route) for question in questions)
        return
    waiting = iter(questions)
    for number in counting():
        group = tuple(islice(waiting, count or MIXED_ROUND))
        if not group:
            return
        yield from both_ways(
            group, str(settings.seed) if not number else f"{settings.seed}:{number}"
        )


def both_ways(questions: Sequence[PlannedQuestion], drawn_by: str) -> tuple[PlannedQuestion, ...]:
    """Every question by one way, then, in the same order, every question by the other.

    Half of them, drawn by the seed, go directly first. So the same question is never asked
    twice in a row, when the server would still have its prompt in memory; where it keeps
    prompts for longer, each way is as often the second; and each way has as many requests
    early in the run as late.
    """
    drawn = sorted(
        {question.question_id for question in questions},
        key=lambda name: digest(drawn_by, name, "direct first"),
    )
    direct_first = set(drawn[: len(drawn) // 2])
    first: list[PlannedQuestion] = [
        replace(item, route="direct" if item.question_id in direct_first else "portkey")
        for item in questions
    ]
    return (*first, *(replace(item, route=OTHER_WAY[item.route]) for item in first))


def placed(
    questions: Iterable[PlannedQuestion], settings: TrafficSettings
) -> Iterator[PlannedQuestion]:
    """With its index, its prefix, and its instant where a schedule has one."""
    times = repeat(None) if settings.arrival == "closed" else due(settings)
    for index, (question, at_seconds) in enumerate(zip(questions, times, strict=False)):
        yield replace(
            question,
            index=index,
            prefix=prefix_of(settings.prefix, settings.seed, index),
            at_seconds=question.at_seconds if at_seconds is None else at_seconds,
        )


def due(settings: TrafficSettings) -> Iterator[float]:
    """The instants of an open loop, to its end where it has one.

    In whole microseconds: the last digits of a logarithm are not the same on every machine.
    """
    end = settings.duration_seconds
    schedule = Schedule(
        kind=settings.arrival,
        rate_per_second=settings.rate_per_second,
        ramp_seconds=settings.ramp_seconds,
        burst_size=settings.burst_size,
        spike_factor=settings.spike_factor,
        spike_after_seconds=settings.spike_after_seconds,
        spike_seconds=settings.spike_seconds,
    )
    for instant in instants(schedule, settings.seed):
        if end is not None and instant >= end:
            return
        yield round(instant, 6)
