"""Pictures of the page, for people to look at: in SCREENSHOTS, or else in `.local/screenshots`."""

import os
from pathlib import Path

from playwright.sync_api import Page

from stack.places import REPOSITORY

README_PICTURE = REPOSITORY / "docs/images/dashboard.png"
"""Rewritten where README_PICTURE=on is set."""
MOST_BYTES = 300_000


def is_for_readme() -> bool:
    """Whether the README's picture is to be made anew."""
    return os.environ.get("README_PICTURE") == "on"  # noqa: TID251 (a test's switch)


def folder() -> Path:
    """Where pictures are left."""
    told = os.environ.get("SCREENSHOTS", "")  # noqa: TID251 (a test's switch)
    found = Path(told) if told else REPOSITORY / ".local/screenshots"
    found.mkdir(parents=True, exist_ok=True)
    return found


def picture(page: Page, name: str, is_whole: bool = False) -> Path:
    """Take one, of what is seen or of the whole page."""
    path = folder() / f"{name}.png"
    page.screenshot(path=path, full_page=is_whole, animations="disabled")
    return path
