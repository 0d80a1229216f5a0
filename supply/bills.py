"""Which bills of materials there are, and what is on each."""

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from supply import items, locks, named
from supply.gathering import Gathered
from supply.items import Item
from supply.known import Part
from supply.locks import REPOSITORY, SERVICES

_LIBRARY = "libs/ollama-observe"
_ROOMS = (_LIBRARY, *(f"services/{name}" for name in SERVICES), "stack")
_BASE = "python"
_MODEL = "model"
_WHEN_ASKED_FOR = frozenset({"portkeyai/gateway", "grafana/grafana"})


@dataclass(frozen=True, slots=True)
class Bill:
    """The bill of one image, one set or of everything. `direct` are the refs that we ask for."""

    name: str
    title: str
    version: str
    kind: str
    items: tuple[Item, ...]
    direct: frozenset[str]


def bills(found: Gathered) -> list[Bill]:
    """Every one, the whole last."""
    made = [_of_service(service, found) for service in SERVICES]
    made += [_front(found), _portkey(found), _docker(found), _local(found), _locust(found)]
    everything: dict[str, Item] = {}
    for bill in made:
        for item in bill.items:
            everything[item.ref] = _joined(everything.get(item.ref), item)
    direct = frozenset().union(*(bill.direct for bill in made))
    whole = _sorted(everything.values())
    return [*made, Bill("ollama-observe", "everything", version(), "application", whole, direct)]


def version() -> str:
    """Ours."""
    return str(_project(_LIBRARY)["version"])


def _project(room: str) -> dict[str, object]:
    text = (REPOSITORY / room / "pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(text)["project"]
    assert isinstance(project, dict)
    return project


def _asked_by(rooms: Iterable[str]) -> set[str]:
    """The names that rooms ask for."""
    wanted: set[str] = set()
    for room in rooms:
        asked = _project(room)["dependencies"]
        assert isinstance(asked, list)
        wanted |= {str(line).partition("==")[0] for line in asked}
    return wanted


def _set(lock: str, found: Gathered) -> list[Item]:
    """The packages of a lock, with what they carry."""
    pins = locks.pins(lock)
    names = {pin.name for pin in pins}
    carried = [
        part
        for part in found.parts
        if part.group == "carried" and part.of in names and part.not_in != lock
    ]
    refs: dict[str, set[str]] = {}
    for part, item in zip(carried, items.of_parts(carried), strict=True):
        refs.setdefault(part.of, set()).add(item.ref)
    packages = items.of_pins(pins, found.table, lock)
    return [
        *(replace(one, needs=one.needs | refs.get(one.name, set())) for one in packages),
        *items.of_parts(carried),
    ]


def _joined(had: Item | None, item: Item) -> Item:
    """One item of two bills: it needs what it needs in either, and is optional only in both."""
    if had is None:
        return item
    is_optional = had.is_optional and item.is_optional
    return replace(had, is_optional=is_optional, needs=had.needs | item.needs)


def _parts(found: Gathered, group: str, of: str | None = None) -> list[Item]:
    parts = [part for part in found.parts if part.group == group and of in (None, part.of)]
    return items.of_parts(parts, _files(parts))


def _files(parts: Iterable[Part]) -> dict[str, tuple[str, ...]]:
    """The sums of the npm package, or of the wheels, that a part was taken from."""
    of_npm = {name: (items.of_integrity(one),) for name, one in named.vendored_sums().items()}
    wheels = {pin.name: items.of_hashes(pin) for pin in locks.pins(_MODEL)}
    return of_npm | {part.name: wheels[part.of] for part in parts if part.of in wheels}


def _image(found: Gathered, name: str) -> list[Item]:
    parts = [part for part in found.parts if part.group == "image" and part.name == name]
    return items.of_parts(parts)


def _sorted(found: Iterable[Item]) -> tuple[Item, ...]:
    return tuple(sorted(found, key=lambda item: item.ref))


def _bill(
    name: str, title: str, kind: str, listed: Sequence[Item], asked: Iterable[str] | None = None
) -> Bill:
    """With what nobody else on it needs as ours, and what our rooms ask for."""
    needed = frozenset().union(*(item.needs for item in listed))
    wanted = set(asked or ())
    direct = frozenset(item.ref for item in listed if item.ref not in needed or item.name in wanted)
    return Bill(name, title, version(), kind, _sorted(listed), direct)


def _of_service(service: str, found: Gathered) -> Bill:
    listed = [
        *_set(service, found),
        *_parts(found, "debian", service),
        *_parts(found, "vendored", service),
        *(_parts(found, _MODEL) if service == "engine" else ()),
        *_image(found, _BASE),
    ]
    asked = _asked_by((_LIBRARY, f"services/{service}"))
    return _bill(service, f"the image {service}", "container", listed, asked)


def _front(found: Gathered) -> Bill:
    listed = [*_parts(found, "debian", "front"), *_image(found, _BASE)]
    return _bill("front", "the image front", "container", listed)


def _portkey(found: Gathered) -> Bill:
    return _bill("portkey", "the gateway without Docker", "application", items.of_npm(found.npm))


def _docker(found: Gathered) -> Bill:
    """The verbs, and the images of others that Compose starts; some only where asked for."""
    images = [
        replace(item, is_optional=item.name in _WHEN_ASKED_FOR)
        for item in _parts(found, "image")
        if item.name != _BASE
    ]
    listed = [*_set("docker", found), *images]
    title = "the verbs where containers run, and the images of others"
    return _bill("docker", title, "application", listed, _asked_by((_LIBRARY, "stack")))


def _local(found: Gathered) -> Bill:
    listed = [
        *_set("local", found),
        *_parts(found, "program"),
        *_parts(found, _MODEL),
        *_parts(found, "vendored", "dashboard"),
    ]
    return _bill("local", "everything as processes", "application", listed, _asked_by(_ROOMS))


def _locust(found: Gathered) -> Bill:
    asked = {*_asked_by((_LIBRARY, "services/traffic")), "locust"}
    return _bill("locust", "Locust's machines", "application", _set("locust", found), asked)
