"""`traffic`: the traffic generator against the running stack, in place of this process."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from stack import probes, supervised
from stack.errors import StackError
from stack.plan import Plan
from stack.request import Request
from stack.traffic.part import ANY_MODEL, addresses


def traffic(request: Request, arguments: Sequence[str], elsewhere: Plan | None = None) -> int:
    """Become `python -m traffic`. Raises: StackError where no stack runs.

    `elsewhere` is what runs, where this stack's supervisor does not run it.
    """
    here = Plan.load(request.places.run) if supervised.connect(request.socket) else None
    plan = elsewhere or here
    if plan is None:
        raise StackError("no stack is running to send questions to: make start")
    proxy = plan.part("proxy")  # a gateway alone can be asked, too
    if proxy is not None and not probes.is_ready(proxy.ready_url):
        raise StackError("the proxy is not ready: make status")
    given = {name: value for name, value in request.variables.items() if value}
    told = addresses(plan.parts, request.settings) | ANY_MODEL
    told |= results(request.places.repository)
    command = [sys.executable, "-m", "traffic", *arguments]
    os.execve(command[0], command, told | given)


def results(repository: Path) -> dict[str, str]:
    """Where what was measured is kept, unless the operator says otherwise."""
    return {"TRAFFIC_RESULTS_DIRECTORY": str(repository / "results")}
