"""What happened, as marks over every panel: never a panel of their own."""

from dashboard.panels.model import Group, Kind, Panel, Query, Unit
from dashboard.panels.queries import grown, present, summed

GROUP = Group("marks", "What happened?")

PANELS = (
    Panel(
        "mark-loads",
        GROUP.id,
        "Model loaded",
        Unit.COUNT,
        queries=(
            Query(
                summed(grown("ollama_model_loads_total{${models}}", "window"), "model"), "{model}"
            ),
        ),
        absent="no model was loaded in this time",
        help="As the exporter saw it, every few seconds.",
        kind=Kind.MARKS,
    ),
    Panel(
        "mark-alerts",
        GROUP.id,
        "Alert began",
        Unit.COUNT,
        queries=(
            Query(present('ALERTS{alertstate="firing"}', "alertname", "severity"), "{alertname}"),
        ),
        absent="no alert fired in this time",
        help="From when on an alert fired.",
        kind=Kind.MARKS,
    ),
    Panel(
        "mark-traffic",
        GROUP.id,
        "Traffic run began",
        Unit.COUNT,
        # the gauge is 0 between runs, and not away: its maximum comes first
        queries=(Query("max(max_over_time(traffic_running[${step}]) or traffic_running)", "run"),),
        absent="the traffic worker asked nothing in this time",
        help="From when on the traffic worker asked.",
        kind=Kind.MARKS,
    ),
)
