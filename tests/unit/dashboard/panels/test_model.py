"""A panel asks some queries in each of its two views."""

import re
from pathlib import Path

import dashboard
from dashboard.panels.model import Panel, Query, Split, Unit

PANEL = Panel(
    "p",
    "g",
    "How?",
    Unit.SECONDS,
    (Query("a"), Query("b", split=Split.TOTAL), Query("c", split=Split.MODEL)),
    "nobody asked",
)


def test_a_query_of_one_view_is_not_asked_in_the_other() -> None:
    assert PANEL.asked(by_model=False) == (0, 1)
    assert PANEL.asked(by_model=True) == (0, 2)


def test_the_page_knows_every_unit() -> None:
    source = (Path(dashboard.__file__).parent / "static" / "format.js").read_text("utf-8")
    table = source.partition("const UNITS = {")[2].partition("\n};")[0]
    named = set(re.findall(r'^  "?([^":\[]+)"?: ', table, re.MULTILINE))
    assert named == {unit.value for unit in Unit}
