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
_BESIDES = {
    "proxy": frozenset({"ENGINE", *_ENGINES_PLACE}),
    "gpu-exporter": frozenset({"ENGINE", *_ENGINES_PLACE, "ENGINE_MODELS_DIR"}),
    "traffic": frozenset({"PROXY_HOST", "PROXY_PORT", "ENGINE", *_ENGINES_PLACE}),
    "prometheus": frozenset(
        {
            *_ENGINES_PLACE,
            *("GPU_EXPORTER", "GPU_EXPORTER_HOST", "GPU_EXPORTER_PORT"),
            *("TRAFFIC", "TRAFFIC_WORKER_HOST", "TRAFFIC_WORKER_PORT"),
            *("ALERTMANAGER", "ALERTMANAGER_HOST", "ALERTMANAGER_PORT"),
            *("DASHBOARD", "DASHBOARD_HOST", "DASHBOARD_PORT"),
        }
    ),
    "dashboard": frozenset(
        {
            *("GPU_EXPORTER", "GPU_EXPORTER_HOST", "GPU_EXPORTER_PORT"),
            *("TRAFFIC", "TRAFFIC_WORKER_HOST", "TRAFFIC_WORKER_PORT"),
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
        if concerns(variable, staying, is_routed) and concerns(variable, wanted, is_routed)
    ]


def digests_after(running: Plan, now: Mapping[str, str], stays: Iterable[str]) -> dict[str, str]:
    """What each variable was when the parts that it concerns were started."""
    staying, is_routed = set(stays), running.gateway is not None
    kept = {
        variable: value
        for variable, value in running.digests.items()
        if concerns(variable, staying, is_routed)
    }
    new = {
        variable: value
        for variable, value in now.items()
        if not concerns(variable, staying, is_routed)
    }
    return kept | new


def concerns(variable: str, parts: Iterable[str], is_routed: bool) -> bool:
    """Whether one of the parts reads the variable; `is_routed`: the proxy uses a gateway."""
    return any(_reads(part, variable, is_routed) for part in parts)


def _reads(part: str, variable: str, is_routed: bool) -> bool:
    if part == "proxy" and variable.startswith("PORTKEY_"):
        return is_routed
    return variable.startswith(_PREFIXES.get(part, ())) or variable in _BESIDES.get(part, ())
