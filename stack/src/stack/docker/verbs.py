"""The verbs where the parts are containers; each imports what it needs."""

from argparse import Namespace
from collections.abc import Callable

from stack.local import WORKER, worker
from stack.request import Request, alone
from stack.wish import STARTS


def _start(request: Request, arguments: Namespace) -> int:
    from stack.docker.up import start

    with alone(request):
        return start(request, arguments.verb)


def _set_up(request: Request, _: Namespace) -> int:
    from stack.docker.up import set_up

    with alone(request):
        return set_up(request)


def _restart(request: Request, _: Namespace) -> int:
    from stack.docker.up import restart

    with alone(request):
        return restart(request)


def _stop(request: Request, _: Namespace) -> int:
    from stack.docker.down import stop

    with alone(request):
        return stop(request)


def _stop_part(request: Request, arguments: Namespace) -> int:
    from stack.docker.down import stop_part

    with alone(request):
        return stop_part(request, arguments.verb.removeprefix("stop-"))


def _installed(_: Request, __: Namespace) -> int:
    from stack.console import say

    say("installed in .venv: make setup builds and pulls the images, make start starts them")
    return 0


def _install_dashboard(request: Request, _: Namespace) -> int:
    from stack.docker.dashboard import install

    return install(request)


def _dashboard(request: Request, _: Namespace) -> int:
    from stack.docker.dashboard import dashboard

    return dashboard(request)


def _pull_model(request: Request, _: Namespace) -> int:
    from stack.docker.pulling import pull_model

    return pull_model(request)


def _status(request: Request, arguments: Namespace) -> int:
    from stack.docker.overview import status

    return status(request, arguments.json)


def _logs(request: Request, arguments: Namespace) -> int:
    from stack.docker.logs import logs

    return logs(request, arguments.part, not arguments.no_follow)


def _metrics(request: Request, _: Namespace) -> int:
    from stack.docker.metrics import metrics

    return metrics(request)


def _top(request: Request, arguments: Namespace) -> int:
    from stack.docker.top import top

    return top(request, arguments)


def _fit(request: Request, arguments: Namespace) -> int:
    from stack.docker.fit import fit

    return fit(request, arguments)


def _cache_clear(request: Request, _: Namespace) -> int:
    from stack.docker.cache import clear

    return clear(request)


def _alerts(request: Request, arguments: Namespace) -> int:
    from stack.alerts import alerts
    from stack.docker.containers import plan_of
    from stack.docker.preparing import ours

    return alerts(request, arguments.json, plan_of(ours(request)))


def _health_portkey(request: Request, _: Namespace) -> int:
    from stack.docker.portkey import health

    return health(request)


def _traffic(request: Request, arguments: Namespace) -> int:
    from stack.docker.traffic import traffic

    return traffic(request, arguments.rest)


def _compare(request: Request, arguments: Namespace) -> int:
    from stack.docker.traffic import compare

    return compare(request, arguments.rest)


def _worker(request: Request, arguments: Namespace) -> int:
    from stack.docker.containers import plan_of
    from stack.docker.preparing import ours

    return worker(request, arguments, plan_of(ours(request)))


def _images(request: Request, arguments: Namespace) -> int:
    from stack.docker import bundle

    match arguments.verb:
        case "bundle":
            return bundle.save(request, arguments.file)
    return bundle.build(request)


VERBS: dict[str, Callable[[Request, Namespace], int]] = {
    **dict.fromkeys(STARTS, _start),
    "setup": _set_up,
    "restart": _restart,
    "stop": _stop,
    "stop-portkey": _stop_part,
    "stop-dashboard": _stop_part,
    "install": _installed,
    "install-dashboard": _install_dashboard,
    "dashboard": _dashboard,
    "pull-model": _pull_model,
    "status": _status,
    "logs": _logs,
    "metrics": _metrics,
    "top": _top,
    "fit": _fit,
    "cache-clear": _cache_clear,
    "alerts": _alerts,
    "health-portkey": _health_portkey,
    "traffic": _traffic,
    "traffic-compare": _compare,
    **dict.fromkeys(WORKER, _worker),
    **dict.fromkeys(("images", "bundle"), _images),
}
