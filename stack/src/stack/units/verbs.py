"""The verbs of a stack that runs under systemd: the same questions and answers as of another."""

import json

from stack import overview
from stack.console import complain, say
from stack.overview import PartState
from stack.plan import Plan
from stack.status import HEALTHY, NOT_RUNNING, UNHEALTHY
from stack.units.service import Service


def status(service: Service, as_json: bool = False) -> int:
    """Print the state; exit code 0 all healthy, 1 not all, 3 not running."""
    plan = service.plan()
    if plan is None or not service.manager.is_active():
        words = "not running: make install-service" if plan is None else "installed, not running"
        say(json.dumps({"running": False, "parts": []}) if as_json else words)
        return NOT_RUNNING
    rows = overview.states(plan, service.manager)
    is_healthy = all(row.is_healthy for row in rows)
    if as_json:
        say(json.dumps(overview.as_json(plan, rows, "service"), indent=2))
    else:
        word = "healthy" if is_healthy else "not healthy"
        show(service, plan, rows, f"{word}, under {service.whose}")
    return HEALTHY if is_healthy else UNHEALTHY


def already(service: Service) -> int:
    """What a start says where the service runs: nothing changed; exit code as status."""
    code = status(service)
    say("  it runs as a service, nothing changed: make install-service applies other settings")
    return code


def stop(service: Service) -> int:
    """Stop every part until the next boot or start."""
    service.stop()
    say(f"stopped, until {service.whose} starts it again: make remove-service takes it away")
    return 0


def restart(service: Service) -> int:
    """Stop, then start, as it was installed; exit code as status."""
    service.stop()
    service.start()
    return status(service)


def show(service: Service, plan: Plan, rows: list[PartState], title: str) -> None:
    """Print the table, with where systemd has the logs."""
    overview.show(service.request, plan, rows, title, lambda _: "journal")
    say(f"  logs: {service.manager.logs()}")
    for row in rows:
        if not row.is_healthy:
            complain(f"{row.name} is {row.health}: {service.manager.log_of(row.name)}")
