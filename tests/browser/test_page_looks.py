"""No two lines of a panel look alike, in whatever view."""

import itertools
import json
import shutil
import subprocess

import msgspec
import pytest

from dashboard.panels import PANELS
from dashboard.panels.model import Kind, Panel
from dashboard.views import View
from tests.browser.test_page_modules import STATIC
from tests.components import need
from tests.panels import BY_MODEL, TOTAL, Asked, asked
from tests.rules import parsed, values_of

WITHIN_SECONDS = 60
MOST_VALUES = 6
"""Of one label at once."""
OPEN = {
    "model": ("llama3.2:3b", "qwen3:8b", "other"),
    "instance": ("127.0.0.1:8000",),
    "gpu": ("0", "1"),
    "status": ("200", "400", "404", "499", "500", "503"),
}
"""Labels whose values are the operator's, or too many."""
ALIKE = f"""
import {{ rowsOf }} from "{(STATIC / "series.js").as_uri()}";
import {{ dashOf, lineWidthOf }} from "{(STATIC / "styles.js").as_uri()}";
let text = "";
for await (const piece of process.stdin) text += piece;
const found = JSON.parse(text).flatMap(({{ panel, series }}) => {{
  const shown = {{ start: 0, step: 5, count: 1, series, exprs: [], error: "", remedy: "" }};
  const seen = new Map();
  const drawn = rowsOf(panel, shown, new Map()).filter(({{ role }}) => role !== "threshold");
  return drawn.flatMap((row) => {{
    const look = JSON.stringify([row.slot, row.shade, lineWidthOf(row), dashOf(row)]);
    const other = seen.get(look);
    seen.set(look, row.name);
    return other === undefined ? [] : [`${{panel.id}}: ${{other}} = ${{row.name}}`];
  }});
}});
console.log(JSON.stringify(found));
"""
LINES = [panel for panel in PANELS if panel.kind in (Kind.LINES, Kind.STACKED)]


def some_values(one: Asked, label: str) -> list[str]:
    """What a label may be."""
    known: set[str] = set(OPEN.get(label, ()))
    for selector in () if known else parsed(one.expr).selectors:
        known |= values_of(selector, label)
    return sorted(known)[:MOST_VALUES] or [f"{label} {letter}" for letter in "abcd"]


def series_of(panel: Panel, view_asked: list[Asked]) -> list[dict[str, object]]:
    """Series of all of its queries, each with all values of its labels."""
    found: list[dict[str, object]] = []
    for one in view_asked:
        if one.panel is panel:
            labels = sorted(parsed(one.expr).labels or ())
            for values in itertools.product(*(some_values(one, label) for label in labels)):
                named = dict(zip(labels, values, strict=True))
                found.append({"query": one.place, "labels": named, "values": [1.0]})
    return found


@pytest.mark.parametrize("view", [TOTAL, BY_MODEL], ids=["total", "by model"])
def test_no_two_lines_of_a_panel_have_the_same_colour_width_and_dash(view: View) -> None:
    need("node", shutil.which("node") is not None, "install the package nodejs")
    view_asked = list(asked(view))
    told = [{"panel": panel, "series": series_of(panel, view_asked)} for panel in LINES]
    assert all(one["series"] for one in told)
    done = subprocess.run(
        ["node", "--input-type=module", "-e", ALIKE],
        input=msgspec.json.encode(told).decode(),
        capture_output=True,
        text=True,
        timeout=WITHIN_SECONDS,
        check=True,
    )
    assert json.loads(done.stdout) == []
