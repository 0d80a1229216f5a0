"""Who looks at what, in each case that is measured."""

from dataclasses import dataclass

from dashboard.messages import Look
from dashboard.panels import PANELS
from dashboard.views import Routing, View

SECONDS = 900
"""The range that is looked at: what a page begins with."""
GROUPS = ("now", "speed", "load")
"""What a tall screen shows of the page: the tiles and the first two groups."""
PANELS_SHOWN = tuple(panel.id for panel in PANELS if panel.group in GROUPS)
VIEWS = (
    View(seconds=SECONDS),
    View(seconds=SECONDS, by_model=True),
    View(seconds=SECONDS, routing=Routing.DIRECT),
    View(seconds=SECONDS, routing=Routing.PORTKEY),
)


@dataclass(frozen=True, slots=True)
class Case:
    """So many pages, spread over so many views; `deaf` ones beside them do not read."""

    name: str
    title: str
    pages: int
    views: int = 1
    deaf: int = 0

    def look(self, number: int) -> Look:
        """What the page of this number looks at."""
        return Look(VIEWS[number % self.views], PANELS_SHOWN)


def cases(many: int, deaf: int) -> tuple[Case, ...]:
    """All that are measured side by side."""
    return (
        Case("one", "1 viewer", 1),
        Case("many", f"{many} of one view", many),
        Case("views", f"{many} of {len(VIEWS)} views", many, len(VIEWS)),
        Case("deaf", f"{many} of one view, and {deaf} that do not read", many, 1, deaf),
    )
