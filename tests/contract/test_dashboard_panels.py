"""The dashboard's panels name what there is, in PromQL that Prometheus reads."""

import re
from collections import Counter
from pathlib import Path

import pytest

from dashboard.panels import GROUPS, PANELS
from dashboard.panels.model import Kind, Panel, Role, Split
from dashboard.views import View
from tests.panels import BY_MODEL, STEPS, TOTAL, VIEWS, Asked, asked
from tests.promql import alternatives
from tests.promtool import require_readable
from tests.rules import parsed, scraped, values_of

LABEL = re.compile(r"\{(\w+)\}")
QUANTILE = re.compile(
    r"histogram_quantile\([\d.]+, sum by \([^)]*\) \(\(?(?:increase\()?(\w+)_bucket"
)
OPEN = {"model"}
"""Labels whose values a view gives."""

UNFILTERED = list({one.name: one for view in (TOTAL, BY_MODEL) for one in asked(view)}.values())
"""Every query once."""


def id_of(value: object) -> str:
    return value.name if isinstance(value, Asked) else str(getattr(value, "id", value))


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.key)
@pytest.mark.parametrize("step", STEPS)
def test_an_expression_names_only_series_and_labels_that_exist(view: View, step: int) -> None:
    for one in asked(view, step):
        is_number = one.query.role is Role.THRESHOLD
        assert parsed(one.expr).selectors or is_number, one.name


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.key)
def test_what_an_expression_asks_of_a_label_is_among_its_values(view: View) -> None:
    for one in asked(view):
        for selector in parsed(one.expr).selectors:
            for matcher in selector.matchers:
                if matcher.label in OPEN and matcher.op == "=~":
                    continue
                known = values_of(selector, matcher.label)
                for pattern in alternatives(matcher.value):
                    found = any(re.fullmatch(pattern, value) for value in known)
                    assert found, f"{one.name}: no {matcher.label} is {pattern}, of {known}"


def test_prometheus_reads_every_expression(tmp_path: Path) -> None:
    every = [one.expr for view in VIEWS for step in STEPS for one in asked(view, step)]
    require_readable(every, tmp_path)


def test_ids_and_titles_are_there_once_and_every_group_has_panels() -> None:
    ids = Counter(panel.id for panel in PANELS)
    assert max(ids.values()) == 1
    assert max(Counter((panel.group, panel.title) for panel in PANELS).values()) == 1
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", one) for one in ids)
    assert list(dict.fromkeys(panel.group for panel in PANELS)) == [group.id for group in GROUPS]


@pytest.mark.parametrize("panel", PANELS, ids=id_of)
def test_a_panel_asks_something_in_total_and_by_model(panel: Panel) -> None:
    for by_model in (False, True):
        assert panel.asked(by_model)


@pytest.mark.parametrize("panel", PANELS, ids=id_of)
def test_a_panel_says_what_it_shows_and_why_there_may_be_nothing(panel: Panel) -> None:
    assert panel.help.endswith(".")
    # it comes after "no data: "
    assert panel.absent and not panel.absent.endswith(".")
    assert panel.absent[0].islower() or panel.absent.startswith(("Ollama", "Prometheus"))


@pytest.mark.parametrize("panel", PANELS, ids=id_of)
def test_a_panel_whose_metric_has_a_model_is_there_by_model(panel: Panel) -> None:
    names = {
        selector.name
        for one in UNFILTERED
        if one.panel is panel
        for selector in parsed(one.expr).selectors
    }
    has_model = any(name in scraped() and "model" in scraped()[name].labels for name in names)
    is_split = any(query.split is Split.MODEL for query in panel.queries)
    by_model = any(
        "model" in (parsed(one.expr).labels or ()) for one in asked(BY_MODEL) if one.panel is panel
    )
    if has_model and panel.kind not in (Kind.TILE, Kind.HEAT):
        assert by_model or "do not apply" in panel.help
    assert not is_split or by_model


@pytest.mark.parametrize("one", UNFILTERED, ids=id_of)
def test_a_legend_names_only_labels_that_the_series_have_and_all_that_tell_them_apart(
    one: Asked,
) -> None:
    labels = parsed(one.expr).labels or frozenset()
    named = set(LABEL.findall(one.query.name))
    assert named <= labels
    of_the_page = {"le", "instance", "currency", "severity", "job"}
    assert labels - of_the_page <= named | set(of_no_legend(one.panel))


def of_no_legend(panel: Panel) -> tuple[str, ...]:
    return ("le",) if panel.kind is Kind.HEAT else ()


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.key)
def test_each_place_is_filled(view: View) -> None:
    for one in asked(view):
        assert "$" not in one.expr and "@" not in one.expr, one.name


def test_a_filter_reaches_a_panel_or_its_help_says_that_it_does_not() -> None:
    plain = {one.name: one.expr for one in asked(TOTAL)}
    for view, word in ((VIEWS[2], "model"), (VIEWS[3], "routing")):
        for panel in PANELS:
            reached = [
                one.expr != plain[one.name]
                for one in asked(view)
                if one.panel is panel and one.query.role is not Role.THRESHOLD
            ]
            says = re.search(
                rf"filters?( of (\w+ and )?{word}s?)?[^.]* not apply", panel.help, re.IGNORECASE
            )
            assert all(reached) or says or panel.group == "marks", f"{panel.id}: {word}"


def test_a_threshold_of_a_quantile_is_one_of_its_buckets() -> None:
    compared = 0
    for panel in PANELS:
        asked_of = [one for one in UNFILTERED if one.panel is panel]
        limits = [
            float(found[1])
            for one in asked_of
            if (found := re.fullmatch(r"vector\(([\d.]+)\)", one.expr))
        ]
        of_quantiles = {found for one in asked_of for found in QUANTILE.findall(one.expr)}
        for limit in limits:
            for metric in of_quantiles:
                # what lies beyond the last bucket is told as its bound: never more
                assert limit in scraped()[f"{metric}_bucket"].buckets[:-1], panel.id
                compared += 1
    assert compared >= 3


def test_a_heat_map_is_of_the_buckets_of_one_histogram() -> None:
    heat = [one for one in UNFILTERED if one.panel.kind is Kind.HEAT]
    assert heat
    for one in heat:
        assert parsed(one.expr).labels == frozenset({"le"})
        names = {selector.name for selector in parsed(one.expr).selectors} - {"up"}
        assert len(names) == 1 and names.pop().endswith("_bucket")


def test_a_panel_that_stands_in_for_another_is_of_its_group() -> None:
    by_id = {panel.id: panel for panel in PANELS}
    stand_ins = [panel for panel in PANELS if panel.instead_of]
    assert [panel.id for panel in stand_ins] == ["now-cpu"]
    assert all(by_id[panel.instead_of].group == panel.group for panel in stand_ins)


def test_at_a_glance_there_are_six_tiles() -> None:
    tiles = [panel for panel in PANELS if panel.kind is Kind.TILE and not panel.instead_of]
    assert len(tiles) == 6
    assert {panel.group for panel in PANELS if panel.kind is Kind.TILE} == {"now"}
