"""Writes Grafana's dashboards of our panels: `make docs`; `--check` only compares."""

import argparse
import sys
from pathlib import Path

from grafana.boards import rendered
from grafana.layout import BOARDS

FOLDER = Path(__file__).resolve().parent / "dashboards"


def main(argv: list[str]) -> int:
    """Exit code 0, or 1 when `--check` found a file that is behind, or one too many."""
    parser = argparse.ArgumentParser(
        prog="python -m grafana",
        description="Writes grafana/dashboards/*.json.",
        allow_abbrev=False,
    )
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    only_compare = parser.parse_args(argv).check
    wanted = {FOLDER / board.file: rendered(board) for board in BOARDS}
    found = {path: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    behind = sorted(
        path for path in wanted.keys() | found.keys() if wanted.get(path) != found.get(path)
    )
    for path in behind:
        if not only_compare:
            _put(path, wanted.get(path))
        shown = f"grafana/dashboards/{path.name}"
        print(f"{shown} {'is behind: make docs' if only_compare else 'rewritten'}")  # noqa: T201
    return 1 if behind and only_compare else 0


def _put(path: Path, text: str | None) -> None:
    """Write a file; without a text take it away."""
    if text is None:
        path.unlink()
    else:
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
