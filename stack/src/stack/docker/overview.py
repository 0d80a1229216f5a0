"""What runs in which container, and how it is: the table of `start` and `status`."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from stack import probes
from stack.alerts import printable
from stack.console import columns, complain, say
from stack.docker.compose import project_of
from stack.docker.containers import ONE_SHOTS, PULL_MODEL, Container, plan_of, several
from stack.docker.preparing import Prepared, ours
from stack.overview import EXAMPLE, gateway_notes, in_words, worker_notes
from stack.plan import Plan
from stack.request import Request
from stack.status import HEALTHY, NOT_RUNNING, UNHEALTHY, exit_code

_OLLAMAS = ("ollama", "engine")

_HEALTH_SECONDS = 5.0
"""For an answer of the proxy, which asks Ollama first and gives it two seconds."""


def status(request: Request, as_json: bool = False) -> int:
    """Print the state; exit code 0 all healthy, 1 not all or no Ollama, 3 not running."""
    found = ours(request)
    if not any(one.is_running for one in found):
        say(json.dumps({"running": False, "parts": []}) if as_json else "not running: make start")
        return NOT_RUNNING
    said = checks(plan_of(found))
    are_ready, answers = all(map(is_healthy, found)), ollama_answers(said)
    if as_json:
        say(json.dumps(as_document(found, said), indent=2))
    else:
        name = project_of(request).name
        show(found, f"{in_words(are_ready, answers)}, in containers (project {name})", said)
    return exit_code(are_ready, answers)


def is_healthy(container: Container) -> bool:
    """Whether it runs and says that it is ready, or has done what it had to do."""
    return health_of(container) in ("ready", "done", "busy")


def health_of(container: Container) -> str:
    """One word for the operator; pure."""
    if container.is_done:
        return "done"
    if container.state == "running":
        words = {"healthy": "ready", "starting": "not ready", "unhealthy": "not ready"}
        is_one_shot = container.service in ONE_SHOTS
        return words.get(container.health, "busy" if is_one_shot else "ready")
    return {"restarting": "restarting", "paused": "paused"}.get(container.state, "down")


def rows(found: Iterable[Container]) -> list[tuple[str, ...]]:
    """The table's lines: each container, with where it is reached; pure."""
    lines = list[tuple[str, ...]]()
    for one in sorted(found, key=lambda one: one.name):
        addresses = [part.addresses for part in plan_of([one]).parts]
        urls = [address.page_url for of_part in addresses for address in of_part]
        up = one.status.removeprefix("Up ").partition(" (")[0] if one.is_running else one.status
        first, *others = urls or [""]
        lines.append((one.service, health_of(one), one.name, up, first))
        lines += [("", "", "", "", url) for url in others]
    return lines


def show(found: Sequence[Container], title: str, said: Mapping[str, Any]) -> None:
    """Print the table. `said` is what the proxy says, by `checks`."""
    say(title)
    for line in columns([("PART", "STATE", "CONTAINER", "UP", "URL"), *rows(found)]):
        say(line)
    plan = plan_of(found)
    for note in (
        *model_api_notes(found, said),
        *gateway_notes(routed(plan, said)),
        *worker_notes(plan),
    ):
        say(f"  {note}")


def ollama_answers(said: Mapping[str, Any]) -> bool | None:
    """Whether the proxy finds its Ollama, as it says itself; None where it does not say; pure."""
    found = said.get("ollama")
    return bool(found["ok"]) if isinstance(found, dict) and "ok" in found else None


def model_api_notes(found: Iterable[Container], said: Mapping[str, Any]) -> tuple[str, ...]:
    """That the proxy finds no Ollama; pure."""
    if ollama_answers(said) is not False:
        return ()
    is_ours = any(one.service in _OLLAMAS for one in found)  # also one that has ended
    remedy = "" if is_ours else "; start it (`ollama serve`)"
    detail = printable(str(said["ollama"].get("detail")))
    return (f"{detail}: clients of the proxy get a 502 that says so{remedy}",)


def checks(plan: Plan) -> Mapping[str, Any]:
    """What the proxy says of whom it asks; empty where none answers. Asks it."""
    proxy = plan.part("proxy")
    reply = probes.get(f"{proxy.addresses[-1].url}/health", _HEALTH_SECONDS) if proxy else None
    try:
        return dict(json.loads(reply.body)["checks"]) if reply else {}
    except (ValueError, LookupError, TypeError):  # something else's
        return {}


def routed(plan: Plan, said: Mapping[str, Any]) -> Plan:
    """The plan without a gateway that the proxy does not use; pure."""
    if plan.gateway is None or plan.part("proxy") is None:
        return plan
    # it tells of a gateway where it looks for one, and found it
    return plan if "portkey" in said else replace(plan, gateway=None)


def show_started(request: Request, prepared: Prepared, found: Sequence[Container]) -> None:
    """Print what runs where after a start, and what to do next."""
    say()
    title = f"running, in containers (project {prepared.project.name}):"
    show(found, title, checks(plan_of(found)))
    say(f"  model API: {prepared.choice.model_api}")
    if PULL_MODEL in prepared.services:
        model = request.settings.model
        say(f"  {model} is fetched where it is not there: make logs SERVICE={PULL_MODEL}")
    if prepared.choice.by_hand:
        scales = "".join(f" --scale {name}={count}" for name, count in several(found).items())
        say(f"  the same by hand: {prepared.choice.by_hand} docker compose up -d{scales}")
    say()
    _say_what_next(found, prepared.choice.has_engine)


def _say_what_next(found: Sequence[Container], is_embedded: bool) -> None:
    plan = plan_of(found)
    dashboard, proxy = plan.part("dashboard"), plan.part("proxy")
    if dashboard:
        say(f"  Watch it: {dashboard.addresses[0].url}")
    if proxy is None:
        say("  make start brings the rest")
        return
    url = proxy.addresses[0].url
    say(f"  Point clients at {url} instead of Ollama, for example:")
    say(f"    curl {url}/api/chat -d '{EXAMPLE}'" if is_embedded else f"    curl {url}/api/tags")
    say("  make traffic-quick sends ten questions; make status, logs, metrics, stop")


def verdict(found: Iterable[Container]) -> int:
    """Exit code 0, or 1 after saying what is not as it should be."""
    problems = [one for one in found if not is_healthy(one)]
    for one in problems:
        complain(f"{one.service} is {health_of(one)}: make logs SERVICE={one.service}")
    return UNHEALTHY if problems else HEALTHY


def as_document(found: Sequence[Container], said: Mapping[str, Any]) -> dict[str, Any]:
    """The same facts for programs; `said` is what the proxy says, by `checks`."""
    plan = routed(plan_of(found), said)
    parts = [
        {
            "name": one.service,
            "health": health_of(one),
            "container": one.name,
            "urls": [
                address.page_url for part in plan_of([one]).parts for address in part.addresses
            ],
            "detail": one.status,
        }
        for one in found
    ]
    return {
        "running": True,
        "runtime": "docker",
        "ollama_answers": ollama_answers(said),
        "gateway": plan.gateway,
        "parts": parts,
    }
