"""The clients side by side, each in turn on the same schedule, again and again; their table."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from bench.traffic.measure import Load, measure
from bench.traffic.readers import CHOSEN, READERS
from bench.traffic.spread import spread

_HEAD = (
    "| Client, thin reader | first token: error p50, ms | p99, ms | gap: error p50, ms | p99, ms "
    "| CPU a chunk, us |"
)
_FIGURES = (
    (1e3, "truth", "ttft", "p50"),
    (1e3, "truth", "ttft", "p99"),
    (1e3, "truth", "gap", "p50"),
    (1e3, "truth", "gap", "p99"),
    (1e6, "cpu_seconds_per_chunk"),
)
Compared = Mapping[str, Any]
"""As in the JSON: machine, load, samples (of each client, one a round)."""


async def compare(
    machine: Mapping[str, object], load: Load, rounds: int, say: Callable[[str], None]
) -> Compared:
    """Take every client's rounds. Raises: NoTruthError."""
    samples: dict[str, list[dict[str, Any]]] = {name: [] for name in READERS}
    for number in range(rounds):
        for name, taken in samples.items():
            say(f"{load.streams} streams, read by {name}: {number + 1} of {rounds}")
            sample = await measure(load, ("bench.traffic.readers", "--reader", name))
            taken.append(asdict(sample))
    return {"machine": dict(machine), "load": asdict(load), "samples": samples}


def clients_table(found: Compared) -> str:
    """A row for each, and what follows for the generator."""
    samples, load, machine = found["samples"], found["load"], found["machine"]
    costs = {name: spread(taken, "cpu_seconds_per_chunk").median for name, taken in samples.items()}
    rounds = len(samples[CHOSEN])
    first = ", before all other processes (SCHED_FIFO)" if machine["is_first"] else ""
    lines = [
        _HEAD,
        "| --- " * 6 + "|",
        *(_line(name, taken) for name, taken in samples.items()),
        "",
        f"{load['streams']} streams of {load['chunks_per_second']:g} chunks/s, {rounds}"
        f" {'rounds' if rounds > 1 else 'round'} of {load['seconds']:g} s each, in turn; medians"
        f" (least to most){first}. {machine['cpu']}, {machine['cores']} cores, Python"
        f" {machine['python']}, uvloop {machine['uvloop']}, httpx2 {machine['httpx2']}, aiohttp"
        f" {machine['aiohttp']}. The least CPU a chunk has {min(costs, key=costs.__getitem__)}."
        f" The generator is built on {CHOSEN}: the choice rests on this table.",
    ]
    return "\n".join(lines)


def _line(name: str, samples: list[Mapping[str, Any]]) -> str:
    cells = (spread(samples, *path).shown(scale) for scale, *path in _FIGURES)
    return f"| {name} | {' | '.join(cells)} |"
