"""The verbs as a command line."""

import argparse
from collections.abc import Sequence

_STARTS = {
    "start": "set up what is missing, start every part, wait until ready",
    "start-with-portkey": "the same, with requests through the Portkey gateway",
    "start-portkey": "start the gateway, alone or beside what runs",
    "start-proxy": "start only what the proxy needs, without a gateway",
    "start-proxy-portkey": "the same, with requests through a gateway that runs already",
    "start-dashboard": "start the dashboard, alone or beside what runs",
    "start-ollama": "start only what answers as Ollama",
}

_PLAIN = {
    "stop": "drain and stop every part",
    "stop-portkey": "stop the gateway, nothing else",
    "dashboard": "the dashboard in the foreground, before what runs",
    "stop-dashboard": "stop the dashboard, nothing else",
    "install-dashboard": "what the dashboard alone needs",
    "restart": "stop, then start what ran with the settings of now",
    "health-portkey": "exit code 0 healthy, 1 not, 3 not running",
    "setup": "fetch what start needs, start nothing",
    "install": "say what was installed",
    "pull-model": "have Ollama fetch MODEL",
    "metrics": "what the proxy has measured",
    "cache-clear": "have the proxy forget its answers; exit code 3: it does not run",
    "images": "build every image of the stack, pull the others",
    "install-service": "write systemd's units and start them",
    "remove-service": "stop and remove systemd's units",
}

_WITH_FLAGS = ("traffic", "traffic-start", "traffic-compare")
"""Verbs whose further words are the traffic generator's flags."""


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The verb and its words; exits with 2 where they make no sense."""
    parser = _parser()
    arguments, rest = parser.parse_known_args(argv)
    if rest and arguments.verb not in _WITH_FLAGS:
        parser.error(f"unknown arguments: {' '.join(rest)}")
    arguments.rest = rest
    return arguments


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="stack", description="The whole stack on one machine.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb, words in (_STARTS | _PLAIN).items():
        verbs.add_parser(verb, help=words)
    status = verbs.add_parser(
        "status", help="exit code 0 healthy, 1 not, or no Ollama answers, 3 not running"
    )
    status.add_argument("--json", action="store_true", help="for programs")
    logs = verbs.add_parser("logs", help="recent lines, then new ones until interrupted")
    logs.add_argument("part", nargs="?", help="only this part")
    logs.add_argument("--no-follow", action="store_true", help="recent lines only")
    rules = verbs.add_parser("rules", help="render prometheus/rules with the settings of now")
    rules.add_argument("--check", action="store_true", help="compare, write nothing")
    validate = verbs.add_parser(
        "validate", help="whether all is here that a start needs: exit code 0 it is, 1 it is not"
    )
    validate.add_argument("--json", action="store_true", help="for programs")
    validate.add_argument("--network", action="store_true", help="whether packages can be had, too")
    alerts = verbs.add_parser(
        "alerts",
        help="what fires now: exit code 0 nothing, 1 something, 3 no Prometheus with alerts",
        description="What fires now, and what is about to, as Prometheus says. Exit code 0: "
        "nothing fires; 1: something does, or a rule cannot be evaluated, or was not yet, just "
        "after a start; 3: no Prometheus answers, or it has no alerts.",
    )
    alerts.add_argument("--json", action="store_true", help="for programs")
    _add_top(verbs)
    _add_fit(verbs)
    bundle = verbs.add_parser("bundle", help="all images as one archive")
    bundle.add_argument("file", nargs="?", help="the archive")
    _add_verbs_of_traffic(verbs)
    return parser


def names_another(arguments: argparse.Namespace) -> bool:
    """Whether the command line says whom to ask: then what runs here does not matter."""
    return arguments.verb == "top" and any(
        (arguments.host, arguments.proxy, arguments.exporter, arguments.prometheus)
    )


def _add_top(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    top = verbs.add_parser(
        "top",
        help="what happens now, in the terminal: exit code 0, 3 nobody answers",
        description="What happens now: models, requests in flight, the last minutes, GPUs, errors. "
        "Of this machine's stack, or of the parts that are named. Keys: q quits, p pauses, s sorts "
        "the requests, m shows one model's. Exit code 3: --once, and nobody answers.",
    )
    top.add_argument("--host", help="another machine's stack, at the ports of the settings")
    top.add_argument("--proxy", action="append", metavar="URL", help="a control address; several")
    top.add_argument("--exporter", metavar="URL", help="the GPU exporter")
    top.add_argument("--prometheus", metavar="URL", help="for the minutes before")
    top.add_argument("--once", action="store_true", help="one screen as plain text")
    top.add_argument("--json", action="store_true", help="one document for programs: docs/TOP.md")
    top.add_argument("--interval", type=float, default=1.0, metavar="SECONDS", help="1 if not said")


def _add_fit(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    fit = verbs.add_parser(
        "fit",
        help="whether a model fits beside what is loaded: exit code 0 yes, 1 no, 3 cannot be told",
        description="Whether a model fits beside what is loaded, with the reasoning; without a "
        "model how much is free, and what frees itself when. Exit code 0: it fits; 1: not beside "
        "what is loaded, or only in part, or not at all; 2: bad input; 3: it cannot be told.",
    )
    fit.add_argument("--model", help="one that Ollama has")
    fit.add_argument("--context", metavar="TOKENS", help="its context; else as Ollama would")
    fit.add_argument("--parallel", metavar="REQUESTS", help="at a time; else as Ollama would")
    fit.add_argument("--kv-cache-type", metavar="TYPE", help="f16, q8_0, q4_0, ...")
    fit.add_argument("--flash-attention", metavar="on|off", help="on if not said")
    fit.add_argument("--exporter", metavar="URL", help="another one than this stack's")
    fit.add_argument("--json", action="store_true", help="for programs: docs/FIT.md")


def _add_verbs_of_traffic(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    verbs.add_parser("traffic", help="send questions to the running stack", add_help=False)
    verbs.add_parser("traffic-compare", help="two results against each other", add_help=False)
    verbs.add_parser("traffic-start", help="have the worker ask; flags as of a run: --mix rag")
    verbs.add_parser("traffic-stop", help="have the worker ask nothing more")
    rate = verbs.add_parser("traffic-rate", help="have the worker go on at another rate")
    rate.add_argument("rate", nargs="?", help="questions a second")
    status = verbs.add_parser(
        "traffic-status", help="what the worker does: exit code 0 well, 1 not, 3 there is none"
    )
    status.add_argument("--json", action="store_true", help="for programs")
