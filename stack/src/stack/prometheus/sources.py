"""Where a program of the Prometheus project comes from on this machine, first that works.

PATH, what was fetched before, the official release, the distribution's package,
Homebrew. Without any the stack runs without the program and says so.
"""

import shutil
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from stack import debian
from stack.console import step
from stack.outside import finished
from stack.places import Places
from stack.prometheus.programs import Program

_HOMEBREW = (Path("/opt/homebrew/bin"), Path("/usr/local/bin"))
_VERSION_WITHIN_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Source:
    """A way to a program: its name as the operator reads it, and how to try it."""

    name: str
    find: Callable[[], Path | None]


@dataclass(frozen=True, slots=True)
class Binary:
    """A program that runs here, and where it came from."""

    path: Path
    origin: str
    version: str


def in_words(binary: Binary | None) -> str:
    """What was found, as the operator reads it."""
    return f"{binary.version}, {binary.origin}" if binary else "none"


def find(program: Program, places: Places) -> Binary | None:
    """The first that can be had on this machine, fetched where none is here."""
    return first(program, sources(program, places), version_of)


def first(
    program: Program,
    candidates: Iterable[Source],
    version_of: Callable[[Program, Path], str | None],
) -> Binary | None:
    """The first candidate that is there and runs."""
    for source in candidates:
        path = source.find()
        if path is None:
            continue
        version = version_of(program, path)
        if version is not None:
            return Binary(path, source.name, version)
        step(program.name, f"{path} does not run here, looking further")
    return None


def sources(program: Program, places: Places) -> tuple[Source, ...]:
    """Every way, in the order in which they are tried."""
    return (
        Source("from PATH", lambda: on_path(program)),
        Source("fetched before", lambda: _fetched(program, places)),
        Source("official release", lambda: _from_release(program, places)),
        Source("the distribution's package", lambda: _from_package(program, places)),
        Source("Homebrew", lambda: _there(program.name, _HOMEBREW)),
    )


def version_of(program: Program, binary: Path) -> str | None:
    """The version that `--version` prints; None where it does not run."""
    done = finished([str(binary), "--version"], _VERSION_WITHIN_SECONDS)
    if done is None or done.returncode != 0:
        return None
    return parse_version(program, done.stdout + done.stderr)


def parse_version(program: Program, output: str) -> str | None:
    """`2.53.3+ds1` from `prometheus, version 2.53.3+ds1 (branch: ...)`."""
    words = output.split()
    is_its = words[:2] == [f"{program.name},", "version"] and len(words) > 2
    return words[2] if is_its else None


def on_path(program: Program) -> Path | None:
    """What is installed, by whichever of its names."""
    found = next(filter(None, map(shutil.which, program.commands)), None)
    return Path(found) if found else None


def tool_of(program: Program, binary: Path) -> Path | None:
    """The tool that belongs to a program: beside it, or on PATH; None where there is none."""
    beside = binary.with_name(program.tool)
    if beside.is_file():
        return beside
    found = shutil.which(program.tool)
    return Path(found) if found else None


def tool_at_hand(program: Program, places: Places) -> Path | None:
    """The tool of the program that a start finds here, before anything is fetched."""
    return tool_of(program, on_path(program) or places.fetched(program.name) / program.name)


def _there(name: str, folders: Iterable[Path]) -> Path | None:
    return next((folder / name for folder in folders if (folder / name).is_file()), None)


def _fetched(program: Program, places: Places) -> Path | None:
    return _there(program.name, [places.fetched(program.name)])


def _from_release(program: Program, places: Places) -> Path | None:
    from stack.prometheus import release  # brings an HTTP client, which few starts need

    name = release.archive_name(program)
    if name is None:
        return None
    what = f"{program.title} {program.version}, the official release ({program.download}, once)"
    step("fetching", what)
    partial = _fresh(places.fetched(program.name).with_suffix(".partial"))
    try:
        release.fetch(program, name, partial)
    except release.ReleaseError as error:
        shutil.rmtree(partial, ignore_errors=True)
        step("", f"{error}; trying the next source")
        return None
    return _publish(program, partial, places)


def _from_package(program: Program, places: Places) -> Path | None:
    if sys.platform != "linux" or not debian.is_available():
        return None
    step("fetching", f"{program.title}, the distribution's package (no root needed)")
    log = places.log / "setup.log"
    files = debian.unpack(program.package, places.downloads / "apt", log)
    partial = files and taken_from_package(program, files / "usr/bin", places)
    if partial is None:
        step("", f"apt-get could not fetch it, see {places.shown(log)}")
        return None
    return _publish(program, partial, places)


def taken_from_package(program: Program, binaries: Path, places: Places) -> Path | None:
    """A folder with what a package holds, under our names; None where it lacks the program."""
    binary = next(filter(None, (_there(name, [binaries]) for name in program.commands)), None)
    if binary is None:
        return None
    partial = _fresh(places.fetched(program.name).with_suffix(".partial"))
    shutil.copy2(binary, partial / program.name)
    tool = _there(program.tool, [binaries])
    if tool is not None:
        shutil.copy2(tool, partial / program.tool)
    return partial


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _publish(program: Program, partial: Path, places: Places) -> Path:
    """Rename the finished folder into place: what is half fetched is never found."""
    folder = places.fetched(program.name)
    shutil.rmtree(folder, ignore_errors=True)
    partial.replace(folder)
    return folder / program.name
