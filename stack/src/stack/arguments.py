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
    "validate": "check settings and configuration files, start nothing",
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
    status = verbs.add_parser("status", help="exit code 0 healthy, 1 not, 3 not running")
    status.add_argument("--json", action="store_true", help="for programs")
    logs = verbs.add_parser("logs", help="recent lines, then new ones until interrupted")
    logs.add_argument("part", nargs="?", help="only this part")
    logs.add_argument("--no-follow", action="store_true", help="recent lines only")
    rules = verbs.add_parser("rules", help="render prometheus/rules with the settings of now")
    rules.add_argument("--check", action="store_true", help="compare, write nothing")
    alerts = verbs.add_parser(
        "alerts",
        help="what fires now: exit code 0 nothing, 1 something, 3 no Prometheus with alerts",
        description="What fires now, and what is about to, as Prometheus says. Exit code 0: "
        "nothing fires; 1: something does, or a rule cannot be evaluated, or was not yet, just "
        "after a start; 3: no Prometheus answers, or it has no alerts.",
    )
    alerts.add_argument("--json", action="store_true", help="for programs")
    bundle = verbs.add_parser("bundle", help="all images as one archive")
    bundle.add_argument("file", nargs="?", help="the archive")
    _add_verbs_of_traffic(verbs)
    return parser


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
