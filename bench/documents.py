"""What benchmarks write: numbers in tables, tables in documents, and everything as JSON."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def number(value: float) -> str:
    """Three digits that mean something, for a cell of a table."""
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def passage(document: str, name: str, table: str) -> str:
    """The document with a table in the place of the one that is between its comments."""
    place = re.compile(rf"(<!-- generated: {re.escape(name)} -->\n).*?(<!-- end -->)", re.DOTALL)
    return place.sub(lambda match: f"{match[1]}\n{table}\n{match[2]}", document)


def write_json(found: Mapping[str, Any], path: Path) -> None:
    """Write everything, for machines and later comparisons."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
