"""docs/LICENCES.md: every dependency with its licence and its purpose."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from supply.known import Known, Part
from supply.locks import REPOSITORY, SERVICES
from supply.npm import Package
from supply.policy import is_run_time
from supply.table import Entry

DOCUMENT = REPOSITORY / "docs" / "LICENCES.md"
_HEAD = """\
# Licences

Ollama Observe is MIT ([LICENSE](../LICENSE)). This is what it takes from others: each package that
a lock pins, for every system, and all else that is fetched, installed into an image or named as
one. Licences are SPDX's names. Written by `make licences` from the locks, from what the packages
say of themselves and from what people have read (`supply/known.toml`), and held to the locks by a
test.
[SUPPLY-CHAIN.md](SUPPLY-CHAIN.md) says what is pinned and how, and what of this images carry.
"""
_GROUPS = (
    ("carried", "Inside packages, beyond what their metadata says", "Part"),
    ("model", "The model", "Model"),
    ("program", "Fetched where a machine lacks it", "Program"),
    ("debian", "Debian's packages in our images", "Package"),
    ("vendored", "In this repository, unchanged", "Package"),
    ("image", "Images of others", "Image"),
    ("named", "Named in the documents, brought by nobody", "Program"),
)


@dataclass(frozen=True, slots=True)
class Subject:
    """All that the document tells of."""

    table: Mapping[str, Entry]
    sets: Mapping[str, Sequence[str]]
    npm: Sequence[Package]
    parts: Sequence[Part]
    purposes: Mapping[str, str]
    known: Known


def rendered(subject: Subject) -> str:
    """The document."""
    running = {k: one for k, one in subject.table.items() if is_run_time(subject.sets[k])}
    others = {k: one for k, one in subject.table.items() if k not in running}
    sections = [
        _HEAD,
        _section("In short", _counted(subject, running, others)),
        _section("Python packages of what runs", _packages(subject, running)),
        _section(
            "npm packages of the Portkey gateway",
            _rows(("Package", "Version", "Licence"), _of_npm(subject.npm)),
        ),
        *(_section(title, _parts(subject.parts, group, of)) for group, title, of in _GROUPS),
        _section("Python packages of development alone", _packages(subject, others)),
        _section("Which licences may run, and why", _allowed(subject.known)),
        _section("Licences by reading", _readings(subject.known)),
        _section("Packages without a licence file", _without(subject.table)),
    ]
    return "\n".join(sections)


def _section(title: str, body: str) -> str:
    return f"## {title}\n\n{body}"


def _rows(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _counted(subject: Subject, running: Mapping[str, Entry], others: Mapping[str, Entry]) -> str:
    columns = (
        Counter(one.licence for one in running.values()),
        Counter(one.licence for one in subject.npm),
        Counter(one.licence for one in others.values()),
    )
    licences = sorted(
        set().union(*columns), key=lambda name: (-sum(c[name] for c in columns), name)
    )
    head = ("Licence", "Python, runs", "npm, the gateway", "Python, development alone")
    return _rows(
        head,
        (
            *((name, *(str(c[name] or "") for c in columns)) for name in licences),
            ("all", *(str(c.total()) for c in columns)),
        ),
    )


def _packages(subject: Subject, table: Mapping[str, Entry]) -> str:
    head = ("Package", "Version", "Licence", "In", "Used for")
    return _rows(
        head,
        (
            (f"`{name}`", version, one.licence, _in(subject.sets[key]), subject.purposes[name])
            for (name, version), key, one in sorted(
                (tuple(key.split("==")), key, one) for key, one in table.items()
            )
        ),
    )


def _in(sets: Sequence[str]) -> str:
    """The images and sets; `local` and `dev` hold all of them."""
    if set(SERVICES) <= set(sets):
        return "every service"
    shown = [name for name in sets if name not in ("local", "dev")]
    return ", ".join(shown) or ("local" if "local" in sets else "dev")


def _of_npm(packages: Iterable[Package]) -> list[tuple[str, str, str]]:
    return sorted({(f"`{one.name}`", one.version, one.licence) for one in packages})


def _parts(parts: Iterable[Part], group: str, head: str) -> str:
    return _rows(
        (head, "Version", "Licence", "In", "Used for"),
        (
            (part.name, part.version, part.licence, part.of, part.use)
            for part in parts
            if part.group == group
        ),
    )


def _allowed(known: Known) -> str:
    listed = _rows(("Licence", "Why it may run"), sorted(known.allowed.items()))
    kept = _rows(
        ("By name", "Licence", "Why it may be there as it is"),
        ((name, one.licence, one.why) for name, one in sorted(known.kept.items())),
    )
    return f"{listed}\n{kept}"


def _readings(known: Known) -> str:
    return _rows(
        ("Package", "It says", "It is", "By"),
        (
            (f"`{name}`", one.declared, one.licence, one.why)
            for name, one in sorted(known.readings.items())
        ),
    )


def _without(table: Mapping[str, Entry]) -> str:
    names = ", ".join(
        f"`{key.partition('==')[0]}`" for key in sorted(table) if not table[key].texts
    )
    return (
        f"These say their licence in their metadata alone: {names}. Every other one has the text\n"
        "in its own folder (`*.dist-info`), in `.venv` and in images.\n"
    )
