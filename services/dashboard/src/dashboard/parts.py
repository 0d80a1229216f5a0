"""How each part of the stack is, by what the parts say of themselves and each other. Pure."""

from dataclasses import dataclass, field

from dashboard.health import REPLICAS, CheckTold, Health
from dashboard.messages import Part, State

TITLES = {
    "ollama": "Ollama",
    "proxy": "Proxy",
    "gpu-exporter": "Exporter",
    "prometheus": "Prometheus",
    "portkey": "Portkey",
    "traffic": "Traffic",
}
"""The parts in the order in which they are shown."""

_OF_OTHERS = frozenset({"ollama", "portkey"})
"""What the proxy says of others."""

_MISSED_SCRAPES = 3
_LEAST_BEHIND_SECONDS = 15.0
_RESTART_SECONDS = 5.0
"""Uptimes jitter by less."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the parts said. A text is why one said nothing; None: it is not part of this stack.

    `prometheus` is empty where it is ready. `ollama_up` is the exporter's word, by Prometheus.
    Units: `newest` is Unix time; `scrape_seconds`.
    """

    proxy: Health | str
    exporter: Health | str | None
    traffic: Health | str | None
    prometheus: str | None
    newest: float | None = None
    ollama_up: bool | None = None
    scrape_seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class Finding:
    """How a part is. `is_heard`: it answered just now. Units: `up_since` is Unix time."""

    state: State
    reason: str
    is_heard: bool = False
    up_since: float | None = None


def findings(told: Told, now: float) -> dict[str, Finding]:
    """How every part is."""
    return {
        "ollama": _ollama(told),
        "proxy": _proxy(told.proxy, now),
        "gpu-exporter": _exporter(told.exporter, now),
        "prometheus": _prometheus(told, now),
        "portkey": _portkey(told.proxy),
        "traffic": _traffic(told.traffic, now),
    }


@dataclass(slots=True)
class Standings:
    """Since when each part has been as it is, by all that was found before.

    What it was before the first look nobody knows: it has been so since then at least, or for as
    long as it says that it runs.
    """

    _known: dict[str, Part] = field(default_factory=dict)

    def parts(self, found: dict[str, Finding], now: float) -> list[Part]:
        """The parts, with what was found now."""
        return [self._part(name, found[name], now) for name in TITLES]

    def _part(self, name: str, finding: Finding, now: float) -> Part:
        before = self._known.get(name)
        if before and before.state is State.OFF and finding.state is State.UNKNOWN:
            return before  # who could tell is away, and it was not there before
        seen = now if finding.is_heard else before.seen if before else None
        part = Part(
            name=name,
            title=TITLES[name],
            state=finding.state,
            reason=finding.reason,
            since=_since(before, finding, now),
            seen=None if finding.state is State.OFF else seen,
        )
        self._known[name] = part
        return part


def _since(before: Part | None, finding: Finding, now: float) -> float:
    up_since = finding.up_since if finding.state is State.OK else None
    if before is None:
        return now if up_since is None else up_since
    if before.state is not finding.state or before.since is None:
        return now
    has_restarted = up_since is not None and up_since > before.since + _RESTART_SECONDS
    return up_since if has_restarted and up_since is not None else before.since


def _ollama(told: Told) -> Finding:
    if isinstance(told.proxy, Health) and (check := told.proxy.checks.get("ollama")):
        return _of_check(check)
    if told.ollama_up is None:
        return Finding(State.UNKNOWN, "the proxy, which asks it, does not answer")
    if told.ollama_up:
        return Finding(State.OK, "it answers the exporter", is_heard=True)
    return Finding(State.DOWN, "it does not answer the exporter")


def _of_check(check: CheckTold) -> Finding:
    state = State.OK if check.ok else State.DOWN
    return Finding(state, check.detail, is_heard=check.ok)


def _proxy(told: Health | str, now: float) -> Finding:
    if isinstance(told, str):
        return Finding(State.DOWN, told)
    own = {name: check for name, check in told.checks.items() if name not in _OF_OTHERS}
    several = own.get(REPLICAS)
    well = several.detail if several else "takes requests"
    return _service(Health(told.ready, told.uptime_seconds, own), well, now)


def _exporter(told: Health | str | None, now: float) -> Finding:
    if told is None:
        return Finding(State.OFF, "not part of this stack (GPU_EXPORTER=off)")
    if isinstance(told, str):
        return Finding(State.DOWN, told)
    return _service(told, "reads cards, machine and models", now)


def _traffic(told: Health | str | None, now: float) -> Finding:
    if told is None:
        return Finding(State.OFF, "not part of this stack: make start TRAFFIC=on")
    if isinstance(told, str):
        return Finding(State.DOWN, told)
    run = told.checks.get("run")
    return _service(told, run.detail if run else "runs", now)


def _service(told: Health, well: str, now: float) -> Finding:
    """A process that answers: it is well, unless it or a check of it says otherwise."""
    failed = [f"{name}: {check.detail}" for name, check in told.checks.items() if not check.ok]
    if not told.ready:
        return Finding(State.DEGRADED, "it takes nothing: it starts, or it stops", is_heard=True)
    if failed:
        more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        return Finding(State.DEGRADED, f"{failed[0]}{more}", is_heard=True)
    return Finding(State.OK, well, is_heard=True, up_since=now - told.uptime_seconds)


def _portkey(told: Health | str) -> Finding:
    if isinstance(told, str):
        return Finding(State.UNKNOWN, "the proxy, which asks it, does not answer")
    check = told.checks.get("portkey")
    if check is None:
        return Finding(State.OFF, "requests go straight to Ollama: make start-with-portkey")
    if check.ok and check.is_up is False:
        return Finding(State.DEGRADED, check.detail)
    return _of_check(check)


def _prometheus(told: Told, now: float) -> Finding:
    if told.prometheus is None:
        return Finding(State.OFF, "not part of this stack (PROMETHEUS=off): there is no history")
    if told.prometheus:
        return Finding(State.DOWN, told.prometheus)
    behind = _behind(told, now)
    if behind:
        return Finding(State.DEGRADED, behind, is_heard=True)
    return Finding(State.OK, f"reads the parts every {told.scrape_seconds:g} s", is_heard=True)


def _behind(told: Told, now: float) -> str:
    """Why its numbers are not of now, where that is not the proxy's doing."""
    if isinstance(told.proxy, str):
        return ""
    if told.newest is None:
        return "it has no sample of the proxy"
    age = now - told.newest
    if age <= max(_LEAST_BEHIND_SECONDS, _MISSED_SCRAPES * told.scrape_seconds):
        return ""
    return f"its newest sample of the proxy is {age:.0f} s old"
