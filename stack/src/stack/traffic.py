"""`traffic`: the traffic generator against the running stack, in place of this process."""

import os
import sys
from collections.abc import Sequence

from stack import probes, supervised
from stack.errors import StackError
from stack.plan import Plan
from stack.request import Request


def traffic(request: Request, arguments: Sequence[str]) -> int:
    """Become `python -m traffic`. Raises: StackError where no stack runs."""
    plan = Plan.load(request.places.run)
    if plan is None or supervised.connect(request.socket) is None:
        raise StackError("no stack is running to send questions to: make start")
    proxy = next(part for part in plan.parts if part.name == "proxy")
    if not probes.is_ready(proxy.ready_url):
        raise StackError("the proxy is not ready: make status")
    defaults = {"TRAFFIC_BASE_URL": proxy.addresses[0].url}
    given = {name: value for name, value in request.variables.items() if value}
    command = [sys.executable, "-m", "traffic", *arguments]
    os.execve(command[0], command, defaults | given)
