"""A package of Debian or Ubuntu, fetched and unpacked without root.

apt-get reads the system's sources and checks their signatures as usual; its lists and
cache are private, so neither root nor an earlier `apt-get update` is needed.
"""

import os
import shutil
from pathlib import Path

from stack.outside import run_quietly

_UPDATE_WITHIN_SECONDS = 120.0
_DOWNLOAD_WITHIN_SECONDS = 300.0
_STATUS = Path("/var/lib/dpkg/status")


def is_available() -> bool:
    """Whether this system has apt-get, dpkg-deb and a package database."""
    return bool(shutil.which("apt-get") and shutil.which("dpkg-deb")) and _STATUS.exists()


def apt_command(workspace: Path, *arguments: str) -> list[str]:
    """apt-get with its state in `workspace`."""
    options = {
        "Dir::State": workspace / "state",
        "Dir::State::lists": workspace / "lists",
        "Dir::State::status": _STATUS,
        "Dir::Cache": workspace / "cache",
        # as root apt would download as a user of its own, who may not enter the workspace
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
        "Acquire::Retries": "2",
        "Acquire::http::Timeout": "15",
        "Acquire::https::Timeout": "15",
        "Acquire::IndexTargets::deb-src::Sources::DefaultEnabled": "false",
    }
    chosen = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
    return ["apt-get", "-q", *chosen, *arguments]


def unpack(package: str, workspace: Path, log: Path) -> Path | None:
    """The folder that holds the package's files; None where it cannot be had (`log` says why)."""
    files = workspace / "files" / package
    debs = workspace / "debs" / package
    for folder in (
        workspace / "state",
        workspace / "lists/partial",
        workspace / "cache/archives/partial",
    ):
        folder.mkdir(parents=True, exist_ok=True)
    for folder in (files, debs):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    # an update may end in an error of a hook that needs root: the download tells
    plain = dict(os.environ, LC_ALL="C.UTF-8", DEBIAN_FRONTEND="noninteractive")  # noqa: TID251 (handed on)
    run_quietly(apt_command(workspace, "update"), log, _UPDATE_WITHIN_SECONDS, environment=plain)
    download = apt_command(workspace, "download", package)
    if not run_quietly(download, log, _DOWNLOAD_WITHIN_SECONDS, cwd=debs, environment=plain):
        return None
    deb = next(debs.glob("*.deb"), None)
    if deb is None or not run_quietly(["dpkg-deb", "-x", str(deb), str(files)], log, 60.0):
        return None
    return files
