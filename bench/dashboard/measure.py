"""One sample of a case: a dashboard of its own, pages in another process, and what both cost."""

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bench import kernel
from bench.dashboard.cases import Case
from bench.dashboard.world import NoFigureError, dashboard
from bench.rounds import Rounds
from bench.workloads import Sample

WITHIN_SECONDS = 60.0
"""For all pages to have all of their panels."""
KINDS = ("frame", "strip", "live")
"""What a page has in any window."""
STEP_SECONDS = 5.0
BETWEEN_ROUNDS_SECONDS = 3.5
"""When in a step no round is played: it is a second after the instant that it asks for."""
_QUERIES = "dashboard_query_duration_seconds_count range"
_ROUNDS = "dashboard_query_rounds_total"
_SENT = "dashboard_sent_bytes_total"
_DROPPED = "dashboard_dropped_frames_total"
_ERRORS = "dashboard_query_errors_total"


@dataclass(frozen=True, slots=True)
class Load:
    """How long, how often, and by how many."""

    rounds: int
    seconds: float
    """A multiple of what lies between two points, so that as many fall into each window."""
    settling_seconds: float
    history_seconds: float
    """What there is before: with less than the range has, a part of each line is a gap."""
    many: int
    deaf: int
    looks: int
    """Of each deaf page, before the window."""

    @property
    def lasts_seconds(self) -> float:
        """About how long all of it takes: starting and loading take their time."""
        return 4 * self.rounds * (self.seconds + self.settling_seconds + 12.0)


async def measure(
    load: Load, cases: Sequence[Case], urls: tuple[str, str], progress: Callable[[str], None]
) -> Rounds:
    """Take every case in turn, again and again. Raises: NoFigureError."""
    samples: dict[str, list[Sample]] = {case.name: [] for case in cases}
    for number in range(load.rounds):
        for case in cases:
            progress(f"dashboard: round {number + 1} of {load.rounds}, {case.title}")
            samples[case.name].append(await take(load, case, *urls))
    return {"dashboard": samples}


async def take(load: Load, case: Case, prometheus_url: str, proxy_url: str) -> Sample:
    """One sample. Raises: NoFigureError."""
    async with (
        dashboard(prometheus_url, proxy_url) as process,
        _pages(process.port, case, load.looks) as pages,
    ):
        await asyncio.sleep(load.settling_seconds)
        await asyncio.sleep((BETWEEN_ROUNDS_SECONDS - _now()) % STEP_SECONDS)
        pid = process.child.pid
        kernel.forget_peak(pid)
        before, began, cpu = await process.scrape(), time.perf_counter(), kernel.cpu_seconds(pid)
        await pages.say("begin")
        await asyncio.sleep(load.seconds)
        await pages.say("end")
        cpu, took = kernel.cpu_seconds(pid) - cpu, time.perf_counter() - began
        grown = _grown(before, await process.scrape())
        seen = await pages.counted()
        _require_whole(case, seen, grown)
        peak = kernel.peak_rss_bytes(pid)
    minutes, read = took / 60, [one["bytes"] for one in seen]
    return {
        "queries_per_round": grown[_QUERIES] / grown[_ROUNDS],
        "queries_per_minute": grown[_QUERIES] / minutes,
        "cpu_seconds_per_minute": cpu / minutes,
        "peak_bytes": float(peak),
        "sent_bytes_per_minute": grown[_SENT] / minutes,
        "page_bytes_per_minute": sum(read) / len(read) / minutes,
        "page_frames_least": float(min(one["messages"]["frame"] for one in seen)),
        "page_frames_most": float(max(one["messages"]["frame"] for one in seen)),
        "unread_bytes_per_minute": max(0.0, grown[_SENT] - sum(read)) / minutes,
        "dropped_frames": grown[_DROPPED],
    }


def _now() -> float:
    return datetime.now(UTC).timestamp()


def _grown(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    return {name: after[name] - before.get(name, 0.0) for name in after}


def _require_whole(
    case: Case, seen: Sequence[Mapping[str, Any]], grown: Mapping[str, float]
) -> None:
    """Every page that reads must have had what others of its view had. Raises: NoFigureError."""
    failed = [name for name in grown if name.startswith(_ERRORS) and grown[name]]
    if failed:
        raise NoFigureError(f"{case.title}: Prometheus failed at queries: {', '.join(failed)}")
    least = {kind: min(one["messages"].get(kind, 0) for one in seen) for kind in KINDS}
    if not all(least.values()):
        raise NoFigureError(f"{case.title}: expected each page to have some of each, found {least}")
    for view in {one["view"] for one in seen}:
        frames = [one["messages"].get("frame", 0) for one in seen if one["view"] == view]
        if max(frames) - min(frames) > 1:
            found = f"{min(frames)} to {max(frames)}"
            raise NoFigureError(f"{case.title}: expected as many frames for all, found {found}")


class _Pages:
    """The process of the pages."""

    def __init__(self, child: asyncio.subprocess.Process) -> None:
        assert child.stdin is not None
        assert child.stdout is not None
        self._told, self._tells = child.stdin, child.stdout

    async def say(self, word: str) -> None:
        """Begin to count, or end it."""
        self._told.write(f"{word}\n".encode())
        await self._told.drain()

    async def counted(self) -> list[dict[str, Any]]:
        """What each page had. Raises: NoFigureError."""
        found: list[dict[str, Any]] = json.loads(await self.line())
        return found

    async def line(self) -> bytes:
        """What it says next. Raises: NoFigureError."""
        try:
            async with asyncio.timeout(WITHIN_SECONDS):
                line = await self._tells.readline()
        except TimeoutError as error:
            said = f"the pages said nothing for {WITHIN_SECONDS:g} s"
            raise NoFigureError(said) from error
        if not line:
            raise NoFigureError("the pages ended: what they say above is why")
        return line


@contextlib.asynccontextmanager
async def _pages(port: int, case: Case, looks: int) -> AsyncIterator[_Pages]:
    """All pages of a case, loaded. Raises: NoFigureError."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.dashboard.pages", "--port", str(port)),
        *("--pages", str(case.pages), "--views", str(case.views), "--deaf", str(case.deaf)),
        *("--looks", str(looks)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**24,
    )
    pages = _Pages(child)
    try:
        await pages.line()
        yield pages
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()
