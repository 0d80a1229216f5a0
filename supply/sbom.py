"""`sbom`: the bills of materials as files."""

from collections.abc import Callable
from pathlib import Path

from supply import table
from supply.bills import bills
from supply.bom import rendered
from supply.gathering import gathered
from supply.locks import REPOSITORY, all_pins
from supply.named import UndecidedError


def write(folder: Path, made_at_seconds: int | None, say: Callable[[str], None]) -> int:
    """One file a bill. Exit code 1 where a licence is not known."""
    entries = table.load()
    unread = sorted(all_pins().keys() - entries.keys())
    if unread:
        say(f"requirements/licences.toml has no {', '.join(unread)}: make licences")
        return 1
    try:
        found = bills(gathered(entries))
    except (UndecidedError, table.UnknownLicenceError) as error:
        say(str(error))
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    for bill in found:
        path = folder / f"{bill.name}.cdx.json"
        path.write_text(rendered(bill, made_at_seconds), encoding="utf-8")
        shown = path.relative_to(REPOSITORY) if path.is_relative_to(REPOSITORY) else path
        say(f"{shown}: {len(bill.items)} components, {bill.title}")
    return 0
