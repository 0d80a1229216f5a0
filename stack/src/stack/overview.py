"""What runs where, and how it is: the table of `start` and `status`."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ollama_observe.service.addresses import is_loopback
from stack import probes
from stack.console import columns, duration, megabytes, say
from stack.model_api import how_to_start
from stack.parts import Part
from stack.places import IN_ITS_PLACE
from stack.plan import Plan
from stack.processes import RUNNING, Process, Watches
from stack.request import Request
from stack.traffic.standing import headline
from stack.traffic.worker import asked

API_ONLY = (
    "API only, no web pages: this build of Prometheus has none; the official release has them"
)


_LEAST_BYTES = 20_000_000
"""What Prometheus wants for its log of samples before long."""


@dataclass(frozen=True, slots=True)
class PartState:
    """One row. Units: `since` is local time in ISO 8601."""

    name: str
    health: str
    pid: int | None
    urls: tuple[str, ...]
    since: str
    uptime_seconds: int
    detail: str = ""

    @property
    def is_healthy(self) -> bool:
        """Whether it runs and says that it is ready."""
        return self.health == "ready"


def states(plan: Plan, supervisor: Watches) -> list[PartState]:
    """Every part as it is now, by asking the supervisor and the part itself."""
    processes = supervisor.processes()
    return [_state(part, processes.get(part.name)) for part in plan.parts]


def _state(part: Part, process: Process | None) -> PartState:
    urls = tuple(address.page_url for address in part.addresses)
    if process is None:
        return PartState(part.name, "unknown", None, urls, "", 0)
    since = datetime.fromtimestamp(process.since).astimezone() if process.since else None
    return PartState(
        name=part.name,
        health=health_of(
            process.state, process.state in RUNNING and probes.is_ready(part.ready_url)
        ),
        pid=process.pid,
        urls=urls,
        since=since.isoformat(" ", "seconds") if since else "",
        uptime_seconds=process.uptime_seconds,
        detail=process.detail,
    )


def health_of(state: str, is_ready: bool) -> str:
    """One word for the operator from the supervisor's state and the part's own answer."""
    if state in RUNNING:
        return "ready" if is_ready else "not ready"
    return {"BACKOFF": "restarting", "STOPPING": "stopping"}.get(state, "down")


def show(
    request: Request,
    plan: Plan,
    rows: Sequence[PartState],
    title: str,
    answers: bool | None,
    log_of: Callable[[str], str] | None = None,
) -> None:
    """Print the table. `answers` is what `ollama_answers` found.

    `log_of` says where a part's log is, where that is no file of ours.
    """
    say(title)
    header = ("PART", "STATE", "PID", "UP", "SINCE", "URL", "LOG")
    lines: list[tuple[str, ...]] = [header]
    for row in rows:
        file = request.places.log_of(row.name)
        log = log_of(row.name) if log_of else request.places.shown(file)
        up = duration(row.uptime_seconds) if row.pid else ""
        pid = str(row.pid or "-")
        lines.append((row.name, row.health, pid, up, row.since[:19], row.urls[0], log))
        # the proxy's; its return legs are for the gateway alone
        lines += [("", "", "", "", "", url, "") for url in row.urls[1:2]]
    for line in columns(lines):
        say(line)
    for row in rows:
        if row.detail and not row.is_healthy:
            say(f"  {row.name}: {row.detail}")
    if plan.model_api:
        say(f"  model API: {plan.model_api}")
    for note in (
        *disk_notes(request.places.state),
        *model_api_notes(plan, answers),
        *gateway_notes(plan),
        *worker_notes(plan),
        *plan.notes,
    ):
        say(f"  {note}")


def disk_notes(state: Path, least_bytes: int = _LEAST_BYTES) -> tuple[str, ...]:
    """That the disk is full where Prometheus and the logs write."""
    try:
        free = shutil.disk_usage(state).free
    except OSError:
        return ()
    if free >= least_bytes:
        return ()
    return (
        f"{megabytes(free)} are free for {state}: Prometheus keeps nothing then; {IN_ITS_PLACE}",
    )


def in_words(are_ready: bool, answers: bool | None) -> str:
    """How it is, in words; pure. `answers`: as `ollama_answers`."""
    if are_ready and answers is False:
        return "not healthy (all parts run, Ollama does not answer)"
    return "healthy" if are_ready else "not healthy"


def ollama_answers(plan: Plan) -> bool | None:
    """Whether the proxy's Ollama answers; None where it has none, or a part of ours. Asks it."""
    is_theirs = plan.api_url and plan.part("proxy") and not plan.part("engine")
    return probes.get(plan.api_url) is not None if is_theirs else None


def model_api_notes(plan: Plan, answers: bool | None) -> tuple[str, ...]:
    """That nothing answers as Ollama any more; pure."""
    if answers is not False:
        return ()
    return (
        f"nothing answers at {plan.api_url} now: clients of the proxy get a 502 that says so; "
        f"{how_to_start(plan.api_url)}",
    )


def gateway_notes(plan: Plan) -> tuple[str, ...]:
    """Which way requests go, where there is a gateway. Asks it."""
    if plan.gateway is not None and probes.is_gateway(plan.gateway):
        return (f"Portkey: requests go through the gateway at {plan.gateway}",)
    if plan.gateway is not None:
        is_ours = is_loopback(urlsplit(plan.gateway).hostname or "")
        return (
            f"Portkey: no gateway answers at {plan.gateway}, and until one does requests go "
            f"direct, or fail with PROXY_PORTKEY_STRICT{': make start-portkey' if is_ours else ''}",
        )
    if plan.part("portkey") and plan.part("proxy"):
        return ("Portkey: runs, and requests go direct: make start-with-portkey routes them",)
    return ()


def worker_notes(plan: Plan) -> tuple[str, ...]:
    """What the traffic worker does, where there is one. Asks it."""
    part = plan.part("traffic")
    standing = asked(part.addresses[0].url) if part else None
    return () if standing is None else (f"traffic: {headline(standing)}",)


def show_started(request: Request, plan: Plan, rows: Sequence[PartState]) -> None:
    """Print what runs where after a start, and what to do next."""
    say()
    show(request, plan, rows, "running:", ollama_answers(plan))
    prometheus, proxy = plan.part("prometheus"), plan.part("proxy")
    dashboard = plan.part("dashboard")
    if prometheus and not has_pages(prometheus):
        say(f"  Prometheus: {API_ONLY}")
    say()
    if dashboard:
        say(f"  Watch it: {dashboard.addresses[0].url}")
    if proxy is None:
        asks = "make health-portkey asks the gateway; " if plan.part("portkey") else ""
        say(f"  {asks}make start brings the rest")
        return
    url = proxy.addresses[0].url
    is_embedded = plan.part("engine") is not None
    say(f"  Point clients at {url} instead of Ollama, for example:")
    say(f"    curl {url}/api/chat -d '{EXAMPLE}'" if is_embedded else f"    curl {url}/api/tags")
    say("  make traffic-quick sends ten questions; make status, logs, metrics, stop")
    if plan.part("traffic"):
        say("  make traffic-rate RATE=1 paces the worker; make traffic-status, traffic-stop")


EXAMPLE = '{"model":"smollm2:135m","messages":[{"role":"user","content":"Why is the sky blue?"}]}'


def has_pages(prometheus: Part) -> bool:
    """Whether this Prometheus serves its web pages; Debian's, unpacked, has only the API."""
    return probes.is_ready(f"{prometheus.addresses[0].url}/")


def as_json(
    plan: Plan, rows: Sequence[PartState], answers: bool | None, runtime: str = "local"
) -> dict[str, Any]:
    """The same facts for programs; `runtime` is the world that it runs in."""
    parts = [asdict(row) for row in rows]
    return {
        "running": True,
        "runtime": runtime,
        "model_api": plan.model_api,
        "ollama_answers": answers,
        "gateway": plan.gateway,
        "parts": parts,
    }
