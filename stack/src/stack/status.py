"""`status`: each part's state, pid, address, health and since when."""

import json

from stack import overview, supervised
from stack.console import say
from stack.plan import Plan
from stack.request import Request

HEALTHY, UNHEALTHY, NOT_RUNNING = 0, 1, 3


def status(request: Request, as_json: bool = False) -> int:
    """Print the state; exit code 0 all healthy, 1 not all or no Ollama, 3 not running."""
    supervisor = supervised.connect(request.socket)
    plan = Plan.load(request.places.run)
    if supervisor is None or plan is None:
        say(json.dumps({"running": False, "parts": []}) if as_json else "not running: make start")
        return NOT_RUNNING
    rows = overview.states(plan, supervisor)
    are_ready, answers = all(row.is_healthy for row in rows), overview.ollama_answers(plan)
    if as_json:
        say(json.dumps(overview.as_json(plan, rows, answers), indent=2))
    else:
        word = overview.in_words(are_ready, answers)
        overview.show(request, plan, rows, f"{word}, as processes of this machine", answers)
    return exit_code(are_ready, answers)


def exit_code(are_ready: bool, answers: bool | None) -> int:
    """Of what runs; pure. `answers`: whether Ollama does, None where nobody was asked."""
    return HEALTHY if are_ready and answers is not False else UNHEALTHY
