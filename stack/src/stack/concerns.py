"""Which parts a variable concerns: another value for it is news to these alone."""

from collections.abc import Iterable, Mapping

from stack.plan import Plan, changed

_ENGINES_PLACE = ("ENGINE_HOST", "ENGINE_PORT")
_PREFIXES = {
    "engine": ("ENGINE", "STACK_"),
    "portkey": ("PORTKEY_", "STACK_"),
    "proxy": ("PROXY_", "OLLAMA_URL", "STACK_"),
    "gpu-exporter": ("GPU_EXPORTER", "OLLAMA_URL", "PROXY_CONTROL_", "STACK_"),
    "traffic": ("TRAFFIC", "OLLAMA_URL", "PORTKEY_", "STACK_"),
    "alertmanager": ("ALERTMANAGER", "PROMETHEUS_RULES_TIME_SCALE", "STACK_"),
    "prometheus": ("PROMETHEUS", "SLO_", "PROXY_CONTROL_", "STACK_"),
    "dashboard": ("DASHBOARD", "SLO_", "PROXY_CONTROL_", "STACK_"),
}
_PLACES = {
    "gpu-exporter": ("GPU_EXPORTER", "GPU_EXPORTER_HOST", "GPU_EXPORTER_PORT"),
    "traffic": ("TRAFFIC", "TRAFFIC_WORKER_HOST", "TRAFFIC_WORKER_PORT"),
    "dashboard": ("DASHBOARD", "DASHBOARD_HOST", "DASHBOARD_PORT"),
}
"""What says whether and where a part is that a Prometheus is told of while it runs."""
_BESIDES = {
    "proxy": frozenset({"ENGINE", *_ENGINES_PLACE}),
    "gpu-exporter": frozenset({"ENGINE", *_ENGINES_PLACE, "ENGINE_MODELS_DIR"}),
    "traffic": frozenset({"PROXY_HOST", "PROXY_PORT", "ENGINE", *_ENGINES_PLACE}),
    "prometheus": frozenset(
        {
            *_ENGINES_PLACE,
            *("ALERTMANAGER", "ALERTMANAGER_HOST", "ALERTMANAGER_PORT"),
            *(variable for places in _PLACES.values() for variable in places),
        }
    ),
    "dashboard": frozenset(
        {
            *_PLACES["gpu-exporter"],
            *_PLACES["traffic"],
            *("PROMETHEUS", "PROMETHEUS_HOST", "PROMETHEUS_PORT"),
            *("PROMETHEUS_SCRAPE_INTERVAL_SECONDS", "PROMETHEUS_RUNBOOK_URL"),
        }
    ),
}

WAYS = ("PORTKEY_", "PROXY_PORTKEY_", "PROXY_RETURN_LEG", "PROXY_UPSTREAMS")
"""Beginnings of the variables that are about the proxy's way through a gateway."""


def set_differently(
    running: Plan, now: Mapping[str, str], stays: Iterable[str], asked: Iterable[str]
) -> list[str]:
    """Variables with another value than a part which stays was started with.

    Only those that concern a part which is asked for: to add a gateway nobody repeats what
    the proxy was told. `now` are digests, as a plan has them.
    """
    is_routed = running.gateway is not None
    staying, wanted = set(stays), set(asked)
    return [
        variable
        for variable in changed(running.digests, now)
        if _is_kept(variable, staying, wanted - staying, is_routed)
        and concerns(variable, wanted, is_routed)
    ]


def digests_after(
    running: Plan, now: Mapping[str, str], stays: Iterable[str], arrives: Iterable[str]
) -> dict[str, str]:
    """What each variable was when the parts that it concerns were started."""
    is_routed = running.gateway is not None
    staying, arriving = set(stays), set(arrives)
    names = running.digests.keys() | now.keys()
    kept = {name for name in names if _is_kept(name, staying, arriving, is_routed)}
    old = {name: value for name, value in running.digests.items() if name in kept}
    return old | {name: value for name, value in now.items() if name not in kept}


def _is_kept(variable: str, stays: set[str], arrives: set[str], is_routed: bool) -> bool:
    """Whether a part that stays goes on with what the variable was.

    Prometheus does not, of where a part is that arrives: it is told of it.
    """
    is_told = any(variable in _PLACES.get(part, ()) for part in arrives)
    return concerns(variable, stays - {"prometheus"} if is_told else stays, is_routed)


def concerns(variable: str, parts: Iterable[str], is_routed: bool) -> bool:
    """Whether one of the parts reads the variable; `is_routed`: the proxy uses a gateway."""
    return any(_reads(part, variable, is_routed) for part in parts)


def _reads(part: str, variable: str, is_routed: bool) -> bool:
    if part == "proxy" and variable.startswith("PORTKEY_"):
        return is_routed
    return variable.startswith(_PREFIXES.get(part, ())) or variable in _BESIDES.get(part, ())
