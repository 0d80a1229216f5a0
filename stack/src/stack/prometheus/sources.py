"""Where Prometheus comes from on this machine, first that works.

PATH, what was fetched before, the official release, the distribution's package,
Homebrew. Without any the stack runs without Prometheus and says so.
"""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from stack import debian
from stack.console import step
from stack.places import Places

_HOMEBREW = (Path("/opt/homebrew/bin/prometheus"), Path("/usr/local/bin/prometheus"))
_VERSION_WITHIN_SECONDS = 10.0
_RELEASE_WITHIN = "about 120 MB, once"


@dataclass(frozen=True, slots=True)
class Source:
    """A way to a Prometheus: its name as the operator reads it, and how to try it."""

    name: str
    find: Callable[[], Path | None]


@dataclass(frozen=True, slots=True)
class Binary:
    """A Prometheus that runs here, and where it came from."""

    path: Path
    origin: str
    version: str


def find(places: Places) -> Binary | None:
    """The first Prometheus that can be had on this machine, fetched where none is here."""
    return first(sources(places), version_of)


def first(candidates: Iterable[Source], version_of: Callable[[Path], str | None]) -> Binary | None:
    """The first candidate that is there and runs."""
    for source in candidates:
        path = source.find()
        if path is None:
            continue
        version = version_of(path)
        if version is not None:
            return Binary(path, source.name, version)
        step("prometheus", f"{path} does not run here, looking further")
    return None


def sources(places: Places) -> tuple[Source, ...]:
    """Every way, in the order in which they are tried."""
    return (
        Source("from PATH", _on_path),
        Source("fetched before", lambda: _fetched(places)),
        Source("official release", lambda: _from_release(places)),
        Source("the distribution's package", lambda: _from_package(places)),
        Source("Homebrew", lambda: next(filter(Path.exists, _HOMEBREW), None)),
    )


def version_of(binary: Path) -> str | None:
    """The version that `prometheus --version` prints; None where it does not run."""
    try:
        done = subprocess.run(
            [str(binary), "--version"],
            capture_output=True,
            text=True,
            timeout=_VERSION_WITHIN_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return parse_version(done.stdout + done.stderr) if done.returncode == 0 else None


def parse_version(output: str) -> str | None:
    """`2.53.3+ds1` from `prometheus, version 2.53.3+ds1 (branch: ...)`."""
    words = output.split()
    return words[2] if words[:2] == ["prometheus,", "version"] and len(words) > 2 else None


def _on_path() -> Path | None:
    found = shutil.which("prometheus")
    return Path(found) if found else None


def _fetched(places: Places) -> Path | None:
    binary = places.prometheus / "prometheus"
    return binary if binary.exists() else None


def _from_release(places: Places) -> Path | None:
    from stack.prometheus import release  # brings an HTTP client, which few starts need

    name = release.archive_name()
    if name is None:
        return None
    step("fetching", f"Prometheus {release.VERSION}, the official release ({_RELEASE_WITHIN})")
    partial = _fresh(places.prometheus.with_suffix(".partial"))
    try:
        release.fetch(name, partial)
    except release.ReleaseError as error:
        shutil.rmtree(partial, ignore_errors=True)
        step("", f"{error}; trying the next source")
        return None
    return _publish(partial, places.prometheus)


def _from_package(places: Places) -> Path | None:
    if sys.platform != "linux" or not debian.is_available():
        return None
    step("fetching", "Prometheus, the distribution's package (no root needed)")
    log = places.log / "setup.log"
    files = debian.unpack("prometheus", places.downloads / "apt", log)
    binary = None if files is None else files / "usr/bin/prometheus"
    if binary is None or not binary.is_file():
        step("", f"apt-get could not fetch it, see {places.shown(log)}")
        return None
    partial = _fresh(places.prometheus.with_suffix(".partial"))
    shutil.copy2(binary, partial / binary.name)
    return _publish(partial, places.prometheus)


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _publish(partial: Path, folder: Path) -> Path:
    """Rename the finished folder into place: a half-fetched Prometheus is never found."""
    shutil.rmtree(folder, ignore_errors=True)
    partial.replace(folder)
    return folder / "prometheus"
