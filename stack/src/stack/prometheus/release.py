"""An official release of the Prometheus project: fetched, checked by its checksums, unpacked."""

import errno
import hashlib
import platform
import sys
import tarfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import httpx2

from stack.bar import download_bar
from stack.prometheus.programs import Program

_CONNECT_SECONDS = 4.0
_SILENCE_SECONDS = 20.0
_CHECKSUMS_WITHIN_SECONDS = 10.0
_DOWNLOAD_WITHIN_SECONDS = 600.0
_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}

T = TypeVar("T")


class ReleaseError(Exception):
    """The release cannot be had; the message says why."""


def archive_name(
    program: Program, system: str = sys.platform, machine: str | None = None
) -> str | None:
    """The release's file for this machine; None where there is none that we know."""
    processor = _MACHINES.get((machine or platform.machine()).lower())
    if system not in ("linux", "darwin") or processor is None:
        return None
    return f"{program.name}-{program.version}.{system}-{processor}.tar.gz"


def expected_digest(checksums: str, name: str) -> str:
    """The SHA-256 of `name` in a `sha256sums.txt`. Raises: ReleaseError."""
    for line in checksums.splitlines():
        digest, _, file = line.partition(" ")
        if file.strip().removeprefix("*") == name and len(digest) == 64:
            return digest.lower()
    raise ReleaseError(f"the release's checksums do not name {name}")


def fetch(
    program: Program,
    name: str,
    folder: Path,
    releases: str | None = None,
    within_seconds: float = _DOWNLOAD_WITHIN_SECONDS,
) -> Path:
    """Put a program and its tool into `folder`; returns the former. Raises: ReleaseError."""
    base = f"{releases or program.releases}/v{program.version}"
    digest = expected_digest(_checksums(f"{base}/sha256sums.txt"), name)
    archive = folder / name
    found = _download(f"{base}/{name}", archive, within_seconds)
    if found != digest:
        archive.unlink()
        raise ReleaseError(f"{name} has SHA-256 {found}, the release says {digest}")
    _unpack(program, archive, folder)
    archive.unlink()
    return folder / program.name


def _client() -> httpx2.Client:
    timeout = httpx2.Timeout(_SILENCE_SECONDS, connect=_CONNECT_SECONDS)
    # outside this machine the environment's HTTP proxy is the way
    return httpx2.Client(timeout=timeout, follow_redirects=True, trust_env=True)


def _checksums(url: str) -> str:
    def ask() -> str:
        with _client() as client:
            return client.get(url).raise_for_status().text

    return _bounded(ask, _CHECKSUMS_WITHIN_SECONDS, "not reachable")


def _download(url: str, target: Path, within_seconds: float) -> str:
    end = time.monotonic() + within_seconds

    def receive() -> str:
        digest = hashlib.sha256()
        with _client() as client, client.stream("GET", url) as response:
            response.raise_for_status()
            total = int(response.headers.get("content-length", 0))
            # each piece as it comes: a drip must not hide behind a buffer that never fills
            with target.open("wb") as file:
                for chunk in response.iter_bytes():
                    if time.monotonic() > end:  # nobody waits any longer
                        raise TimeoutError(errno.ETIMEDOUT, f"{within_seconds:g} s")
                    digest.update(chunk)
                    file.write(chunk)
                    advance(file.tell(), total)
        return digest.hexdigest()

    with download_bar() as advance:
        return _bounded(receive, within_seconds, "the download broke off")


def _unpack(program: Program, archive: Path, folder: Path) -> None:
    try:
        with tarfile.open(archive) as tar:
            for file in (program.name, program.tool):
                member = next(m for m in tar if m.isfile() and m.name.endswith(f"/{file}"))
                member.name = file
                tar.extract(member, folder, filter="data")
    except (tarfile.TarError, StopIteration, EOFError) as error:
        raise ReleaseError(f"{archive.name} is not a release of {program.title}") from error
    except OSError as error:
        raise ReleaseError(f"{archive.name} cannot be unpacked: {_reason(error)}") from error


def _bounded(ask: Callable[[], T], within_seconds: float, failure: str) -> T:
    """Run `ask` in a thread that may be left behind: a name look-up has no time-out of its own.

    Raises: ReleaseError with `failure` and why.
    """
    answers: list[T] = []
    errors: list[str] = []

    def work() -> None:
        try:
            answers.append(ask())
        except (httpx2.HTTPError, OSError) as error:
            errors.append(_reason(error))

    thread = threading.Thread(target=work, daemon=True, name="release")
    thread.start()
    thread.join(within_seconds)
    if answers:
        return answers[0]
    raise ReleaseError(f"{failure} ({errors[0] if errors else f'{within_seconds:g} s'})")


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or type(error).__name__
