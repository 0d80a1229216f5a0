"""The verbs of a stack that runs under systemd: the same questions and answers as of another."""

import json

from stack import overview, probes
from stack.console import complain, say, step
from stack.overview import PartState
from stack.plan import Plan
from stack.status import NOT_RUNNING, UNHEALTHY, exit_code
from stack.units.service import Service
from stack.waiting import wait_until
from stack.wish import wish_of

_OTHER_SETTINGS = "make install-service applies other settings"
_ALL = ("start", "start-with-portkey")
_OF_ONE = {
    "start-portkey": "portkey",
    "start-with-portkey": "portkey",
    "start-dashboard": "dashboard",
}
"""Verbs that ask for a part which a service may be without."""


def status(service: Service, as_json: bool = False) -> int:
    """Print the state; exit code 0 all healthy, 1 not all or no Ollama, 3 not running."""
    seen = _shown(service, as_json)
    return exit_code(*seen) if seen else NOT_RUNNING


def _shown(service: Service, as_json: bool = False) -> tuple[bool, bool | None] | None:
    """Print the state: whether all parts are ready, and whether Ollama answers."""
    plan = service.what_runs()
    if plan is None or not service.manager.is_active():
        words = "not running: make install-service" if plan is None else "installed, not running"
        say(json.dumps({"running": False, "parts": []}) if as_json else words)
        return None
    rows = overview.states(plan, service.manager)
    are_ready, answers = all(row.is_healthy for row in rows), overview.ollama_answers(plan)
    if as_json:
        say(json.dumps(overview.as_json(plan, rows, answers, "service"), indent=2))
    else:
        word = overview.in_words(are_ready, answers)
        show(service, plan, rows, f"{word}, under {service.whose}", answers)
    return are_ready, answers


def _verdict(service: Service) -> int:
    """Print the state after a start: 0 where each part is ready, 1 where not, 3 where none runs."""
    seen = _shown(service)
    return exit_code(seen[0], None) if seen else NOT_RUNNING


def start(service: Service, verb: str) -> int:
    """Start what was stopped of what a verb asks for; exit code 1 where it has no such part."""
    wished = wish_of(verb, service.request.settings).parts
    stopped = [name for name in service.stopped() if verb in _ALL or name in wished]
    if stopped:
        is_whole = verb in _ALL and not service.manager.is_active()
        service.start(*(() if is_whole else stopped))
        settle(service.what_runs())
    code = _verdict(service)
    done = f"started {', '.join(stopped)}" if stopped else "nothing changed"
    say(f"  it runs as a service, {done}: {_OTHER_SETTINGS}")
    part, plan = _OF_ONE.get(verb), service.plan()
    if part and plan and not plan.part(part):
        complain(f"the service has no {part}: {part.upper()}=on make install-service")
        return UNHEALTHY
    return code


def stop(service: Service) -> int:
    """Stop every part until the next boot or start."""
    service.stop()
    say(f"stopped, until {service.whose} starts it again: make remove-service takes it away")
    return 0


def stop_part(service: Service, name: str) -> int:
    """Stop one part until the next boot or start; the rest goes on."""
    plan = service.what_runs()
    part = plan.part(name) if plan else None
    if plan is None or part is None:
        say(f"{name}: not running here")
        return 0
    service.stop(name)
    step(name, f"stopped, until {service.whose} or make start-{name} starts it again")
    if plan.gateway == part.addresses[0].url:
        say("the proxy sends requests direct until a gateway answers")
    return 0


def restart(service: Service) -> int:
    """Stop, then start, as it was installed; exit code 0 where each part is ready."""
    service.stop()
    service.start()
    settle(service.what_runs())
    code = _verdict(service)
    say(f"  with the settings that it was installed with: {_OTHER_SETTINGS}")
    return code


def settle(plan: Plan | None) -> None:
    """Wait until each part is ready, as long as it may take."""
    for part in plan.parts if plan else ():
        url, seconds = part.ready_url, part.ready_within_seconds
        wait_until(lambda url=url: probes.is_ready(url), seconds, 0.2)  # type: ignore[misc]


def show(
    service: Service, plan: Plan, rows: list[PartState], title: str, answers: bool | None
) -> None:
    """Print the table, with where systemd has the logs."""
    overview.show(service.request, plan, rows, title, answers, lambda _: "journal")
    say(f"  logs: {service.manager.logs()}")
    for row in rows:
        if not row.is_healthy:
            complain(f"{row.name} is {row.health}: {service.manager.log_of(row.name)}")
