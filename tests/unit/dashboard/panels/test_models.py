"""Which model was loaded when, with what of it on the CPU, and until when."""

from dashboard.panels.model import Kind, Role
from dashboard.panels.models import PANELS

BY_ID = {panel.id: panel for panel in PANELS}


def test_a_bar_has_memory_spill_and_expiry() -> None:
    panel = BY_ID["residency"]
    assert panel.kind is Kind.GANTT
    assert [query.role for query in panel.queries] == [Role.MEMORY, Role.SPILL, Role.EXPIRY]


def test_loads_unloads_and_evictions_say_why() -> None:
    names = [query.name for query in BY_ID["loads"].queries]
    assert "unloaded: {reason}" in names and "made room: {cause}" in names


def test_a_context_is_compared_with_the_models_own_limit() -> None:
    limit = BY_ID["context"].queries[-1]
    assert limit.role is Role.THRESHOLD and limit.name == "{model} limit"


def test_how_models_run_is_told_by_model_and_what_differs_by_its_setting() -> None:
    for panel in ("runner-context", "runner-slots"):
        assert [query.name for query in BY_ID[panel].queries] == ["{model}"]
    names = [query.name for query in BY_ID["settings-differ"].queries]
    assert names == ["{setting}", "{model}"]


def test_room_is_what_is_free_and_what_comes_back() -> None:
    names = [query.name for query in BY_ID["headroom"].queries]
    assert names == ["{place}: free", "{place}: expires", "{place}: stays"]
