"""Runs that never happened: attempts as a client would have seen them, and their results."""

import random
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from ollama_observe.wire.usage import Usage
from traffic.bank.questions import Category
from traffic.plan.plan import Plan
from traffic.plan.planned import PlannedQuestion
from traffic.request.attempt import Attempt, Failure
from traffic.results.drops import Drop
from traffic.results.figures import Figures, figures
from traffic.results.results import Result, result_of
from traffic.results.slo import Slo, judge
from traffic.results.summary import summarise
from traffic.results.totals import Totals
from traffic.settings import TrafficSettings

STARTED = 1000.0
"""What the clock of the attempts showed when a run began."""
STARTED_AT = datetime(2026, 11, 28, 12, 45, 1, 250_000, tzinfo=UTC)
CATEGORIES = tuple(Category)


def whole(
    index: int = 0, at: float = 0.0, ttft: float = 0.25, gaps: Sequence[float] = (0.1,) * 10
) -> Attempt:
    """A whole answer: one token a piece."""
    sent = STARTED + at
    last = sent + ttft + sum(gaps)
    return Attempt(
        f"cod-{index:04d}",
        CATEGORIES[index % len(CATEGORIES)],
        0,
        scheduled=sent,
        sent=sent,
        headers=sent + ttft / 2,
        first_byte=sent + ttft / 2,
        first_content=sent + ttft,
        first_output=sent + ttft,
        last_content=last,
        end=last + 0.05,
        status=200,
        model="m:1b",
        index=index,
        chunks=len(gaps) + 1,
        gaps_seconds=array("d", gaps),
        usage=Usage(
            prompt_tokens=5, generated_tokens=len(gaps) + 1, decode_seconds=sum(gaps) or None
        ),
    )


def hit(index: int = 0, at: float = 0.0) -> Attempt:
    """What `whole` got, given again by a cache a minute later: at once."""
    recorded = whole(index, at, ttft=0.001, gaps=(0.0,) * 10)
    return replace(recorded, cache_status="HIT", answer_age_seconds=60)


def missed(index: int = 0, at: float = 0.0) -> Attempt:
    """A whole answer that a cache did not have; it takes 1.3 s."""
    return replace(whole(index, at), cache_status="MISS")


def refused(index: int = 0, at: float = 0.0, detail: str = "server busy") -> Attempt:
    """A request that the server answered with 503."""
    sent = STARTED + at
    return Attempt(
        f"cod-{index:04d}",
        CATEGORIES[index % len(CATEGORIES)],
        0,
        scheduled=sent,
        sent=sent,
        end=sent + 0.01,
        status=503,
        model="m:1b",
        index=index,
        failure=Failure.HTTP_STATUS,
        detail=detail,
    )


def cancelled(index: int = 0, at: float = 0.0) -> Attempt:
    """An answer that was left after its second piece."""
    return replace(whole(index, at, gaps=(0.1,)), is_cancelled=True, usage=None)


def figures_of(attempts: Sequence[Attempt], drops: Sequence[Drop] = ()) -> Figures:
    """What these requests alone come to."""
    totals = Totals()
    for attempt in attempts:
        totals.add(attempt)
    for drop in drops:
        totals.drop(drop)
    return figures(attempts, totals.all)


def many(count: int, seed: int = 1, slowness: float = 1.0) -> list[Attempt]:
    """Whole answers whose times scatter as real ones do, two a second."""
    draw = random.Random(seed)
    return [
        whole(
            index,
            at=index / 2,
            ttft=slowness * draw.lognormvariate(-1.5, 0.3),
            gaps=[slowness * draw.lognormvariate(-3.5, 0.5) for _ in range(20)],
        )
        for index in range(count)
    ]


def plan_for(attempts: Sequence[Attempt], seed: int = 1, *, is_scheduled: bool = True) -> Plan:
    """The plan that asks what was measured."""
    questions = tuple(
        PlannedQuestion(
            one.question_id,
            one.category,
            None,
            ("Why?",),
            40,
            seed,
            at_seconds=one.scheduled - STARTED if is_scheduled else None,
        )
        for one in attempts
        if not one.is_warm_up
    )
    return Plan("demo", seed, questions, models=("m:1b",))


def result(
    attempts: Sequence[Attempt],
    *,
    drops: Sequence[Drop] = (),
    slo: Slo | None = None,
    seed: int = 1,
    self_check: Mapping[str, Any] | None = None,
    server: Mapping[str, str] | None = None,
    **told: Any,
) -> Result:
    """The result of a run with these attempts."""
    plan = plan_for(attempts, seed)
    summary = summarise(plan, attempts, 12.5, drops, None if slo is None else slo.is_good)
    return result_of(
        settings=TrafficSettings(**told),
        plan=plan,
        attempts=attempts,
        drops=drops,
        summary=summary,
        started=STARTED,
        started_at=STARTED_AT,
        versions={"traffic": "0.1.0"},
        server=server,
        self_check=self_check,
        objectives=() if slo is None else judge(slo, summary),
    )
