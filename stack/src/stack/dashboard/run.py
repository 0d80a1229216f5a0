"""`dashboard`: the dashboard in the foreground, before what runs, in place of this process.

It needs none of what only the supervisor needs: `make install-dashboard` is enough.
"""

import os
import sys

from stack import ports
from stack.console import say
from stack.dashboard.part import NAME, dashboard_address, dashboard_part
from stack.plan import Plan
from stack.request import Request
from stack.variables import environment_of, others_variables


def dashboard(request: Request, elsewhere: Plan | None = None) -> int:
    """Become `python -m dashboard`. Raises: StackError where its port is taken.

    `elsewhere` is what runs, where this stack's supervisor does not run it.
    """
    address = dashboard_address(request.settings)
    ports.require_free([address], NAME)
    say(f"the dashboard: {address.url} (Ctrl-C ends it)")
    command = [sys.executable, "-m", "dashboard"]
    os.execve(command[0], command, environment(request, elsewhere))


def environment(request: Request, elsewhere: Plan | None = None) -> dict[str, str]:
    """What it is told: where the parts that run answer, and what the operator says."""
    # a plan without its supervisor is of a stack that was stopped
    here = Plan.load(request.places.run) if request.socket.exists() else None
    running = elsewhere or here
    part = dashboard_part(
        request.settings, running.parts if running else (), request.places.repository
    )
    own = environment_of(part, request.variables)
    return others_variables(request.variables) | own
