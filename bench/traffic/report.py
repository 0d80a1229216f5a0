"""A measurement of the generator to a table, and to JSON and back."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from bench.traffic.measure import Load, Sample
from bench.traffic.truth import GOAL_P50_SECONDS, GOAL_P99_SECONDS, Errors

_PASSAGE = re.compile(r"(<!-- generated: bench\.traffic -->\n).*?(<!-- end -->)", re.DOTALL)
_ROWS = (
    ("ttft", "time to first token: error"),
    ("gap", "gap between chunks: error"),
    ("chunk", "a chunk, from sent to seen"),
    ("server", "the server, after its own schedule"),
)
_WITH_GOAL = ("ttft", "gap")
Results = Mapping[str, Any]
"""As in the JSON: machine, load, samples."""


def results(machine: Mapping[str, object], load: Load, samples: Sequence[Sample]) -> Results:
    """All that was measured, as plain values."""
    return {
        "machine": dict(machine),
        "load": asdict(load),
        "samples": [asdict(sample) for sample in samples],
    }


def median_sample(found: Results) -> Mapping[str, Any]:
    """The whole sample in the middle, by the 99th percentile of the gaps' errors."""
    ordered = sorted(found["samples"], key=lambda sample: float(sample["truth"]["gap"]["p99"]))
    middle: Mapping[str, Any] = ordered[(len(ordered) - 1) // 2]
    return middle


def table(found: Results) -> str:
    """The figures with their goals, then what they were taken with."""
    sample, load, machine = median_sample(found), found["load"], found["machine"]
    lines = [
        "| Generator, client side | n | p50, ms | p99, ms | max, ms | goal p50, p99 |  |",
        "| --- " * 7 + "|",
        *(_line(name, title, Errors(**sample["truth"][name])) for name, title in _ROWS),
    ]
    words = [_costs(sample, load), _circumstances(sample, machine, len(found["samples"]))]
    return "\n".join(lines) + "\n\n" + "\n\n".join(words) + "\n"


def _costs(sample: Mapping[str, Any], load: Mapping[str, Any]) -> str:
    check = sample["check"]
    return (
        f"{load['streams']} streams of {load['chunks_per_second']:g} chunks/s: {sample['requests']}"
        f" requests, {sample['chunks']} chunks. The generator took"
        f" {1e6 * sample['cpu_seconds_per_chunk']:.1f} us of CPU a chunk, its requests' own"
        f" included, {100 * sample['cpu_ratio']:.0f} % of a core. Its own check: requests"
        f" {_ms(check['schedule_lag']['p99'])} ms after their instant, event loop"
        f" {_ms(check['loop_lag']['p99'])} ms late (p99),"
        f" {'run valid' if not sample['reasons'] else 'run invalid'}."
    )


def _circumstances(sample: Mapping[str, Any], machine: Mapping[str, Any], count: int) -> str:
    order = ", but had to wait for both (SCHED_FIFO)" if machine["is_first"] else ""
    return (
        f"{machine['cpu']}, {machine['cores']} cores, Linux {machine['kernel']}, Python"
        f" {machine['python']}, uvloop {machine['uvloop']}, aiohttp {machine['aiohttp']}. Load"
        f" average before: {sample['load_average']:.2f}; other processes took"
        f" {sample['others_cores']:.2f} cores meanwhile{order}. The middle one of {count}"
        f" {'measurements' if count > 1 else 'measurement'}, by the p99 of gaps."
    )


def _line(name: str, title: str, errors: Errors) -> str:
    goal = verdict = ""
    if name in _WITH_GOAL:
        goal = f"{GOAL_P50_SECONDS * 1e3:g}, {GOAL_P99_SECONDS * 1e3:g}"
        verdict = "pass" if errors.is_within_goal else "**fail**"
    figures = (_ms(errors.p50), _ms(errors.p99), _ms(errors.maximum))
    return f"| {title} | {errors.count} | {' | '.join(figures)} | {goal} | {verdict} |"


def _ms(seconds: float) -> str:
    return f"{seconds * 1e3:.3g}"


def rendered(document: str, found: Results) -> str:
    """The document with its table made anew."""
    return _PASSAGE.sub(lambda match: f"{match[1]}\n{table(found)}\n{match[2]}", document)
