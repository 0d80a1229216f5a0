"""The verbs where the parts are processes of this machine.

Each imports what it needs: a status should not wait for the code that downloads.
"""

import os
import sys
from argparse import Namespace
from collections.abc import Callable

from stack.plan import Plan
from stack.request import Request, alone
from stack.wish import STARTS

Verb = Callable[[Request, Namespace], int]


def _start(request: Request, arguments: Namespace) -> int:
    from stack.start import start

    with alone(request):
        return start(request, arguments.verb)


def _start_ollama(request: Request, _: Namespace) -> int:
    from stack.ollama import start_ollama

    with alone(request):
        return start_ollama(request)


def _stop(request: Request, _: Namespace) -> int:
    from stack.stop import stop

    with alone(request):
        return stop(request)


def _stop_portkey(request: Request, _: Namespace) -> int:
    from stack.portkey.stop import stop_portkey

    with alone(request):
        return stop_portkey(request)


def _dashboard(request: Request, _: Namespace) -> int:
    from stack.dashboard.run import dashboard

    return dashboard(request)


def _stop_dashboard(request: Request, _: Namespace) -> int:
    from stack.dashboard.stop import stop_dashboard

    with alone(request):
        return stop_dashboard(request)


def _restart(request: Request, _: Namespace) -> int:
    from stack.restart import restart

    with alone(request):
        return restart(request)


def _health_portkey(request: Request, _: Namespace) -> int:
    from stack.portkey.health import health

    return health(request)


def _setup(request: Request, _: Namespace) -> int:
    from stack.start import set_up

    with alone(request):
        return set_up(request)


def _installed(_: Request, arguments: Namespace) -> int:
    from stack.console import say

    is_part = arguments.verb == "install-dashboard"
    say(
        "installed: make dashboard shows what runs"
        if is_part
        else "installed in .venv: make setup fetches what else a start needs, make start starts"
    )
    return 0


def _pull_model(request: Request, _: Namespace) -> int:
    from stack.pulling import pull_model

    return pull_model(request)


def _status(request: Request, arguments: Namespace) -> int:
    from stack.status import status

    return status(request, arguments.json)


def _logs(request: Request, arguments: Namespace) -> int:
    from stack.logs import logs

    return logs(request, arguments.part, not arguments.no_follow)


def _rules(request: Request, arguments: Namespace) -> int:
    from stack.prometheus.rules import rewrite

    return rewrite(request, arguments.check)


def _validate(request: Request, arguments: Namespace) -> int:
    from stack.validating.run import validate

    return validate(request, arguments.json, arguments.network)


def _metrics(request: Request, _: Namespace) -> int:
    from stack.metrics import metrics

    return metrics(request)


def _top(request: Request, arguments: Namespace) -> int:
    from stack.top.run import top

    return top(request, arguments)


def _fit(request: Request, arguments: Namespace) -> int:
    from stack.fit import fit

    return fit(request, arguments)


def _cache_clear(request: Request, _: Namespace) -> int:
    from stack.cache import clear

    return clear(request)


def _alerts(request: Request, arguments: Namespace) -> int:
    from stack.alerts import alerts

    return alerts(request, arguments.json)


def _traffic(request: Request, arguments: Namespace) -> int:
    from stack.traffic.run import traffic

    return traffic(request, arguments.rest)


def _compare(_: Request, arguments: Namespace) -> int:
    from stack.traffic.comparing import require_two

    require_two(arguments.rest)
    os.execv(sys.executable, [sys.executable, "-m", "traffic", "compare", *arguments.rest])


def _worker(request: Request, arguments: Namespace) -> int:
    return worker(request, arguments)


def worker(request: Request, arguments: Namespace, elsewhere: Plan | None = None) -> int:
    """The verbs that tell the traffic worker; `elsewhere` is what runs in another world."""
    from stack.traffic import worker as told

    match arguments.verb:
        case "traffic-start":
            return told.start(request, arguments.rest, elsewhere)
        case "traffic-stop":
            return told.stop(request, elsewhere)
        case "traffic-rate":
            return told.change_rate(request, arguments.rate, elsewhere)
    return told.status(request, arguments.json, elsewhere)


def _install_service(request: Request, _: Namespace) -> int:
    from stack.units.install import install
    from stack.units.service import service_of

    return install(service_of(request))


def _remove_service(request: Request, _: Namespace) -> int:
    from stack.units.remove import remove
    from stack.units.service import service_of

    return remove(service_of(request))


WORKER = ("traffic-start", "traffic-stop", "traffic-rate", "traffic-status")

VERBS: dict[str, Verb] = {
    **dict.fromkeys(STARTS, _start),
    "start-ollama": _start_ollama,
    "stop": _stop,
    "stop-portkey": _stop_portkey,
    "dashboard": _dashboard,
    "stop-dashboard": _stop_dashboard,
    "restart": _restart,
    "setup": _setup,
    "install": _installed,
    "install-dashboard": _installed,
    "pull-model": _pull_model,
    "health-portkey": _health_portkey,
    "status": _status,
    "logs": _logs,
    "rules": _rules,
    "validate": _validate,
    "metrics": _metrics,
    "top": _top,
    "fit": _fit,
    "cache-clear": _cache_clear,
    "alerts": _alerts,
    "traffic": _traffic,
    "traffic-compare": _compare,
    **dict.fromkeys(WORKER, _worker),
    "install-service": _install_service,
    "remove-service": _remove_service,
}
