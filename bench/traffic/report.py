"""A measurement to tables, from what is in the JSON."""

from collections.abc import Mapping
from typing import Any

from bench.documents import passage
from bench.machine import described
from bench.traffic.clients import clients_table
from bench.traffic.spread import spread
from bench.traffic.truth import GOAL_P50_SECONDS, GOAL_P99_SECONDS, Errors

_ROWS = (
    ("ttft", "time to first token: error"),
    ("gap", "gap between chunks: error"),
    ("chunk", "a chunk, from sent to seen"),
    ("server", "the server, after its own schedule"),
)
_WITH_GOAL = ("ttft", "gap")
IDLE_LOAD = 1.0
"""Above this load average a machine of two cores is not idle."""

Results = Mapping[str, Any]
"""As in the JSON: machine, load, samples; and clients, which has the same of its own."""


def is_true(found: Results) -> bool:
    """Whether the figures with a goal, where there are any, are within it by all rounds' median."""
    return "samples" not in found or all(_is_within_goal(found, name) for name in _WITH_GOAL)


def warning(machine: Mapping[str, Any]) -> str | None:
    """What is to be said of figures from a machine that had other things to do."""
    if (load_average := machine["load_average"]) <= IDLE_LOAD:
        return None
    return (
        f"The machine was loaded at the start: load average {load_average:.2f}, on an idle one"
        f" at most {IDLE_LOAD:g}."
    )


def table(found: Results) -> str:
    """What was measured: the generator, the clients, or both."""
    tables = []
    if "samples" in found:
        tables.append(_warned(found, _generator(found)))
    if "clients" in found:
        tables.append(_warned(found["clients"], clients_table(found["clients"])))
    return "\n\n".join(tables) + "\n"


def _warned(part: Mapping[str, Any], shown: str) -> str:
    said = warning(part["machine"])
    return shown if said is None else f"{shown}\n\n**{said}**"


def rendered(document: str, found: Results) -> str:
    """The document with its tables made anew."""
    return passage(document, "bench.traffic", table(found))


def _generator(found: Results) -> str:
    """The figures with their goals, then what they were taken with."""
    lines = [
        "| Generator, client side | n a round | p50, ms | p99, ms | max, ms | goal p50, p99 |  |",
        "| --- " * 7 + "|",
        *(_line(found, name, title) for name, title in _ROWS),
    ]
    return "\n\n".join(["\n".join(lines), _costs(found), _circumstances(found)])


def _line(found: Results, name: str, title: str) -> str:
    samples = found["samples"]
    goal = verdict = ""
    if name in _WITH_GOAL:
        goal = f"{GOAL_P50_SECONDS * 1e3:g}, {GOAL_P99_SECONDS * 1e3:g}"
        verdict = "pass" if _is_within_goal(found, name) else "**fail**"
    count = samples[0]["truth"][name]["count"]
    figures = (spread(samples, "truth", name, of).shown(1e3) for of in ("p50", "p99", "maximum"))
    return f"| {title} | {count} | {' | '.join(figures)} | {goal} | {verdict} |"


def _is_within_goal(found: Results, name: str) -> bool:
    names = ("count", "p50", "p99", "maximum")
    count, *sizes = (spread(found["samples"], "truth", name, of).median for of in names)
    return Errors(int(count), *sizes).is_within_goal


def _costs(found: Results) -> str:
    samples, load = found["samples"], found["load"]
    wrong = sum(1 for sample in samples if sample["reasons"])
    verdict = f"invalid in {wrong} of {len(samples)} rounds" if wrong else "run valid"
    return (
        f"{load['streams']} streams of {load['chunks_per_second']:g} chunks/s:"
        f" {samples[0]['requests']} requests, {samples[0]['chunks']} chunks a round. The generator"
        f" took {spread(samples, 'cpu_seconds_per_chunk').shown(1e6)} us of CPU a chunk, its"
        f" requests' own included, {spread(samples, 'check', 'cpu_ratio').shown(100)} % of a core."
        f" Its own check: requests {spread(samples, 'check', 'schedule_lag', 'p99').shown(1e3)} ms"
        f" after their instant, event loop {spread(samples, 'check', 'loop_lag', 'p99').shown(1e3)}"
        f" ms late (p99), {verdict}."
    )


def _circumstances(found: Results) -> str:
    samples, machine = found["samples"], found["machine"]
    order = ", but had to wait for both (SCHED_FIFO)" if machine["is_first"] else ""
    medians = f"Medians of {len(samples)} rounds (least to most)" if len(samples) > 1 else "1 round"
    return (
        f"{described(machine)}, aiohttp {machine['aiohttp']}. Load"
        f" average at the start: {machine['load_average']:.2f}; other processes took"
        f" {spread(samples, 'others_cores').shown(1)} cores meanwhile{order}. {medians}."
    )
