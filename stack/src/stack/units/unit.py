"""The units as text: one for each part, and the target that is all of them. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from stack.parts import Part
from stack.units import text
from stack.units.folders import UnitPlaces
from stack.units.hardening import Footing, hardening, has_view
from stack.units.names import TARGET, USER, unit_of
from stack.units.shown import shown_to

CHECKOUT = "Checkout="
"""Begins the target's line that says whose units these are."""

_AFTER = {
    "prometheus": ("alertmanager",),
    "dashboard": ("prometheus",),
    "gpu-exporter": ("prometheus",),
    "engine": ("prometheus",),
    "portkey": ("prometheus", "engine"),
    "proxy": ("prometheus", "dashboard", "engine", "portkey"),
    "traffic": ("prometheus", "proxy"),
}
"""Stopped the other way round: Prometheus sees all go, and requests end before their way does."""

_WAITED_FOR = ("engine", "portkey", "proxy")
"""Of whom others need more than that they were started. Prometheus may read its log for minutes."""

_ALERTMANAGERS_FILE = "alertmanager.yml"
_BESIDE_READY_SECONDS = 15
_OPEN_FILES = 8192

Lines = Iterable[tuple[str, str]]


def render(
    part: Part,
    environment: Mapping[str, str],
    footing: Footing,
    places: UnitPlaces,
    interpreter: Sequence[Path],
) -> str:
    """The unit of one part. `interpreter` is Python's program, and the folder of its library."""
    unit = [
        ("Description", f"Ollama Observe: {part.name}"),
        ("PartOf", TARGET),
        ("After", " ".join(map(unit_of, _AFTER.get(part.name, ())))),
        *((("Wants", "network-online.target"),) if footing.is_system else ()),
        *((("After", "network-online.target ollama.service"),) if footing.is_system else ()),
        ("StartLimitIntervalSec", "0"),
    ]
    service = [
        ("Type", "exec"),
        ("ExecStart", _command(part, footing, places)),
        *_waiting(part, interpreter[0]),
        ("WorkingDirectory", text.plain(places.repository)),
        ("EnvironmentFile", text.plain(places.environment_of(part.name))),
        ("SyslogIdentifier", unit_of(part.name).removesuffix(".service")),
        ("Restart", "always"),
        ("RestartSec", "2"),
        # the proxy and the engine end their own children
        ("KillMode", "mixed"),
        ("TimeoutStopSec", str(round(part.stop_seconds))),
        ("LimitNOFILE", str(_OPEN_FILES)),
        *hardening(part.name, footing),
        *_of_disk(part, environment, footing, places, interpreter),
    ]
    return _section("Unit", unit) + "\n" + _section("Service", service)


def target(parts: Sequence[str], places: UnitPlaces) -> str:
    """What is enabled: it brings every part, and takes each with it."""
    unit = [
        ("Description", "Ollama Observe"),
        ("Wants", " ".join(map(unit_of, parts))),
    ]
    # with the machine, or with the user's session
    install = [("WantedBy", "multi-user.target" if places.is_system else "default.target")]
    ours = f"[X-Ollama-Observe]\n{CHECKOUT}{text.plain(places.repository)}\n"
    return "\n".join((_section("Unit", unit), _section("Install", install), ours))


def _section(name: str, lines: Lines) -> str:
    written = (
        f"{key}={value}\n" for key, value in lines if value or key == "CapabilityBoundingSet"
    )
    return f"[{name}]\n" + "".join(written)


def _waiting(part: Part, python: Path) -> Lines:
    if part.name not in _WAITED_FOR:
        return ()
    seconds = round(part.ready_within_seconds)
    words = (str(python), "-m", "stack.units.ready", part.ready_url, str(seconds))
    return (
        ("ExecStartPost", f"-{text.command(words)}"),
        ("TimeoutStartSec", str(seconds + _BESIDE_READY_SECONDS)),
    )


def _command(part: Part, footing: Footing, places: UnitPlaces) -> str:
    if not _has_credential(part, footing, places):
        return text.command(part.command)
    # it may hold a password, and is root's to read: systemd hands it on
    given = f"/run/credentials/{unit_of(part.name)}/{_ALERTMANAGERS_FILE}"
    path = str(places.files / _ALERTMANAGERS_FILE)
    return text.command(word.replace(path, given) for word in part.command)


def _has_credential(part: Part, footing: Footing, places: UnitPlaces) -> bool:
    path = places.files / _ALERTMANAGERS_FILE
    return footing.is_system and any(word.endswith(f"={path}") for word in part.command)


def _of_disk(
    part: Part,
    environment: Mapping[str, str],
    footing: Footing,
    places: UnitPlaces,
    interpreter: Sequence[Path],
) -> list[tuple[str, str]]:
    """What the part sees and keeps."""
    lines: list[tuple[str, str]] = []
    kept = places.kept_by(part.name)
    if has_view(part.name, footing):
        besides = (places.repository, places.downloads, *interpreter)
        paths = shown_to(part, environment, besides)
        lines += [("BindReadOnlyPaths", text.quoted(str(path))) for path in paths if path != kept]
    if _has_credential(part, footing, places):
        lines.append(
            ("LoadCredential", f"{_ALERTMANAGERS_FILE}:{places.files / _ALERTMANAGERS_FILE}")
        )
    if kept is None:
        return lines
    if footing.is_system:
        return [*lines, ("StateDirectory", f"{USER}/{kept.name}"), ("StateDirectoryMode", "0700")]
    if has_view(part.name, footing):
        lines += [(key, text.quoted(str(kept))) for key in ("BindPaths", "ReadWritePaths")]
    return lines
