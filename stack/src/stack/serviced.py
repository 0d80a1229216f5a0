"""The verbs where the parts run under systemd; those that are not here are as of processes."""

from argparse import Namespace
from collections.abc import Callable

from stack.local import WORKER, worker
from stack.request import Request, alone
from stack.units.service import Service, running
from stack.wish import STARTS


def _of(request: Request) -> Service:
    service = running(request)
    assert service is not None  # the world was chosen for it
    return service


def _already(request: Request, _: Namespace) -> int:
    from stack.units.verbs import already

    return already(_of(request))


def _status(request: Request, arguments: Namespace) -> int:
    from stack.units.verbs import status

    return status(_of(request), arguments.json)


def _stop(request: Request, _: Namespace) -> int:
    from stack.units.verbs import stop

    service = _of(request)
    with alone(service.request):  # the lock of the units: the checkout may be somebody else's
        return stop(service)


def _restart(request: Request, _: Namespace) -> int:
    from stack.units.verbs import restart

    service = _of(request)
    with alone(service.request):  # the lock of the units: the checkout may be somebody else's
        return restart(service)


def _logs(request: Request, arguments: Namespace) -> int:
    return _of(request).logs(arguments.part, not arguments.no_follow)


def _metrics(request: Request, _: Namespace) -> int:
    from stack.metrics import metrics

    return metrics(request, _of(request).plan())


def _alerts(request: Request, arguments: Namespace) -> int:
    from stack.alerts import alerts

    return alerts(request, arguments.json, _of(request).plan())


def _traffic(request: Request, arguments: Namespace) -> int:
    from stack.traffic.run import traffic

    return traffic(request, arguments.rest, _of(request).plan())


def _health_portkey(request: Request, _: Namespace) -> int:
    from stack.portkey.health import health

    return health(request, _of(request).plan())


def _worker(request: Request, arguments: Namespace) -> int:
    return worker(request, arguments, _of(request).plan())


VERBS: dict[str, Callable[[Request, Namespace], int]] = {
    **dict.fromkeys(STARTS, _already),
    "status": _status,
    "stop": _stop,
    "restart": _restart,
    "logs": _logs,
    "metrics": _metrics,
    "alerts": _alerts,
    "traffic": _traffic,
    "health-portkey": _health_portkey,
    **dict.fromkeys(WORKER, _worker),
}
