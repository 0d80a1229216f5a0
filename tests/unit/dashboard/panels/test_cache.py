"""What the answer cache answers, and what that saves."""

import pytest

from dashboard.panels.cache import PANELS
from dashboard.panels.model import Panel

BY_ID = {panel.id: panel for panel in PANELS}
OF_MODELS = ("cache-hits", "cache-looks", "cache-tokens", "cache-seconds", "cache-joules")


def test_the_share_and_what_is_saved_come_first_and_are_there_by_model() -> None:
    assert tuple(panel.id for panel in PANELS[: len(OF_MODELS)]) == OF_MODELS
    for name in OF_MODELS:
        panel = BY_ID[name]
        total, by_model = panel.asked(by_model=False), panel.asked(by_model=True)
        assert not set(total) & set(by_model)
        assert all("{model}" in panel.queries[place].name for place in by_model)


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.id)
def test_an_empty_panel_says_how_the_cache_is_turned_on(panel: Panel) -> None:
    assert "PROXY_CACHE" in panel.absent


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.id)
def test_a_hit_has_no_way_that_a_filter_could_name(panel: Panel) -> None:
    for query in panel.queries:
        assert "${requests}" not in query.expr and "${routings}" not in query.expr
