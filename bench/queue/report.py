"""The samples to tables, and to JSON and back."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from bench.documents import number, passage
from bench.machine import described
from bench.queue.cases import CASES, SLOTS, Load
from bench.queue.world import PREFILL_SECONDS, REAL, SCRIPTED, TOKENS_PER_SECOND
from bench.rounds import Rounds, medians

Results = Mapping[str, Any]
"""As in the JSON: machine, load, cases, of each upstream medians and samples, and costs."""
GOAL_RATIO = 0.5
"""With the queue people's first tokens come in less than so much of the time without it."""

_TITLES = {
    SCRIPTED: f"A scripted Ollama of {SLOTS} slots, {PREFILL_SECONDS:g} s to read a prompt, "
    f"{TOKENS_PER_SECOND:g} tokens a second:",
    REAL: f"The embedded engine with smollm2:135m, {SLOTS} slots:",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A row: what of a sample, in which unit."""

    name: str
    title: str
    unit: str


FIGURES = (
    Figure("ttft_p50_seconds", "people: time to first token, p50", "s"),
    Figure("ttft_p95_seconds", "people: time to first token, p95", "s"),
    Figure("answers", "people: answers in a sample", ""),
    Figure("batch_answers_per_minute", "batch: answers a minute", ""),
    Figure("batch_ttft_p95_seconds", "batch: time to first token, p95", "s"),
)
_COSTS = {"unary_1": "unary chats, 1 connection", "unary_16": "unary chats, 16 connections"}


def results(
    machine: Mapping[str, object], load: Load, worlds: Mapping[str, Rounds], costs: Rounds
) -> Results:
    """All that was measured, as plain values."""
    return {
        "machine": dict(machine),
        "load": asdict(load),
        "cases": {case.name: case.title for case in CASES},
        "worlds": {
            name: {"medians": medians(rounds)["queue"], "samples": rounds["queue"]}
            for name, rounds in worlds.items()
        },
        "costs": {"medians": medians(costs), "samples": costs},
    }


def is_within_goals(found: Results) -> bool:
    """Whether people's first tokens come sooner with the queue, before each upstream."""
    name = "ttft_p50_seconds"
    worlds = (world["medians"] for world in found["worlds"].values())
    return all(
        by_case[case][name] < GOAL_RATIO * by_case["off"][name]
        for by_case in worlds
        for case in ("fair", "classes")
    )


def table(found: Results) -> str:
    """A table for each upstream, the costs, and what they were taken with."""
    parts = []
    for name, world in found["worlds"].items():
        titles = " | ".join(found["cases"].values())
        head = [f"| Figure | unit | {titles} |", "| --- " * (len(found["cases"]) + 2) + "|"]
        parts += [_TITLES[name], "\n".join([*head, *_lines(found, world["medians"])])]
    parts += ["The proxy without its queue and with it, nothing having to wait:", _costs(found)]
    return "\n\n".join([*parts, _circumstances(found)]) + "\n"


def _lines(found: Results, by_case: Mapping[str, Mapping[str, float]]) -> list[str]:
    return [
        f"| {figure.title} | {figure.unit} | "
        + " | ".join(number(by_case[name].get(figure.name, 0.0)) for name in found["cases"])
        + " |"
        for figure in FIGURES
    ]


def _costs(found: Results) -> str:
    lines = ["| Workload | Figure | unit | off | on |", "| --- " * 5 + "|"]
    for name, title in _COSTS.items():
        by_subject = found["costs"]["medians"][name]
        for figure, unit, of in (
            ("CPU per request", "us", "cpu_seconds_per_request"),
            ("wait for the first byte, p50", "us", "first_byte_p50_seconds"),
        ):
            cells = " | ".join(number(1e6 * by_subject[one][of]) for one in ("off", "on"))
            lines.append(f"| {title} | {figure} | {unit} | {cells} |")
    return "\n".join(lines)


def _circumstances(found: Results) -> str:
    machine, load = found["machine"], found["load"]
    return (
        f"{load['people']} people ask for {load['person_tokens']} tokens, read the answer, and ask "
        f"again after {load['thinking_seconds']:g} s; the batch keeps {load['batch_at_once']} "
        f"requests of {load['batch_tokens']} tokens in flight. {load['seconds']:g} s a sample, "
        f"medians of {load['rounds']} rounds. {described(machine)}."
    )


def rendered(document: str, found: Results) -> str:
    """The document with its tables made anew."""
    return passage(document, "bench.queue", table(found))
