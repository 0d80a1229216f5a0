"""What stands above a board: the source, the filters of our own page, and numbers. Pure."""

from collections.abc import Iterable

from grafana_foundation_sdk.models import dashboard as grafana

from dashboard.settings import DashboardSettings
from dashboard.views import Routing
from grafana.charts import DATASOURCE

NO_FILTER = ".*"
"""Matches also where there is no such label, as a matcher that is not there does."""

OBSERVE = "http://localhost:3001"
"""Where our own page is, for links."""

_SMOOTHING = {"1 min": "60", "5 min": "300", "15 min": "900", "1 h": "3600"}
_MODELS = '{__name__=~"ollama_proxy_requests_total|ollama_model_size_bytes",model!="none"}'
_OBJECTIVES = {
    "slo_success_ratio": "Objective: answered",
    "slo_ttft_seconds": "Objective: first token, s",
    "slo_duration_seconds": "Objective: duration, s",
}


def variables(objectives: Iterable[str]) -> list[grafana.VariableModel]:
    """Those of a board whose panels name these objectives."""
    wanted = set(objectives)
    return [
        grafana.VariableModel(
            type_val=grafana.VariableType.DATASOURCE,
            name="datasource",
            label="Prometheus",
            query="prometheus",
            # none: the first that there is
            current=grafana.VariableOption(),
        ),
        _models(),
        _routing(),
        _smooth(),
        *(_number(name, label) for name, label in _OBJECTIVES.items() if name in wanted),
        grafana.VariableModel(
            type_val=grafana.VariableType.TEXTBOX,
            name="observe",
            label="Our own page",
            hide=grafana.VariableHide.HIDE_VARIABLE,
            query=OBSERVE,
            current=grafana.VariableOption(text=OBSERVE, value=OBSERVE),
        ),
    ]


def _models() -> grafana.VariableModel:
    query = f"label_values({_MODELS}, model)"
    return grafana.VariableModel(
        type_val=grafana.VariableType.QUERY,
        name="model",
        label="Models",
        datasource=DATASOURCE,
        query={"query": query, "refId": "PrometheusVariableQueryEditor-VariableQuery"},
        refresh=grafana.VariableRefresh.ON_TIME_RANGE_CHANGED,
        sort=grafana.VariableSort.ALPHABETICAL_CASE_INSENSITIVE_ASC,
        multi=True,
        include_all=True,
        all_value=NO_FILTER,
        current=grafana.VariableOption(selected=True, text=["All"], value=["$__all"]),
    )


def _routing() -> grafana.VariableModel:
    return grafana.VariableModel(
        type_val=grafana.VariableType.CUSTOM,
        name="routing",
        label="Way",
        query=", ".join(way for way in Routing if way),
        include_all=True,
        all_value=NO_FILTER,
        current=grafana.VariableOption(selected=True, text="All", value="$__all"),
    )


def _smooth() -> grafana.VariableModel:
    chosen = "5 min"
    return grafana.VariableModel(
        type_val=grafana.VariableType.CUSTOM,
        name="smooth",
        label="Smoothing",
        description="What quantiles, shares and counts are taken over, beside one step.",
        query=", ".join(f"{text} : {value}" for text, value in _SMOOTHING.items()),
        current=grafana.VariableOption(selected=True, text=chosen, value=_SMOOTHING[chosen]),
    )


def _number(name: str, label: str) -> grafana.VariableModel:
    value = f"{DashboardSettings.model_fields[name].default:g}"
    return grafana.VariableModel(
        type_val=grafana.VariableType.TEXTBOX,
        name=name,
        label=label,
        description=f"As {name.upper()} of the stack.",
        query=value,
        current=grafana.VariableOption(text=value, value=value),
    )
