"""A plan before it is played: how much of what, for how long, and its first questions.

Never a word of a question: its id says which it is.
"""

from collections import Counter
from collections.abc import Iterable
from itertools import islice

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from traffic.plan.plan import Plan, PlannedQuestion
from traffic.results.units import counted, duration
from traffic.settings import TrafficSettings

FIRST = 10
"""How many questions are shown."""


def preview(settings: TrafficSettings, plan: Plan) -> Group:
    """What a run would do with these settings."""
    parts: list[RenderableType] = ["", _facts(settings, plan), ""]
    if plan.questions:
        parts += [_counts(plan.questions), ""]
    parts.append(_first(plan))
    return Group(*parts)


def _facts(settings: TrafficSettings, plan: Plan) -> Table:
    facts = Table.grid(padding=(0, 2))
    facts.add_row("Plan", f"{plan.preset}, seed {plan.seed}")
    facts.add_row("sha256", plan.sha256)
    facts.add_row("Questions", size(plan))
    facts.add_row("Arrival", arrival(settings))
    facts.add_row("Duration", expected_duration(settings, plan))
    facts.add_row("Models", Text(", ".join(plan.models)))
    facts.add_row("To", Text(f"{settings.target_url}, API {settings.api}, route {settings.route}"))
    for name, value in _rest(settings, plan):
        facts.add_row(name, value)
    return facts


def _rest(settings: TrafficSettings, plan: Plan) -> Iterable[tuple[str, str]]:
    cancelled = sum(one.cancel_after_chunks is not None for one in plan.questions)
    cold = sum(one.unload_first for one in plan.questions)
    if cancelled or cold:
        yield "Of them", f"{cancelled} left in the middle, {cold} after an unloading"
    if settings.workers > 1:
        yield "Workers", f"{settings.workers} processes share them"


def size(plan: Plan) -> str:
    """How many questions, in how many requests."""
    if plan.requests is None:
        found = "without end"
    else:
        tokens = sum(one.max_tokens * len(one.turns) for one in plan.questions)
        most = f", at most {tokens} tokens" if tokens else ""
        found = f"{len(plan.questions)} in {counted(plan.requests, 'request')}{most}"
    warm_up = f"; {len(plan.warm_up)} before them to warm up" if plan.warm_up else ""
    return found + warm_up


def arrival(settings: TrafficSettings) -> str:
    """When questions come."""
    rate = f"{settings.rate_per_second:g} a second"
    match settings.arrival:
        case "closed" if settings.preset == "replay":
            return f"as recorded, {settings.trace_speed:g} times as fast"
        case "closed":
            return f"closed: {settings.concurrency} in flight, the next as one ends"
        case "ramp":
            return f"ramp: from nothing to {rate} in {settings.ramp_seconds:g} s"
        case "burst":
            return f"burst: {settings.burst_size} at once, {rate} on average"
        case "spike":
            return (
                f"spike: {rate}, {settings.spike_factor:g} times that for"
                f" {settings.spike_seconds:g} s from {settings.spike_after_seconds:g} s on"
            )
        case _:
            return f"{settings.arrival}: {rate}"


def expected_duration(settings: TrafficSettings, plan: Plan) -> str:
    """As far as it can be known: answers take as long as they take."""
    most = settings.duration_seconds
    if plan.questions and (last := plan.questions[-1].at_seconds) is not None:
        return f"the last begins after {duration(last)}"
    if most is not None:
        return f"none begins after {duration(most)}"
    return "until it is stopped" if plan.requests is None else "as long as the answers take"


def _counts(questions: Iterable[PlannedQuestion]) -> Table:
    found = Counter((one.category, one.model) for one in questions)
    models = sorted({model for _, model in found})
    table = Table("Questions", box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in models:
        table.add_column(Text(name), justify="right")
    for category in sorted({category for category, _ in found}):
        table.add_row(category, *(str(found[category, model]) for model in models))
    return table


def _first(plan: Plan) -> Table:
    table = Table(
        *("First", "at", "question", "category", "turns", "max tokens"),
        box=None,
        padding=(0, 2, 0, 0),
        header_style="bold",
    )
    for question in islice(plan.stream(), FIRST):
        table.add_row(
            "warm-up" if question.is_warm_up else str(question.index + 1),
            "-" if question.at_seconds is None else duration(question.at_seconds),
            question.question_id,
            question.category,
            str(len(question.turns)),
            str(question.max_tokens),
        )
    return table
