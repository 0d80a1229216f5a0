"""The commands that the documents show, and what else stands in their fences."""

import re
import subprocess
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from stack.places import REPOSITORY

FENCE = re.compile(r"^\s*```(.*)$")
INLINE = re.compile(r"`(make [a-z][^`]*)`", re.DOTALL)
QUERY = re.compile(r"^\| [^|]+ \| `(.+)` \|$", re.MULTILINE)
SHELL = ("sh", "console")


@dataclass(frozen=True, slots=True)
class Block:
    """What stands in one fence. `line` is that of its first line."""

    document: str
    line: int
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Command:
    """One command as a shell reads it; of several lines where it goes on."""

    document: str
    line: int
    text: str

    @property
    def words(self) -> str:
        """The command in one line, without its comment."""
        lines = (re.sub(r"\s+#\s.*$", "", line).rstrip("\\") for line in self.text.splitlines())
        return " ".join(" ".join(lines).split())


def documents() -> list[Path]:
    """README, docs and the rooms' own."""
    found = {
        path
        for pattern in ("*.md", "docs/*.md", "*/README.md", "*/*/README.md")
        for path in REPOSITORY.glob(pattern)
        if not path.relative_to(REPOSITORY).parts[0].startswith(".")
    }
    return sorted(found, key=lambda path: (path.parent != REPOSITORY, path))


def name(path: Path) -> str:
    """A document as it is called here."""
    return str(path.relative_to(REPOSITORY))


@cache
def blocks() -> tuple[Block, ...]:
    """All fences of all documents, in their order."""
    return tuple(block for path in documents() for block in blocks_of(name(path), _text(path)))


def blocks_of(document: str, text: str) -> Iterator[Block]:
    """The fences of one document."""
    language, first = "", 0
    lines: list[str] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if match := FENCE.match(line):
            if lines is None:
                language, lines, first = match[1].strip(), [], number + 1
            else:
                yield Block(document, first, language, textwrap.dedent("\n".join(lines)))
                lines = None
        elif lines is not None:
            lines.append(line)
    assert lines is None, f"{document}: the fence at line {first - 1} has no end"


@cache
def commands() -> tuple[Command, ...]:
    """All commands of all fences that hold some, in their order."""
    return tuple(
        command for block in blocks() if block.language in SHELL for command in commands_of(block)
    )


def commands_of(block: Block) -> Iterator[Command]:
    """The commands of one fence; what a `console` prints is none."""
    begun, first = "", 0
    for number, line in enumerate(block.text.splitlines(), block.line):
        if block.language == "console":
            if not line.startswith("$ "):
                continue
            line = line.removeprefix("$ ")
        if not begun and not line.strip():
            continue
        first = first if begun else number
        begun = f"{begun}\n{line}" if begun else line
        if not line.endswith("\\") and is_whole(begun):
            yield Command(block.document, first, begun)
            begun = ""
    assert not begun, f"{block.document}:{first}: no shell reads {begun!r} as a command"


@cache
def is_whole(text: str) -> bool:
    """Whether a shell can read it."""
    if not re.search(r"[\"'({|&]", text):
        return True
    done = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)
    return done.returncode == 0


@cache
def verbs_in_prose() -> tuple[Command, ...]:
    """`make ...` as sentences and tables name it, each once, with what stands beside the verb."""
    found: dict[str, Command] = {}
    for path in documents():
        text = re.sub(r"^\s*```.*?^\s*```", _as_many_lines, _text(path), flags=re.M | re.S)
        for match in INLINE.finditer(text):
            command = " ".join(match[1].split())
            number = text.count("\n", 0, match.start()) + 1
            found.setdefault(command, Command(name(path), number, command))
    return tuple(found.values())


def _as_many_lines(match: re.Match[str]) -> str:
    return "\n" * match[0].count("\n")


def verbs() -> set[str]:
    """What the Makefile has a recipe for, also where `make help` does not tell of it."""
    text = _text(REPOSITORY / "Makefile")
    return set(re.findall(r"^([a-z-]+):", text, re.MULTILINE))


def queries() -> list[str]:
    """The PromQL of fences and of the table in METRICS.md."""
    fenced = [block.text for block in blocks() if block.language == "promql"]
    text = _text(REPOSITORY / "docs" / "METRICS.md").partition("## Some questions, as PromQL")[2]
    rows = QUERY.findall(text.partition("\n## ")[0])
    return [*fenced, *(row.replace("\\|", "|") for row in rows)]


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
