"""What the parts have told so far, put together. It asks nobody, and is for one thread at a time.

Instants are on a monotonic clock in seconds, but for `at`, which is the clock that people read.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from stack.top.facts import LATELY_SECONDS, NOW_SECONDS, Facts, Source, total
from stack.top.history import KEPT_SECONDS, SLOT_SECONDS, History
from stack.top.machine import Host, Machine
from stack.top.rates import growth
from stack.top.recent import Recent
from stack.top.sources import PastTold, ProxyTold
from stack.top.table import in_flight
from stack.top.targets import Targets

Told = ProxyTold | Machine | PastTold
Key = tuple[str, str]
"""A part and its address."""

NOT_ASKED = "was not asked yet"


class Knowledge:
    """What is known."""

    def __init__(self) -> None:
        self._targets = Targets("")
        self._names: dict[Key, str] = {}
        self._told: dict[Key, Told] = {}
        self._problems: dict[Key, str] = {}
        self._history = History()
        self._recent = Recent()

    def follow(self, targets: Targets, names: Mapping[Key, str]) -> None:
        """From now on these are asked; `names` are their addresses as they may be shown."""
        self._targets, self._names = targets, dict(names)
        self._told = {key: told for key, told in self._told.items() if key in names}
        self._problems = {key: self._problems.get(key, NOT_ASKED) for key in names}

    def hear(self, key: Key, told: Told) -> None:
        """A part answered."""
        if key not in self._names:
            return
        if isinstance(told, ProxyTold):
            before = self._told.get(key)
            self._add(key, before if isinstance(before, ProxyTold) else None, told)
        elif isinstance(told, PastTold) and told.grown is not None:
            self._history.fill(told.grown)
        self._told[key], self._problems[key] = told, ""

    def fail(self, key: Key, problem: str) -> None:
        """A part did not answer: what it told before is not shown."""
        if key in self._names:
            self._problems[key] = problem

    def _add(self, key: Key, before: ProxyTold | None, told: ProxyTold) -> None:
        self._recent.add(told.table.finished, told.table_at)
        # a first page says nothing of when it happened
        if before is not None and told.page_at > before.page_at:
            grown = growth(before.counts, told.counts, told.page_at - before.page_at)
            self._history.add(self._names[key], told.page_at - grown.seconds, told.page_at, grown)

    def facts(self, now: float, at: datetime) -> Facts:
        """All of it, at an instant."""
        up = [told for key, told in self._told.items() if not self._problems[key]]
        proxies = [told for told in up if isinstance(told, ProxyTold)]
        machine = next((told for told in up if isinstance(told, Machine)), Machine())
        past = next((told for told in up if isinstance(told, PastTold)), None)
        facts = Facts(
            at=at,
            title=self._targets.title,
            sources=tuple(
                Source(part, self._names[part, url], problem)
                for (part, url), problem in self._problems.items()
            ),
            missing=self._targets.missing,
            remedy=self._targets.remedy,
            proxies_read=past.proxies if past else None,
            requests=tuple(in_flight((told.table, now - told.table_at) for told in proxies)),
            finished=tuple(self._recent.entries(now)),
            models=machine.models,
            gpus=machine.gpus,
            host=_host(machine.host, past),
            totals=total([told.counts for told in proxies]),
            now=self._history.over(NOW_SECONDS, now),
            lately=self._history.over(LATELY_SECONDS, now),
            slots=self._history.slots(round(KEPT_SECONDS / SLOT_SECONDS), now),
        )
        return _with_ollama(_with_health(facts, proxies), machine)


def _host(host: Host, past: PastTold | None) -> Host:
    """With what Prometheus says where it can only be of this machine: two pages take seconds."""
    if host.cpu_ratio is not None or past is None or len(past.cpu_ratio) != 1:
        return host
    return replace(host, cpu_ratio=next(iter(past.cpu_ratio.values())))


def _with_health(facts: Facts, proxies: list[ProxyTold]) -> Facts:
    """Ollama is up where one proxy says so: others may stand before another."""
    health = [told.health for told in proxies]
    if not health:
        return facts
    known = [one.ollama_up for one in health if one.ollama_up is not None]
    uptimes = [one.uptime_seconds for one in health if one.uptime_seconds is not None]
    return replace(
        facts,
        release=health[0].release,
        uptime_seconds=min(uptimes, default=None),
        ollama_up=any(known) if known else None,
        ollama_detail=next((one.ollama_detail for one in health if one.ollama_up is False), ""),
    )


def _with_ollama(facts: Facts, machine: Machine) -> Facts:
    """The proxy asks when it is asked; the exporter's word is older, but has a version."""
    return replace(
        facts,
        ollama_up=machine.ollama_up if facts.ollama_up is None else facts.ollama_up,
        ollama_version=machine.ollama_version,
    )
