"""The Portkey gateway from npm, with the two packages held that its streams need.

Its own package.json allows newer ones, with which every streamed answer fails:
Portkey-AI/gateway #1389.
"""

import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stack.console import step
from stack.errors import StackError
from stack.outside import run_quietly
from stack.parts import GATEWAY_SCRIPT
from stack.places import Places

GATEWAY = "@portkey-ai/gateway"

_MANIFEST = Path("portkey/package.json")
_LOCK = Path("portkey/package-lock.json")
_INSTALL_WITHIN_SECONDS = 300.0
# each package's sum is checked. No scripts: none is needed to run it.
_INSTALL = ("npm", "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund")


@dataclass(frozen=True, slots=True)
class Expected:
    """What the manifest asks for: the gateway, and the packages held for it, by version."""

    gateway: str
    held: Mapping[str, str]

    @property
    def versions(self) -> dict[str, str]:
        """All of them, the gateway first."""
        return {GATEWAY: self.gateway, **self.held}


def expected(repository: Path) -> Expected:
    """Read from portkey/package.json."""
    manifest = json.loads((repository / _MANIFEST).read_text(encoding="utf-8"))
    return Expected(manifest["dependencies"][GATEWAY], manifest["overrides"])


def ensure(places: Places) -> None:
    """See that the gateway is there as expected. Raises: StackError where it cannot be had."""
    if is_installed(places):
        return
    wanted = expected(places.repository)
    step("fetching", f"the Portkey gateway {wanted.gateway}, from npm (25 MB, once)")
    partial = places.portkey.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for path in (_MANIFEST, _LOCK):
        shutil.copyfile(places.repository / path, partial / path.name)
    log = places.log / "setup.log"
    if not run_quietly(_INSTALL, log, _INSTALL_WITHIN_SECONDS, cwd=partial):
        raise StackError(
            f"npm could not fetch the Portkey gateway, see {places.shown(log)}; "
            "once it is here, no network is needed"
        )
    wrong = unlike(wanted, found(partial, wanted.versions))
    if wrong:
        raise StackError(f"npm installed {wrong}; see {places.shown(log)}")
    # a half-installed gateway is never found
    shutil.rmtree(places.portkey, ignore_errors=True)
    partial.replace(places.portkey)


def found(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """The versions in a folder that npm installed into; what is not there is left out."""
    versions = {}
    for name in names:
        version = _read(folder / "node_modules" / name / "package.json").get("version")
        if isinstance(version, str):
            versions[name] = version
    return versions


def unlike(wanted: Expected, versions: Mapping[str, str]) -> str:
    """In words: which packages are not of the version expected; empty where all are."""
    return ", ".join(
        f"{name} {versions.get(name, 'not at all')} where {version} is expected"
        for name, version in wanted.versions.items()
        if versions.get(name) != version
    )


def is_installed(places: Places) -> bool:
    """Whether the gateway is there as manifest and lock have it."""
    for path in (_MANIFEST, _LOCK):
        if _read(places.portkey / path.name) != _read(places.repository / path):
            return False
    if not (places.portkey / GATEWAY_SCRIPT).is_file():
        return False
    wanted = expected(places.repository)
    return not unlike(wanted, found(places.portkey, wanted.versions))


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
