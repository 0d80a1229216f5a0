"""`python -m stack VERB`: what the Makefile's verbs call."""

import argparse
import http.client
import os
import signal
import sys
from collections.abc import Callable, Sequence

from stack.console import complain
from stack.errors import StackError
from stack.request import Request, alone, read_request

INTERRUPTED = 130

_STARTS = {
    "start": "set up what is missing, start every part, wait until ready",
    "start-with-portkey": "the same, with requests through the Portkey gateway",
    "start-portkey": "start the gateway, alone or beside what runs",
    "start-proxy": "start only what the proxy needs, without a gateway",
    "start-proxy-portkey": "the same, with requests through a gateway that runs already",
    "start-dashboard": "start the dashboard, alone or beside what runs",
}

_WITH_FLAGS = ("traffic", "traffic-start")
"""Verbs whose further words are the traffic generator's flags."""

_INTERRUPTIONS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(argv: Sequence[str]) -> int:
    """Run one verb; returns its exit code. 2 is bad input, 130 an interruption."""
    arguments = _arguments(argv)
    for number in _INTERRUPTIONS:
        if signal.getsignal(number) != signal.SIG_IGN:  # nohup's wish
            signal.signal(number, _interrupt)
    try:
        return _VERBS[arguments.verb](read_request(os.environ), arguments)  # noqa: TID251 (the one reader)
    except StackError as error:
        for line in str(error).splitlines():
            complain(line)
        return error.exit_code
    except BrokenPipeError:  # `make metrics | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (OSError, http.client.HTTPException) as error:
        complain(_in_words(error))
        return 1
    except KeyboardInterrupt:
        complain("interrupted")
        return INTERRUPTED


def _in_words(error: OSError | http.client.HTTPException) -> str:
    if isinstance(error, ConnectionError | http.client.HTTPException):
        return f"the supervisor went away: {error or type(error).__name__}; try again"
    # a full disk, a folder that is not ours to write to
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}"


def _interrupt(*_: object) -> None:
    # once is enough: what is cleaned up after the first must not be cut by a second
    for number in _INTERRUPTIONS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = _parser()
    arguments, rest = parser.parse_known_args(argv)
    if rest and arguments.verb not in _WITH_FLAGS:
        parser.error(f"unknown arguments: {' '.join(rest)}")
    arguments.rest = rest
    return arguments


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="stack", description="The whole stack on one machine.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb, words in _STARTS.items():
        verbs.add_parser(verb, help=words)
    verbs.add_parser("stop", help="drain and stop every part")
    verbs.add_parser("stop-portkey", help="stop the gateway, nothing else")
    verbs.add_parser("dashboard", help="the dashboard in the foreground, before what runs")
    verbs.add_parser("stop-dashboard", help="stop the dashboard, nothing else")
    verbs.add_parser("restart", help="stop, then start what ran with the settings of now")
    verbs.add_parser("health-portkey", help="exit code 0 healthy, 1 not, 3 not running")
    verbs.add_parser("setup", help="fetch what start needs, start nothing")
    status = verbs.add_parser("status", help="exit code 0 healthy, 1 not, 3 not running")
    status.add_argument("--json", action="store_true", help="for programs")
    logs = verbs.add_parser("logs", help="recent lines, then new ones until interrupted")
    logs.add_argument("part", nargs="?", help="only this part")
    logs.add_argument("--no-follow", action="store_true", help="recent lines only")
    rules = verbs.add_parser("rules", help="render prometheus/rules with the settings of now")
    rules.add_argument("--check", action="store_true", help="compare, write nothing")
    verbs.add_parser("metrics", help="what the proxy has measured")
    alerts = verbs.add_parser(
        "alerts",
        help="what fires now: exit code 0 nothing, 1 something, 3 no Prometheus with alerts",
        description="What fires now, and what is about to, as Prometheus says. Exit code 0: "
        "nothing fires; 1: something does, or a rule cannot be evaluated, or was not yet, just "
        "after a start; 3: no Prometheus answers, or it has no alerts.",
    )
    alerts.add_argument("--json", action="store_true", help="for programs")
    verbs.add_parser("traffic", help="send questions to the running stack", add_help=False)
    _add_verbs_of_the_worker(verbs)
    return parser


def _add_verbs_of_the_worker(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    verbs.add_parser("traffic-start", help="have the worker ask; flags as of a run: --mix rag")
    verbs.add_parser("traffic-stop", help="have the worker ask nothing more")
    rate = verbs.add_parser("traffic-rate", help="have the worker go on at another rate")
    rate.add_argument("rate", nargs="?", help="questions a second")
    status = verbs.add_parser(
        "traffic-status", help="what the worker does: exit code 0 well, 1 not, 3 there is none"
    )
    status.add_argument("--json", action="store_true", help="for programs")


# each verb imports what it needs: a status should not wait for the code that downloads


def _start(request: Request, arguments: argparse.Namespace) -> int:
    from stack.start import start

    with alone(request):
        return start(request, arguments.verb)


def _stop(request: Request, _: argparse.Namespace) -> int:
    from stack.stop import stop

    with alone(request):
        return stop(request)


def _stop_portkey(request: Request, _: argparse.Namespace) -> int:
    from stack.portkey.stop import stop_portkey

    with alone(request):
        return stop_portkey(request)


def _dashboard(request: Request, _: argparse.Namespace) -> int:
    from stack.dashboard.run import dashboard

    return dashboard(request)


def _stop_dashboard(request: Request, _: argparse.Namespace) -> int:
    from stack.dashboard.stop import stop_dashboard

    with alone(request):
        return stop_dashboard(request)


def _restart(request: Request, _: argparse.Namespace) -> int:
    from stack.restart import restart

    with alone(request):
        return restart(request)


def _health_portkey(request: Request, _: argparse.Namespace) -> int:
    from stack.portkey.health import health

    return health(request)


def _setup(request: Request, _: argparse.Namespace) -> int:
    from stack.start import set_up

    with alone(request):
        return set_up(request)


def _status(request: Request, arguments: argparse.Namespace) -> int:
    from stack.status import status

    return status(request, arguments.json)


def _logs(request: Request, arguments: argparse.Namespace) -> int:
    from stack.logs import logs

    return logs(request, arguments.part, not arguments.no_follow)


def _rules(request: Request, arguments: argparse.Namespace) -> int:
    from stack.prometheus.rules import rewrite

    return rewrite(request, arguments.check)


def _metrics(request: Request, _: argparse.Namespace) -> int:
    from stack.metrics import metrics

    return metrics(request)


def _alerts(request: Request, arguments: argparse.Namespace) -> int:
    from stack.alerts import alerts

    return alerts(request, arguments.json)


def _traffic(request: Request, arguments: argparse.Namespace) -> int:
    from stack.traffic.run import traffic

    return traffic(request, arguments.rest)


def _worker(request: Request, arguments: argparse.Namespace) -> int:
    from stack.traffic import worker

    match arguments.verb:
        case "traffic-start":
            return worker.start(request, arguments.rest)
        case "traffic-stop":
            return worker.stop(request)
        case "traffic-rate":
            return worker.change_rate(request, arguments.rate)
    return worker.status(request, arguments.json)


_VERBS: dict[str, Callable[[Request, argparse.Namespace], int]] = {
    **dict.fromkeys(_STARTS, _start),
    "stop": _stop,
    "stop-portkey": _stop_portkey,
    "dashboard": _dashboard,
    "stop-dashboard": _stop_dashboard,
    "restart": _restart,
    "setup": _setup,
    "health-portkey": _health_portkey,
    "status": _status,
    "logs": _logs,
    "rules": _rules,
    "metrics": _metrics,
    "alerts": _alerts,
    "traffic": _traffic,
    **dict.fromkeys(("traffic-start", "traffic-stop", "traffic-rate", "traffic-status"), _worker),
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
