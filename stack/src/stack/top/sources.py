"""The parts that are asked, each with what it tells at a time.

Requests in flight are asked for most often, pages of metrics less: they take a proxy a while to
write.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Generic, TypeVar

from stack.top import machine, past, proxy_page
from stack.top.asking import Answer, Asker, SilentError
from stack.top.history import KEPT_SECONDS
from stack.top.machine import Machine, busy_ratio, machine_of
from stack.top.proxy_page import counts_of
from stack.top.rates import Counts, Growth
from stack.top.reading import MOST
from stack.top.table import PATH, Table, read_table

T = TypeVar("T")
Clock = Callable[[], float]

PAGE_SECONDS = 2.0
HEALTH_SECONDS = 5.0
_OF_HEALTH = (200, 503)
_EARLY_SECONDS = 0.1
"""Rounds of a second are not to make three of two."""


def wall_clock() -> float:
    """Unix time."""
    return datetime.now(UTC).timestamp()


@dataclass(frozen=True, slots=True)
class Health:
    """What a proxy says of itself and of Ollama. `ollama_up` None: it does not say."""

    release: str | None = None
    uptime_seconds: float | None = None
    ollama_up: bool | None = None
    ollama_detail: str = ""


@dataclass(frozen=True, slots=True)
class ProxyTold:
    """What one proxy told: instants are by our clock."""

    table: Table
    table_at: float
    counts: Counts
    page_at: float
    health: Health


@dataclass(frozen=True, slots=True)
class PastTold:
    """What Prometheus told. `proxies` is how many it reads, `cpu_ratio` of each machine by its name
    there; `grown` is as of `past.growths` by our clock, None where it was not asked for."""

    proxies: int
    cpu_ratio: Mapping[str, float]
    grown: list[tuple[str, float, float, Growth]] | None = None


class ProxySource:
    """One proxy's control address."""

    def __init__(
        self,
        asker: Asker,
        page_seconds: float = PAGE_SECONDS,
        health_seconds: float = HEALTH_SECONDS,
        clock: Clock = time.monotonic,
    ) -> None:
        self._asker = asker
        self._clock = clock
        self._reader = proxy_page.page_reader()
        self._page = _Kept(self._read_page, page_seconds, clock)
        self._health = _Kept(self._read_health, health_seconds, clock)

    def ask(self) -> ProxyTold:
        """What it tells now. Raises: SilentError."""
        answer = self._asker.get(PATH)
        table = _read(lambda: read_table(answer.body))
        at = self._clock()
        counts, page_at = self._page.latest()
        health, health_at = self._health.latest()
        if health.uptime_seconds is not None:
            late = self._clock() - health_at
            health = replace(health, uptime_seconds=health.uptime_seconds + late)
        return ProxyTold(table, at, counts, page_at, health)

    def _read_page(self) -> Counts:
        answer = self._asker.get("/metrics")

        def read() -> Counts:
            scrape = self._reader.read(answer.body)
            if scrape.value(proxy_page.MARK) is None:
                raise SilentError(f"it is no proxy: its page has no {proxy_page.MARK}")
            return counts_of(scrape, answer.date)

        return _read(read)

    def _read_health(self) -> Health:
        answer = self._asker.get("/health", _OF_HEALTH)
        return _read(lambda: read_health(answer.body))


class ExporterSource:
    """The exporter. `wall` is Unix time, for an exporter whose answers have no date."""

    def __init__(self, asker: Asker, wall: Clock = wall_clock) -> None:
        self._asker = asker
        self._wall = wall
        self._reader = machine.page_reader()
        self._cpu_seconds: Mapping[str, float] | None = None
        self._cpu_ratio: float | None = None

    def ask(self) -> Machine:
        """What it tells now. Raises: SilentError."""
        answer = self._asker.get("/metrics")
        return _read(lambda: self._told(answer))

    def _told(self, answer: Answer) -> Machine:
        scrape = self._reader.read(answer.body)
        if scrape.value(machine.MARK) is None:
            raise SilentError(f"it is no exporter: its page has no {machine.MARK}")
        told = machine_of(scrape, self._wall() if answer.date is None else answer.date)
        before, after = self._cpu_seconds, told.host.cpu_seconds
        # it reads the machine less often than it is asked
        if before != after:
            busy = busy_ratio(before, after) if before and after else None
            self._cpu_seconds, self._cpu_ratio = after, busy
        return replace(told, host=replace(told.host, cpu_ratio=self._cpu_ratio))


class PastSource:
    """Prometheus: asked for the minutes before once, and again when it was away."""

    def __init__(self, asker: Asker, clock: Clock = time.monotonic) -> None:
        self._asker = asker
        self._clock = clock
        self._has_told = False

    def ask(self) -> PastTold:
        """What it tells now. Raises: SilentError."""
        try:
            return self._asked()
        except SilentError:
            self._has_told = False
            raise

    def _asked(self) -> PastTold:
        clock = self._series(past.NOW)
        now = _read(lambda: past.instant_of(clock))
        late = self._clock() - now
        read_at, busy = self._series(past.READ_AT, now), self._series(past.CPU, now)
        grown = None if self._has_told else self._grown(now, late)
        self._has_told = True
        # of a machine that Prometheus has just begun to read it is no number
        known = [series for series in busy if series.points]
        ratios = {series.labels.get("instance", ""): series.points[-1][1] for series in known}
        return PastTold(len(read_at), ratios, grown)

    def _grown(self, now: float, late: float) -> list[tuple[str, float, float, Growth]]:
        asked = past.expressions(KEPT_SECONDS)
        told = {name: self._series(expression, now) for name, expression in asked.items()}
        found = _read(lambda: past.growths(told, now))
        return [(who, begin + late, end + late, grown) for who, begin, end, grown in found]

    def _series(self, expression: str, at: float | None = None) -> list[past.Series]:
        answer = self._asker.get(past.path_of(expression, at))
        return _read(lambda: past.read_answer(answer.body))


class _Kept(Generic[T]):
    """Something that is asked for again only after so long."""

    def __init__(self, ask: Callable[[], T], seconds: float, clock: Clock) -> None:
        self._ask = ask
        self._seconds = seconds
        self._clock = clock
        self._latest: tuple[T, float] | None = None

    def latest(self) -> tuple[T, float]:
        """It, and when it was told. Raises: SilentError."""
        soon = self._clock() + _EARLY_SECONDS
        if self._latest is None or soon - self._latest[1] >= self._seconds:
            self._latest = None  # of what does not answer nothing old is told
            self._latest = (self._ask(), self._clock())
        return self._latest


def _read(read: Callable[[], T]) -> T:
    """What is made of an answer, to the last: whatever it holds ends nothing but itself.

    Raises: SilentError.
    """
    try:
        return read()
    except ValueError as error:
        raise SilentError(f"what it told cannot be read: {error}") from error
    except RecursionError as error:
        raise SilentError("what it told cannot be read: it is nested too deep") from error
    except (LookupError, TypeError, AttributeError, ArithmeticError) as error:
        kind = type(error).__name__
        raise SilentError(f"what it told cannot be read: it is not as expected ({kind})") from error


def read_health(body: bytes) -> Health:
    """What `/health` says. Raises: ValueError."""
    document = json.loads(body)
    if not isinstance(document, dict):
        raise ValueError("expected an object")
    checks = document.get("checks")
    ollama = checks.get("ollama") if isinstance(checks, dict) else None
    said = ollama if isinstance(ollama, dict) else {}
    uptime, up = document.get("uptime_seconds"), said.get("ok")
    release = document.get("version")
    return Health(
        release=release if isinstance(release, str) else None,
        uptime_seconds=_finite(uptime),
        ollama_up=up if isinstance(up, bool) else None,
        ollama_detail=str(said.get("detail", "")),
    )


def _finite(said: object) -> float | None:
    """A number of JSON, which may be NaN, infinite, and longer than any; None where it is so."""
    if not isinstance(said, int | float) or isinstance(said, bool) or not abs(said) < MOST:
        return None
    return float(said)
