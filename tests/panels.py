"""The dashboard's panels, with their expressions as views ask for them."""

from collections.abc import Iterator
from dataclasses import dataclass

from dashboard.expressions import filled
from dashboard.panels import PANELS
from dashboard.panels.model import Panel, Query
from dashboard.settings import DashboardSettings
from dashboard.views import Routing, View

MODEL = "llama3.2:1b"

TOTAL = View()
BY_MODEL = View(by_model=True)
VIEWS = (
    TOTAL,
    BY_MODEL,
    View(models=(MODEL, "qwen3:8b")),
    View(routing=Routing.PORTKEY),
    View(models=(MODEL,), routing=Routing.DIRECT, by_model=True),
)
"""Every place filled, and left empty, in both splits."""

STEPS = (5, 15, 7200)
"""With which a counter's growth is told in both ways."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A query of a panel in a view, as it is sent to Prometheus."""

    panel: Panel
    place: int
    expr: str

    @property
    def query(self) -> Query:
        """The query as the panel has it."""
        return self.panel.queries[self.place]

    @property
    def name(self) -> str:
        """Which it is."""
        return f"{self.panel.id} {self.place}"


def objectives() -> dict[str, str]:
    """The objectives as they come, by the name of their place."""
    settings = DashboardSettings()
    return {
        name: f"{getattr(settings, name):g}"
        for name in DashboardSettings.model_fields
        if name.startswith("slo_")
    }


def asked(view: View, step: int = 5, scrape_seconds: float = 5.0) -> Iterator[Asked]:
    """What a view that shows every panel asks."""
    numbers = objectives()
    for panel in PANELS:
        for place in panel.asked(view.by_model):
            expr = panel.queries[place].expr
            yield Asked(panel, place, filled(expr, view, step, scrape_seconds, numbers))
