"""The verbs where the parts run under systemd; those that are not here are as of processes."""

from argparse import Namespace
from collections.abc import Callable

from stack.local import WORKER, worker
from stack.request import Request
from stack.units.service import Service, installed
from stack.wish import STARTS


def _of(request: Request) -> Service:
    service = installed(request)
    assert service is not None  # the world was chosen for it
    return service


def _start(request: Request, arguments: Namespace) -> int:
    from stack.units.verbs import start

    service = _of(request)
    with service.alone():
        return start(service, arguments.verb)


def _status(request: Request, arguments: Namespace) -> int:
    from stack.units.verbs import status

    return status(_of(request), arguments.json)


def _stop(request: Request, _: Namespace) -> int:
    from stack.units.verbs import stop

    service = _of(request)
    with service.alone():
        return stop(service)


def _stop_part(request: Request, arguments: Namespace) -> int:
    from stack.units.verbs import stop_part

    service = _of(request)
    with service.alone():
        return stop_part(service, arguments.verb.removeprefix("stop-"))


def _restart(request: Request, _: Namespace) -> int:
    from stack.units.verbs import restart

    service = _of(request)
    with service.alone():
        return restart(service)


def _dashboard(request: Request, _: Namespace) -> int:
    from stack.dashboard.run import dashboard

    return dashboard(request, _of(request).what_runs())


def _logs(request: Request, arguments: Namespace) -> int:
    return _of(request).logs(arguments.part, not arguments.no_follow)


def _metrics(request: Request, _: Namespace) -> int:
    from stack.metrics import metrics

    return metrics(request, _of(request).what_runs())


def _top(request: Request, arguments: Namespace) -> int:
    from stack.top.run import top

    return top(request, arguments, _of(request).what_runs())


def _fit(request: Request, arguments: Namespace) -> int:
    from stack.fit import fit

    return fit(request, arguments, _of(request).what_runs())


def _cache_clear(request: Request, _: Namespace) -> int:
    from stack.cache import clear

    return clear(request, _of(request).plan())


def _alerts(request: Request, arguments: Namespace) -> int:
    from stack.alerts import alerts

    return alerts(request, arguments.json, _of(request).what_runs())


def _traffic(request: Request, arguments: Namespace) -> int:
    from stack.traffic.run import traffic

    return traffic(request, arguments.rest, _of(request).what_runs())


def _health_portkey(request: Request, _: Namespace) -> int:
    from stack.portkey.health import health

    return health(request, _of(request).what_runs())


def _worker(request: Request, arguments: Namespace) -> int:
    return worker(request, arguments, _of(request).what_runs())


VERBS: dict[str, Callable[[Request, Namespace], int]] = {
    **dict.fromkeys(STARTS, _start),
    "status": _status,
    "stop": _stop,
    **dict.fromkeys(("stop-portkey", "stop-dashboard"), _stop_part),
    "restart": _restart,
    "dashboard": _dashboard,
    "logs": _logs,
    "metrics": _metrics,
    "top": _top,
    "fit": _fit,
    "cache-clear": _cache_clear,
    "alerts": _alerts,
    "traffic": _traffic,
    "health-portkey": _health_portkey,
    **dict.fromkeys(WORKER, _worker),
}
