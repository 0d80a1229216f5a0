"""A panel as Grafana draws it. Pure."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from grafana_foundation_sdk.models import common, heatmap, stat, statetimeline, timeseries, units
from grafana_foundation_sdk.models import dashboard as grafana
from grafana_foundation_sdk.models.prometheus import Dataquery, PromQueryFormat, QueryEditorMode

from dashboard.panels.model import Kind, Panel, Query, Role, Unit
from grafana.expressions import filled, legend

DATASOURCE = grafana.DataSourceRef(type_val="prometheus", uid="${datasource}")
POINTS = 300
"""How many a line has at most, as on our own page."""

UNITS = {
    Unit.SECONDS: units.Seconds,
    Unit.TOKENS: units.Short,
    Unit.TOKENS_PER_SECOND: "suffix: tok/s",
    Unit.REQUESTS: units.Short,
    Unit.REQUESTS_PER_SECOND: units.RequestsPerSecond,
    Unit.RATIO: units.PercentUnit,
    Unit.BYTES: units.BytesIEC,
    Unit.BYTES_PER_SECOND: units.BytesPerSecondIEC,
    Unit.WATTS: units.Watt,
    Unit.CELSIUS: units.Celsius,
    Unit.HERTZ: units.Hertz,
    Unit.JOULES_PER_TOKEN: "suffix: J/token",
    # the legend names the currency, of which Grafana would need to know
    Unit.MONEY: units.NoUnit,
    Unit.GRAMS: units.Gram,
    Unit.COUNT: units.Short,
}
"""Our units as Grafana names them; those with a prefix are made of a word of our own."""

_QUANTILES = {Role.P50: "dark-blue", Role.P95: "blue", Role.P99: "super-light-blue"}
_ROWS = {Role.MEMORY: "blue", Role.SPILL: "orange", Role.EXPIRY: "#6e6e6e"}
"""Of a Gantt."""


def chart(panel: Panel, by_model: bool, number: int, place: grafana.GridPos) -> grafana.Panel:
    """The panel in one of its two views, with `number` as its id."""
    queries = [panel.queries[n] for n in panel.asked(by_model)]
    drawn = _drawn(panel, queries)
    drawn.id_val, drawn.grid_pos = number, place
    drawn.title, drawn.description = panel.title, _description(panel)
    drawn.datasource, drawn.max_data_points = DATASOURCE, POINTS
    drawn.targets = [_target(panel, query, n) for n, query in enumerate(queries)]
    return drawn


def _description(panel: Panel) -> str:
    # a tile has no room for it
    return f"{panel.help}\n\n{_absent(panel)}." if panel.kind is Kind.TILE else panel.help


def _absent(panel: Panel) -> str:
    return f"no data: {panel.absent}"


def _drawn(panel: Panel, queries: Sequence[Query]) -> grafana.Panel:
    if panel.kind is Kind.HEAT:
        return _heat(panel)
    if panel.kind is Kind.TILE:
        return _tile(panel)
    return _gantt(panel, queries) if panel.kind is Kind.GANTT else _lines(panel, queries)


def _target(panel: Panel, query: Query, number: int) -> Dataquery:
    name = query.name or ("{le}" if panel.kind is Kind.HEAT else panel.title)
    if panel.unit is Unit.MONEY:
        name += ", {currency}"
    expr = filled(query.expr)
    return Dataquery(
        # Grafana reads instants as milliseconds
        expr=f"1000 * ({expr})" if query.role is Role.EXPIRY else expr,
        legend_format=legend(name),
        ref_id=_letter(number),
        range_val=True,
        instant=False,
        editor_mode=QueryEditorMode.CODE,
        format_val=PromQueryFormat.HEATMAP if panel.kind is Kind.HEAT else None,
    )


def _letter(number: int) -> str:
    return chr(ord("A") + number)


def _lines(panel: Panel, queries: Sequence[Query]) -> grafana.Panel:
    is_stacked = panel.kind is Kind.STACKED
    log = common.ScaleDistributionConfig(common.ScaleDistribution.LOG, log=10)
    field = common.GraphFieldConfig(
        draw_style=common.GraphDrawStyle.LINE,
        line_width=1.5,
        fill_opacity=60 if is_stacked else 0,
        show_points=common.VisibilityMode.AUTO,
        span_nulls=False,
        axis_soft_min=None if panel.is_logarithmic else 0,
        scale_distribution=log if panel.is_logarithmic else None,
        stacking=_stacking(is_stacked),
    )
    options = timeseries.Options(
        legend=common.VizLegendOptions(
            display_mode=common.LegendDisplayMode.TABLE,
            placement=common.LegendPlacement.BOTTOM,
            show_legend=True,
            calcs=["lastNotNull", "mean", "max"],
        ),
        tooltip=common.VizTooltipOptions(
            mode=common.TooltipDisplayMode.MULTI, sort=common.SortOrder.DESCENDING
        ),
    )
    config = _config(panel, field, _palette(), _overrides(queries))
    return grafana.Panel(type_val="timeseries", options=options, field_config=config)


def _heat(panel: Panel) -> grafana.Panel:
    options = heatmap.Options(
        color=heatmap.HeatmapColorOptions(
            mode=heatmap.HeatmapColorMode.SCHEME,
            scheme="Blues",
            scale=heatmap.HeatmapColorScale.EXPONENTIAL,
            exponent=0.5,
            steps=64,
        ),
        y_axis=heatmap.YAxisConfig(
            unit=UNITS[panel.unit], axis_placement=common.AxisPlacement.LEFT
        ),
        cell_values=heatmap.CellValues(unit=units.Short),
        tooltip=heatmap.HeatmapTooltip(
            mode=common.TooltipDisplayMode.SINGLE, y_histogram=True, show_color_scale=True
        ),
    )
    config = _config(panel, heatmap.FieldConfig(), None, ())
    return grafana.Panel(type_val="heatmap", options=options, field_config=config)


def _gantt(panel: Panel, queries: Sequence[Query]) -> grafana.Panel:
    options = statetimeline.Options(
        legend=common.VizLegendOptions(
            display_mode=common.LegendDisplayMode.LIST,
            placement=common.LegendPlacement.BOTTOM,
        ),
        tooltip=common.VizTooltipOptions(mode=common.TooltipDisplayMode.SINGLE),
    )
    overrides = [
        _override(n, color=_fixed(_ROWS[query.role]), **_instants(query))
        for n, query in enumerate(queries)
    ]
    config = _config(panel, statetimeline.FieldConfig(), _fixed("blue"), overrides)
    return grafana.Panel(type_val="state-timeline", options=options, field_config=config)


def _instants(query: Query) -> dict[str, str]:
    return {"unit": units.DatetimeLocal} if query.role is Role.EXPIRY else {}


def _tile(panel: Panel) -> grafana.Panel:
    options = stat.Options(
        graph_mode=common.BigValueGraphMode.AREA,
        color_mode=common.BigValueColorMode.NONE,
        text_mode=common.BigValueTextMode.VALUE,
        reduce_options=common.ReduceDataOptions(values=False, calcs=["lastNotNull"], fields=""),
    )
    config = _config(panel, None, _fixed("blue"), ())
    return grafana.Panel(type_val="stat", options=options, field_config=config, time_from="15m")


def _config(
    panel: Panel,
    custom: object,
    color: grafana.FieldColor | None,
    overrides: Sequence[grafana.DashboardFieldConfigSourceOverrides],
) -> grafana.FieldConfigSource:
    defaults = grafana.FieldConfig(
        unit=UNITS[panel.unit],
        max_val=panel.most,
        color=color,
        no_value="–" if panel.kind is Kind.TILE else _absent(panel),
        custom=custom,
    )
    return grafana.FieldConfigSource(defaults=defaults, overrides=list(overrides))


def _overrides(queries: Sequence[Query]) -> list[grafana.DashboardFieldConfigSourceOverrides]:
    """Dashes for objectives and limits; one hue in three lightnesses for quantiles of one thing."""
    roles = Counter(query.role for query in queries)
    is_of_one_thing = all(roles[role] <= 1 for role in _QUANTILES)
    is_told_apart = any("{" in query.name for query in queries)
    found = []
    for n, query in enumerate(queries):
        if query.role is Role.THRESHOLD:
            dashes = common.LineStyle("dash", [6, 6])
            look = {"lineStyle": dashes, "fillOpacity": 0, "stacking": _stacking(False)}
            found.append(_override(n, color=None if is_told_apart else _fixed("text"), **_of(look)))
        elif query.role in _QUANTILES and is_of_one_thing and not is_told_apart:
            found.append(_override(n, color=_fixed(_QUANTILES[query.role])))
    return found


def _of(custom: dict[str, Any]) -> dict[str, Any]:
    return {f"custom.{name}": value for name, value in custom.items()}


def _override(number: int, **properties: Any) -> grafana.DashboardFieldConfigSourceOverrides:
    """What the series of one query have otherwise."""
    return grafana.DashboardFieldConfigSourceOverrides(
        matcher=grafana.MatcherConfig(id_val="byFrameRefID", options=_letter(number)),
        properties=[
            grafana.DynamicConfigValue(id_val=name, value=value)
            for name, value in properties.items()
            if value is not None
        ],
    )


def _stacking(is_stacked: bool) -> common.StackingConfig:
    mode = common.StackingMode.NORMAL if is_stacked else common.StackingMode.NONE
    return common.StackingConfig(mode=mode, group="A")


def _fixed(color: str) -> grafana.FieldColor:
    return grafana.FieldColor(mode=grafana.FieldColorModeId.FIXED, fixed_color=color)


def _palette() -> grafana.FieldColor:
    # by name: a model keeps its colour over panels and reloads
    return grafana.FieldColor(mode=grafana.FieldColorModeId.PALETTE_CLASSIC_BY_NAME)
