"""What the repository's own files name: images, Debian's packages, programs, vendored files."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from stack.prometheus.programs import ALERTMANAGER, PROMETHEUS
from supply.known import Known, Part
from supply.locks import REPOSITORY

_IMAGE = re.compile(
    r"(?:image: (?:&[\w-]+ )?|BASE: |BASE=|x-image: (?:&[\w-]+ )?)(?:\$\{\w+:-)?"
    r"(?P<name>[a-z0-9][a-z0-9./-]*):(?P<tag>[\w.-]+)\}?\s*$",
    re.MULTILINE,
)
_STAGE = re.compile(r"^FROM (\S+) AS (\S+)$", re.MULTILINE)
_APT = re.compile(r"apt-get (?:-qq )?install (?P<words>[^>&\n]+)")
_VENDORED = re.compile(r"^\| `[^`]+` \| `([\w-]+)@([\d.]+)` \|", re.MULTILINE)
_VENDORED_SUM = re.compile(r"sha512-[A-Za-z0-9+/=]{88}")
VENDORED = ("services/dashboard/src/dashboard/static/vendor", "tests/browser/vendor")


class UndecidedError(Exception):
    """The repository names something of which supply/known.toml knows nothing."""


@dataclass(frozen=True, slots=True, order=True)
class Image:
    """An image of others, by name and tag."""

    name: str
    tag: str


def images_in(text: str) -> frozenset[Image]:
    """The images of others that a Dockerfile or a Compose file names."""
    return frozenset(Image(match["name"], match["tag"]) for match in _IMAGE.finditer(text))


def debian_in(dockerfile: str) -> frozenset[str]:
    """The packages that a Dockerfile's images have installed; build tools stay behind."""
    kept: set[str] = set()
    for _, name, text in stages_in(dockerfile):
        if name == "build":
            continue
        for match in _APT.finditer(text.replace("\\\n", " ")):
            kept |= {word for word in match["words"].split() if not word.startswith("-")}
    return frozenset(kept)


def stages_in(dockerfile: str) -> Iterator[tuple[str, str, str]]:
    """The stages of a Dockerfile: what each is from, its name, and its lines."""
    for part in re.split(r"(?m)^(?=FROM )", dockerfile):
        stage = _STAGE.match(part)
        if stage is not None:
            yield stage[1], stage[2], part


def images(repository: Path = REPOSITORY) -> frozenset[Image]:
    """Those of the Dockerfile and of every Compose file."""
    files = [repository / "Dockerfile", *sorted(repository.glob("compose*.yaml"))]
    return frozenset().union(*(images_in(path.read_text(encoding="utf-8")) for path in files))


def _decided(names: Iterable[str], group: str, where: str, known: Known) -> dict[str, Part]:
    """What is known of each. Raises: UndecidedError with a sentence for each that is missing."""
    there, has = set(names), known.of_group(group)
    missing = [
        f"{where} has {name}, whose licence nobody has written down: [parts.{group}.{name!r}] in "
        "supply/known.toml"
        for name in sorted(there - has.keys())
    ]
    missing += [
        f"supply/known.toml has [parts.{group}.{name!r}], which {where} does not name any more"
        for name in sorted(has.keys() - there)
    ]
    if missing:
        raise UndecidedError("\n".join(missing))
    return has


def image_parts(known: Known, repository: Path = REPOSITORY) -> tuple[Part, ...]:
    """The images, with the tags that are asked for."""
    found = sorted(images(repository))
    has = _decided((one.name for one in found), "image", "the Dockerfile or Compose", known)
    return tuple(replace(has[one.name], version=one.tag) for one in found)


def debian_parts(known: Known) -> tuple[Part, ...]:
    """Debian's packages in images: apt-get chooses the version when an image is built."""
    text = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")
    return tuple(_decided(debian_in(text), "debian", "the Dockerfile", known).values())


def program_parts(known: Known) -> tuple[Part, ...]:
    """What a start fetches: the releases' versions are those of the code."""
    versions = {one.name: one.version for one in (PROMETHEUS, ALERTMANAGER)} | {"libgomp1": ""}
    has = _decided(versions, "program", "stack", known)
    return tuple(replace(part, version=versions[name]) for name, part in has.items())


def vendored() -> dict[str, str]:
    """What was taken into the repository, by the lists beside it: versions by name."""
    return dict(row for folder in VENDORED for row in _VENDORED.findall(_list_of(folder)))


def vendored_parts(known: Known) -> tuple[Part, ...]:
    """The same, with what is known of it."""
    versions = vendored()
    has = _decided(versions, "vendored", "VENDORED.md", known)
    return tuple(replace(part, version=versions[name]) for name, part in has.items())


def vendored_sums() -> dict[str, str]:
    """The npm package's own sum of each, `sha512-` and base64."""
    found = {}
    for folder in VENDORED:
        text = _list_of(folder)
        (name, _version), *_ = _VENDORED.findall(text)
        sums = _VENDORED_SUM.findall(text)
        found[name] = sums[-1]
    return found


def _list_of(folder: str) -> str:
    return (REPOSITORY / folder / "VENDORED.md").read_text(encoding="utf-8")


def fixed_parts(known: Known) -> tuple[Part, ...]:
    """What is inside a package of a lock, or is its purpose."""
    return tuple(part for part in known.parts if part.group in ("carried", "model"))


def all_parts(known: Known) -> tuple[Part, ...]:
    """Everything that is no package of a lock. Raises: UndecidedError."""
    return (
        *fixed_parts(known),
        *program_parts(known),
        *debian_parts(known),
        *vendored_parts(known),
        *image_parts(known),
    )
