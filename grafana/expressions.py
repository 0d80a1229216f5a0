"""A panel's PromQL with Grafana's variables in its places. Pure.

| place | becomes |
| --- | --- |
| `${models}`, `${routings}` | matchers of the variables `model` and `routing`; All is `.*`, which |
| | leaves out nothing |
| `${window}` | `$__rate_interval`: four scrapes, or a step and a scrape where that is longer |
| `${wide}` | the variable `smooth`, in seconds, and a step: no sample lies between two windows |
| `${step}` | `$__interval` |
| `${slo_...}` | a variable of the same name |
"""

import re
from string import Template

from dashboard.expressions import Span, with_growth

_MODELS, _ROUTINGS = 'model=~"$model"', 'routing=~"$routing"'
_SPANS = {
    "window": Span("$__rate_interval", "($__rate_interval_ms / 1000)"),
    # a duration of PromQL may have several units, each smaller than the one before
    "wide": Span("${smooth}s${__interval_ms}ms", "(${smooth} + ${__interval_ms} / 1000)"),
}
_FIVE_MINUTES = Span("5m", "300")
_OBJECTIVE = re.compile(r"\$\{(slo_\w+)\}")


def filled(expr: str) -> str:
    """The expression as Grafana is given it. Raises: KeyError for a place that nobody fills."""
    objectives = {name: f"${{{name}}}" for name in objectives_in(expr)}
    places = {name: Span(f"${{{name}}}", f"${{per_{name}}}") for name in _SPANS}
    # Grafana's variables look like places: what is filled in is not looked at again
    template = Template(with_growth(expr, places | {"5m": _FIVE_MINUTES}))
    return template.substitute(
        objectives,
        models=_MODELS,
        routings=_ROUTINGS,
        requests=f"{_MODELS},{_ROUTINGS}",
        step="$__interval",
        **{name: span.duration for name, span in _SPANS.items()},
        **{f"per_{name}": span.seconds for name, span in _SPANS.items()},
    )


def objectives_in(expr: str) -> list[str]:
    """The names of the objectives that an expression is held against."""
    return _OBJECTIVE.findall(expr)


def legend(name: str) -> str:
    """A legend as Grafana writes it: `{model} p95` is `{{model}} p95`."""
    return re.sub(r"\{(\w+)\}", r"{{\1}}", name)
