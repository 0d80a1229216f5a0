"""What a bill of materials lists, before it has a format: one item for each thing that is taken."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from supply.known import Part
from supply.locks import Pin
from supply.npm import Package
from supply.table import Entry

KINDS = {"image": "container", "model": "machine-learning-model", "program": "application"}
"""What a part is by CycloneDX; a library where it is not named here."""
_LEFT_OPEN = {
    "debian": "apt-get chooses it when the image is built",
    "program": "the distribution's, or that of the official release",
    "carried": "the package's own, which does not say",
    "model": "its sum says which",
}


@dataclass(frozen=True, slots=True)
class Item:
    """One of them.

    `ref` names it in a bill: its purl. `files` are the sums that a file of it may have by what
    pins it, `algorithm:hex`; `sums` those of the thing itself. `needs` are refs.
    """

    ref: str
    name: str
    version: str
    kind: str
    licence: str
    is_optional: bool = False
    sums: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    needs: frozenset[str] = frozenset()
    facts: Mapping[str, str] = field(default_factory=dict)


def of_pins(pins: Sequence[Pin], table: Mapping[str, Entry], lock: str) -> list[Item]:
    """The packages of one set, which need one another as far as they are in it."""
    refs = {pin.name: _pypi(pin) for pin in pins}
    return [
        Item(
            refs[pin.name],
            pin.name,
            pin.version,
            "library",
            table[pin.key].licence,
            bool(pin.marker),
            files=of_hashes(pin),
            needs=frozenset(refs[need] for need in table[pin.key].needs if need in refs),
            facts={"pinned-in": f"requirements/{lock}.txt"}
            | ({"only-where": pin.marker} if pin.marker else {}),
        )
        for pin in pins
    ]


def _pypi(pin: Pin) -> str:
    return f"pkg:pypi/{pin.name}@{pin.version}"


def of_hashes(pin: Pin) -> tuple[str, ...]:
    """The sums of the files that may be installed, `SHA-256:hex`."""
    return tuple(f"SHA-256:{value}" for value in pin.hashes)


def of_npm(packages: Iterable[Package]) -> list[Item]:
    """The gateway and what it brings; one item where a package lies in two places."""
    packages = tuple(packages)
    refs = {one.place: npm_ref(one.name, one.version) for one in packages}
    needs: dict[str, set[str]] = {}
    for one in packages:
        needs.setdefault(refs[one.place], set()).update(refs[place] for place in one.needs)
    by_ref = {refs[one.place]: one for one in packages}
    return [
        Item(
            ref,
            one.name,
            one.version,
            "library",
            one.licence,
            files=(of_integrity(one.integrity),),
            needs=frozenset(needs[ref]),
            facts={"pinned-in": "portkey/package-lock.json"},
        )
        for ref, one in sorted(by_ref.items())
    ]


def npm_ref(name: str, version: str) -> str:
    """The purl of an npm package."""
    return f"pkg:npm/{name.replace('@', '%40')}@{version}"


def of_integrity(integrity: str) -> str:
    """`SHA-512:hex` of npm's `sha512-base64`."""
    return f"SHA-512:{base64.b64decode(integrity.removeprefix('sha512-')).hex()}"


def of_parts(
    parts: Iterable[Part], files: Mapping[str, tuple[str, ...]] | None = None
) -> list[Item]:
    """What is no package of a lock; `files` are sums of what it was taken from, by its name."""
    return [_of_part(part, (files or {}).get(part.name, ())) for part in parts]


def _of_part(part: Part, files: tuple[str, ...]) -> Item:
    facts = {"purpose": part.use}
    if part.of:
        facts["carried-in"] = part.of
    if not part.version:
        facts["version-by"] = _LEFT_OPEN[part.group]
    return Item(
        f"{part.purl}@{part.version}" if part.version else part.purl,
        part.name,
        part.version,
        KINDS.get(part.group, "library"),
        part.licence,
        sums=(f"SHA-256:{part.sha256}",) if part.sha256 else (),
        files=files,
        facts=facts,
    )
