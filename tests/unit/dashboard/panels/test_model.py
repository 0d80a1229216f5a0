"""A panel asks some queries in each of its two views."""

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
