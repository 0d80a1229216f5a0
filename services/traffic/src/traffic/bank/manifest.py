"""`python -m traffic.bank.manifest DIRECTORY`: write the bank's schema.json and manifest.json.

Both are made from other files, and a test says when they are out of step.
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from traffic.bank.embeddings import Record
from traffic.bank.loading import Bank, BankError, fixture_file, load_bank
from traffic.bank.questions import Category, Fixture

VERSION = 1
"""Version of the bank: raised when a question changes its meaning or leaves."""


def schema() -> dict[str, Any]:
    """The JSON schema of one record: a question, or texts to embed."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **TypeAdapter[Record](Record).json_schema(),
    }


def manifest(directory: Path, bank: Bank) -> dict[str, Any]:
    """What the bank holds: counts, and the hash of every file."""
    files = [directory / f"{category}.jsonl" for category in Category]
    files += sorted((directory / "contexts").glob("*.txt"))
    files += [path for one in Fixture if (path := fixture_file(directory, one)).exists()]
    return {
        "version": VERSION,
        "questions": len(bank.questions),
        "categories": {str(category): len(bank.of(category)) for category in Category},
        "fixtures": {str(fixture): len(bank.every({fixture})) for fixture in Fixture},
        "sha256": {
            path.relative_to(directory).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files
        },
    }


def as_text(document: dict[str, Any]) -> str:
    """A document as it stands in the file."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def main(argv: list[str]) -> int:
    """Write both files; exit code 2 for wrong use or an unusable bank."""
    if len(argv) != 1:
        print("usage: python -m traffic.bank.manifest DIRECTORY", file=sys.stderr)  # noqa: T201
        return 2
    directory = Path(argv[0])
    try:
        bank = load_bank(directory)
    except BankError as error:
        print(f"traffic.bank.manifest: {error}", file=sys.stderr)  # noqa: T201
        return 2
    (directory / "schema.json").write_text(as_text(schema()), encoding="utf-8")
    (directory / "manifest.json").write_text(as_text(manifest(directory, bank)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
