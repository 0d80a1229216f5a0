"""`traffic`: the traffic generator against the running stack, in place of this process."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from ollama_observe.service.addresses import without_credentials
from stack import probes, supervised
from stack.errors import StackError
from stack.parts import Address, portkey_address
from stack.plan import Plan
from stack.request import Request
from stack.settings import DEFAULT_OLLAMA_URL, StackSettings


def traffic(request: Request, arguments: Sequence[str]) -> int:
    """Become `python -m traffic`. Raises: StackError where no stack runs."""
    plan = Plan.load(request.places.run)
    if plan is None or supervised.connect(request.socket) is None:
        raise StackError("no stack is running to send questions to: make start")
    proxy = plan.part("proxy")  # a gateway alone can be asked, too
    if proxy is not None and not probes.is_ready(proxy.ready_url):
        raise StackError("the proxy is not ready: make status")
    given = {name: value for name, value in request.variables.items() if value}
    told = addresses(plan, request.settings) | results(request.places.repository)
    command = [sys.executable, "-m", "traffic", *arguments]
    os.execve(command[0], command, told | given)


def results(repository: Path) -> dict[str, str]:
    """Where what was measured is kept, unless the operator says otherwise."""
    return {"TRAFFIC_RESULTS_DIRECTORY": str(repository / "results")}


def addresses(plan: Plan, settings: StackSettings) -> dict[str, str]:
    """Where the parts that run answer, as the traffic generator's variables.

    What was not started here is where the settings say: the plan keeps no variables of a part.
    """
    started = {part.name: part.addresses[0].url for part in plan.parts}
    ollama = started.get("engine", settings.ollama_url or DEFAULT_OLLAMA_URL)
    proxy = Address("proxy", settings.proxy_host, settings.proxy_port, "PROXY_PORT")
    return {
        "TRAFFIC_BASE_URL": started.get("proxy", proxy.url),
        "TRAFFIC_PORTKEY_URL": started.get("portkey", portkey_address(settings).url),
        "TRAFFIC_OLLAMA_URL": without_credentials(ollama),
    }
