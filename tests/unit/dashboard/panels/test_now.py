"""Six numbers at a glance, and one that stands in for another."""

from dashboard.panels.model import Kind, Unit
from dashboard.panels.now import GROUP, PANELS


def test_the_tiles_are_what_a_glance_needs_in_this_order() -> None:
    assert GROUP.id == "now"
    assert [panel.title for panel in PANELS] == [
        "In flight",
        "First token, p95",
        "Decode rate",
        "Generated tokens",
        "Errors",
        "GPU power",
        "CPU",
    ]


def test_where_there_is_no_gpu_the_cpu_is_shown() -> None:
    *_, power, cpu = PANELS
    assert (power.unit, cpu.unit) == (Unit.WATTS, Unit.RATIO)
    assert cpu.instead_of == power.id and not power.instead_of


def test_each_is_one_number_in_any_view() -> None:
    for panel in PANELS:
        assert panel.kind is Kind.TILE
        assert panel.asked(by_model=False) == panel.asked(by_model=True) == (0,)
