"""What must be gone when the work is over, seen from outside the process."""

import asyncio
import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
from prometheus_client.parser import text_string_to_metric_families

from bench import kernel
from bench.soak.upstream import Upstream
from tests.processes import ProxyProcess

SETTLE_SECONDS = 15.0
RSS_GROWTH_BYTES = 8e6
"""Growth between the second fifth of a soak and the last one that still counts as none."""


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that was looked at: as it should be, as it is."""

    title: str
    expected: str
    found: str
    is_right: bool


def open_files(root: int) -> dict[int, list[str]]:
    """What each process of the tree has open, by its kind: `socket`, `pipe`, a path."""
    return {pid: _open_files(pid) for pid in kernel.tree(root)}


def _open_files(pid: int) -> list[str]:
    found = []
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found.append(str(entry.readlink()).partition(":")[0])
        except FileNotFoundError:  # closed in between
            continue
    return sorted(found)


def threads(root: int) -> int:
    """Threads of the tree."""
    return sum(psutil.Process(pid).num_threads() for pid in kernel.tree(root))


def connections(root: int) -> list[str]:
    """Every TCP connection of the tree, in whatever state; listening is none."""
    found = [c for pid in kernel.tree(root) for c in psutil.Process(pid).net_connections("tcp")]
    return [f"{c.status} {c.laddr} {c.raddr}" for c in found if c.status != psutil.CONN_LISTEN]


@dataclass(frozen=True, slots=True)
class Remains:
    """What a proxy holds: connections, files by process, threads, requests in its own words."""

    connections: list[str]
    files: Mapping[int, list[str]]
    threads: int
    active: float
    in_flight: object


async def remains(proxy: ProxyProcess) -> Remains:
    """Look once. Its own answers first: a scrape is a connection, too."""
    _, metrics = await proxy.get("/metrics")
    status, table = await proxy.get("/api/inflight")
    root = proxy.child.pid
    active = sum(
        sample.value
        for family in text_string_to_metric_families(metrics)
        for sample in family.samples
        if sample.name in ("ollama_proxy_active_requests", "ollama_proxy_inflight_phase_requests")
    )
    in_flight = json.loads(table).get("requests") if status == 200 else f"status {status}"
    return Remains(connections(root), open_files(root), threads(root), active, in_flight)


async def settled(proxy: ProxyProcess, upstream: Upstream, before: Remains | None) -> Remains:
    """Close what the upstream keeps, then look until all is gone, or the time is up."""
    deadline = asyncio.get_running_loop().time() + SETTLE_SECONDS
    while True:
        await upstream.close_idle()
        found = await remains(proxy)
        is_over = asyncio.get_running_loop().time() > deadline
        if is_over or all(row.is_right for row in rows(found, before or found)):
            return found
        await asyncio.sleep(0.1)


def rows(found: Remains, before: Remains) -> list[Row]:
    """What is left, beside what there was before the work began."""
    more = [
        f"{pid}: {len(found.files.get(pid, []))} for {len(files)}"
        for pid, files in before.files.items()
        if found.files.get(pid) != files
    ]
    return [
        _row("active requests", 0, found.active),
        _row("requests in the in-flight table", [], found.in_flight),
        _row("connections", [], found.connections[:5]),
        Row("open files by process", "as before", ", ".join(more) or "as before", not more),
        _row("threads", before.threads, found.threads),
    ]


def _row(title: str, expected: object, found: object) -> Row:
    return Row(title, str(expected), str(found), expected == found)


def memory_row(samples: Sequence[int]) -> Row:
    """Whether resident memory was flat after a warm-up."""
    fifth = max(1, len(samples) // 5)
    growth = statistics.median(samples[-fifth:]) - statistics.median(samples[fifth : 2 * fifth])
    said = f"{growth / 1e6:+.1f} MB, to {samples[-1] / 1e6:.0f} MB"
    return Row(
        "resident memory", f"<= +{RSS_GROWTH_BYTES / 1e6:g} MB", said, growth <= RSS_GROWTH_BYTES
    )
