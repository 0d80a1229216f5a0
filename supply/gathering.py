"""`licences`: the table beside the locks and the document, made anew or only compared."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from supply import document, locks, metadata, named, npm, policy, purposes, table
from supply.known import Known, Part, known


@dataclass(frozen=True, slots=True)
class Gathered:
    """Everything that is taken from others, as the repository states it."""

    table: dict[str, table.Entry]
    sets: dict[str, tuple[str, ...]]
    npm: tuple[npm.Package, ...]
    parts: tuple[Part, ...]
    known: Known

    @property
    def purposes(self) -> dict[str, str]:
        """What each Python package is for, by name."""
        return purposes.purposes(self.table, self.sets, purposes.reasons())

    def document(self) -> str:
        """docs/LICENCES.md."""
        brought_by_nobody = self.known.of_group("named").values()
        parts = (*self.parts, *brought_by_nobody)
        subject = document.Subject(
            self.table, self.sets, self.npm, parts, self.purposes, self.known
        )
        return document.rendered(subject)

    def complaints(self) -> list[str]:
        """A sentence for each licence that may not be where it is, and each idle decision."""
        return [
            *policy.refusals(self.table, self.sets, self.npm, self.parts, self.known),
            *policy.leftovers(self.table, self.npm, self.parts, self.known),
        ]


def gathered(entries: dict[str, table.Entry]) -> Gathered:
    """With a table of Python packages.

    Raises: named.UndecidedError, table.UnknownLicenceError.
    """
    decided = known()
    return Gathered(
        entries, locks.sets_of(), npm.packages(decided), named.all_parts(decided), decided
    )


def rewrite(say: Callable[[str], None]) -> int:
    """Exit code 0, or 1 with a sentence for each licence that is not known or may not be."""
    try:
        entries, questions = table.made(
            locks.all_pins().values(), table.load(), known(), metadata.read
        )
        if questions:
            raise table.UnknownLicenceError("\n".join(questions))
        found = gathered(entries)
    except (table.UnknownLicenceError, named.UndecidedError, metadata.UnreadableError) as error:
        say(str(error))
        return 1
    _write(table.TABLE, table.written(entries), say)
    _write(document.DOCUMENT, found.document(), say)
    complaints = found.complaints()
    for line in complaints:
        say(line)
    return 1 if complaints else 0


def _write(path: Path, text: str, say: Callable[[str], None]) -> None:
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    path.write_text(text, encoding="utf-8")
    say(f"{path.relative_to(locks.REPOSITORY)} rewritten")
