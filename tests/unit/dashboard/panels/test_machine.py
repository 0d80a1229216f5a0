"""Cards and machine."""

from dashboard.panels.machine import PANELS
from dashboard.panels.model import Kind, Role

BY_ID = {panel.id: panel for panel in PANELS}


def test_cards_and_host_are_there() -> None:
    assert {
        *("gpu-utilization", "gpu-memory", "gpu-memory-models", "gpu-power", "gpu-temperature"),
        *("gpu-clocks", "gpu-throttle", "cpu", "memory", "pressure"),
    } <= set(BY_ID)


def test_the_limits_of_cards_and_memory_are_lines() -> None:
    limited = {
        panel.id for panel in PANELS if any(query.role is Role.THRESHOLD for query in panel.queries)
    }
    assert limited == {"gpu-memory", "gpu-power", "gpu-temperature", "memory"}


def test_memory_of_cards_adds_up_over_models_and_the_rest() -> None:
    panel = BY_ID["gpu-memory-models"]
    assert panel.kind is Kind.STACKED
    assert [query.name for query in panel.queries] == ["{model}", "no model's"]
