"""What stands above the figures of a run: names and values, on the screen and the page. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec

from traffic.plan.plan import Plan
from traffic.request.routes import Way
from traffic.results.figures import Figures
from traffic.results.summary import Goodput, Summary
from traffic.results.units import counted, duration, percent, rate

Tone = Literal["plain", "warning", "bad"]

REMARKS = {
    Way.WENT_DIRECT: "asked for Portkey and went direct: it is not enabled, is down,"
    " or could not carry the request",
    Way.UNKNOWN: "failed without a sign of the way taken",
}
"""What is to be said about requests that went otherwise than they asked."""


class PlanFacts(msgspec.Struct, frozen=True):
    """Which plan was played. `repeats`: questions that had been asked before, by the same way.

    `requests` and `questions`, which are different ones, are None of a plan without an end.
    """

    preset: str
    seed: int
    route: str
    sha256: str
    models: tuple[str, ...]
    requests: int | None
    repeats: int = 0
    questions: int | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a place; `value` is the exact figure of what is shown."""

    shown: str
    value: float | None = None
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Fact:
    """A name, values beside each other, and what is said below them, a line each."""

    name: str
    cells: tuple[Cell, ...]
    below: tuple[Cell, ...] = ()


def plan_facts(plan: Plan) -> PlanFacts:
    """What is told and kept of a plan."""
    is_bounded = plan.endless is None
    return PlanFacts(
        preset=plan.preset,
        seed=plan.seed,
        route=plan.route,
        sha256=plan.sha256,
        models=plan.models,
        requests=plan.requests,
        repeats=plan.repeats,
        questions=len({one.question_id for one in plan.questions}) if is_bounded else None,
    )


def facts(plan: PlanFacts, summary: Summary, note: str = "") -> Iterator[Fact]:
    """What was asked, and what became of it. `note` is the operator's."""
    yield Fact("Plan", (Cell(f"{plan.preset}, seed {plan.seed}, sha256 {plan.sha256[:12]}"),))
    if note:
        yield Fact("Note", (Cell(note),))
    if plan.requests is not None and plan.questions is not None:
        words = _questions(plan, plan.questions, plan.requests)
        yield Fact("Questions", (Cell(words, plan.questions),))
    yield _requests(summary)
    if has_ways(plan.route, summary):
        yield _ways(summary.ways)
    yield from _answers(summary)
    yield from _rates(summary)
    yield Fact("Duration", (Cell(duration(summary.duration_seconds), summary.duration_seconds),))


def has_ways(route: str, summary: Summary) -> bool:
    """Whether the ways are worth a word: where a way was asked for, or Portkey was met."""
    return route != "default" or Way.PORTKEY in summary.ways


def _questions(plan: PlanFacts, questions: int, requests: int) -> str:
    twice = ", each direct and through Portkey," if plan.route == "mixed" else ""
    again = f"; {plan.repeats} {'was' if plan.repeats == 1 else 'were'} asked again"
    return f"{questions}{twice} in {counted(requests, 'request')}{again if plan.repeats else ''}"


def _requests(summary: Summary) -> Fact:
    counts: tuple[tuple[int, str, Tone], ...] = (
        (summary.cancelled, "cancelled", "warning"),
        (summary.dropped, "dropped: too many were in flight", "warning"),
        (summary.unasked or 0, "not finished or not sent", "warning"),
        (summary.warm_up, "before them to warm up, in no figure", "plain"),
    )
    return Fact(
        "Requests",
        (
            Cell(f"{summary.ok} ok", summary.ok),
            Cell(f"{summary.failed} failed", summary.failed, "bad" if summary.failed else "plain"),
            *(Cell(f"{count} {words}", count, tone) for count, words, tone in counts if count),
        ),
        tuple(Cell(f"{it.count} x {it.kind}: {it.detail}", tone="bad") for it in summary.errors),
    )


def _ways(ways: Mapping[Way, Figures]) -> Fact:
    return Fact(
        "Way",
        tuple(Cell(f"{taken.sent} {way}", taken.sent) for way, taken in ways.items()),
        tuple(
            Cell(f"{ways[way].sent} {remark}", tone="warning")
            for way, remark in REMARKS.items()
            if way in ways
        ),
    )


def _answers(summary: Summary) -> Iterator[Fact]:
    if planned := summary.cancellations_planned:
        took_place = summary.cancelled_as_planned
        rest = ": the others ended sooner" if took_place < planned else ""
        words = f"{took_place} of {planned} planned{rest}"
        yield Fact("Cancelled", (Cell(words, took_place),))
    if checked := summary.checked:
        passed = checked - summary.refused
        words = f"{passed} of {checked} answers satisfy their question's check"
        yield Fact("Checks", (Cell(words, passed),))
    prompt, generated = summary.prompt_tokens, summary.generated_tokens
    yield Fact(
        "Tokens", (Cell(f"{prompt} prompt", prompt), Cell(f"{generated} generated", generated))
    )
    if summary.hit_ratio is not None:
        yield _cache(summary, summary.hit_ratio)
    if summary.kept is not None:
        yield Fact("Kept", (Cell(summary.kept.in_words, summary.kept.requests),))


def _cache(summary: Summary, ratio: float) -> Fact:
    hits, looked_for = summary.hits, summary.hits + summary.misses
    words = f"{hits} of {looked_for} answers from the cache ({percent(ratio)})"
    if not hits:
        return Fact("Cache", (Cell(words, hits),))
    prompt, generated = summary.saved_prompt_tokens, summary.saved_generated_tokens
    saved = Cell(f"saved {prompt} prompt and {generated} generated tokens", generated)
    below = [Cell("times and rates below are of what the model answered, without hits")]
    if (seconds := summary.saved_seconds) is not None:
        guess = f"saved some {duration(seconds)}: hits times the mean time of misses, an estimate"
        below.insert(0, Cell(guess, seconds))
    return Fact("Cache", (Cell(words, hits), saved), tuple(below))


def _rates(summary: Summary) -> Iterator[Fact]:
    requests, tokens = summary.requests_per_second, summary.generated_tokens_per_second
    if requests is not None and tokens is not None:
        cells = _a_second(requests), Cell(f"{rate(tokens)} tokens/s", tokens)
        yield Fact("Throughput", cells)
    if summary.goodput is not None and summary.goodput.ratio is not None:
        yield _goodput(summary.goodput, summary.goodput.ratio)


def _goodput(goodput: Goodput, ratio: float) -> Fact:
    words = f"{goodput.good} of {goodput.of} meet every objective ({percent(ratio)})"
    rates = () if goodput.per_second is None else (_a_second(goodput.per_second),)
    return Fact("Goodput", (Cell(words, goodput.good), *rates))


def _a_second(requests: float) -> Cell:
    return Cell(f"{requests:.2f} requests/s", requests)
