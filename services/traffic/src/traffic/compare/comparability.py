"""What two runs differ in beside what is compared: said, and not forbidden. Pure."""

from collections.abc import Iterator
from typing import Any

from traffic.lines import one_line
from traffic.results.results import Result
from traffic.results.units import counted, percent

FEW = 20
"""Below so many questions the 95th percentile is hardly more than the largest value."""

SETTINGS = (
    *("api", "arrival", "concurrency", "max_in_flight", "num_ctx", "keep_alive"),
    *("request_timeout_seconds", "workers"),
)
"""What a plan's hash does not cover, and what moves the figures. The target is not among them:
to compare two is what one wants."""


def warnings_of(base: Result, new: Result, questions: int) -> tuple[str, ...]:
    """A sentence for each thing; `questions` is how many the smaller run has."""
    are = "is" if questions == 1 else "are"
    few = f"{counted(questions, 'question')} {are} few: expect wide intervals, and little of a p95"
    found = (
        *_trouble("first", base),
        *_trouble("second", new),
        *_differences(base, new),
        *([few] if questions < FEW else []),
    )
    return tuple(map(one_line, found))  # a result may be anybody's


def _trouble(name: str, run: Result) -> Iterator[str]:
    for reason in run.reasons:
        yield f"the {name} run is invalid: {reason}"
    for death in run.lost:
        yield f"the {name} run is incomplete: {death}"
    for remark in run.remarks:
        yield f"of the {name} run: {remark}"
    if hits := run.summary.hits:
        said = f"{counted(hits, 'answer')} of the {name} run came from a cache: no time is of them"
        yield f"{said} (--prefix unique keeps it from having any)"
    if run.summary.dropped:
        share = percent(run.summary.dropped_ratio or 0.0)
        yield f"the {name} run dropped {share} of what was due"


def _differences(base: Result, new: Result) -> Iterator[str]:
    yield from _difference("models", *(", ".join(run.plan.models) for run in (base, new)))
    if base.plan.sha256 != new.plan.sha256:
        yield "other plans, so other questions or instants: the runs are taken apart, not in pairs"
    for name in SETTINGS:
        yield from _difference(name, base.settings.get(name), new.settings.get(name))
    yield from _difference("note", *(run.note or "none" for run in (base, new)))
    for name in sorted(base.server.keys() & new.server.keys()):
        yield from _difference(f"{name} of the server", base.server[name], new.server[name])


def _difference(words: str, before: Any, after: Any) -> Iterator[str]:
    if before != after:
        yield f"other {words}: {before}; then {after}"
