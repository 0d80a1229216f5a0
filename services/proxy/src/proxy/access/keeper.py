"""The keys of a file as they are now: read again when it changes, kept when it has a mistake.

A change is taken when the file has looked the same twice: an editor that writes in place is not
read in the middle of it. Who relays follows the file in silence; one process tells of it.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Protocol

import structlog

from ollama_observe.service.tasks import meanwhile
from proxy.access.keys_file import KeysFileError, read_entries
from proxy.access.ring import KeyRing

INTERVAL_SECONDS = 1.0
LIMIT_BYTES = 4 * 1024 * 1024

_log = structlog.stdlib.get_logger("proxy.access")
_Stamp = tuple[int, int, int] | None
_Read = tuple[KeyRing | None, str]
"""Keys, or None and why there are none."""


class Listener(Protocol):
    """Is told what became of the file."""

    def taken(self, entries: int) -> None:
        """Its keys are in force from now on."""

    def refused(self, mistake: str) -> None:
        """It cannot be used: what was in force stays so. The mistake repeats nothing of it."""


def read_ring(path: Path) -> KeyRing:
    """The keys of a file. Raises: KeysFileError, which names it; OSError."""
    with path.open("rb") as file:
        raw = file.read(LIMIT_BYTES + 1)
    if len(raw) > LIMIT_BYTES:
        raise KeysFileError(f"{path}: expected {LIMIT_BYTES} bytes at most")
    try:
        return KeyRing(read_entries(raw.decode("utf-8")))
    except UnicodeDecodeError:
        raise KeysFileError(f"{path}: expected UTF-8") from None
    except KeysFileError as error:
        raise KeysFileError(f"{path}, {error}") from None


class Keeper:
    """The keys of one file. Before it was read there are none: nobody is let in."""

    def __init__(
        self,
        path: Path,
        listener: Listener | None = None,
        prepare: Callable[[KeyRing], None] | None = None,
        every_seconds: float = INTERVAL_SECONDS,
    ) -> None:
        """`prepare` is called with keys just before they are in force."""
        self._path = path
        self._prepare = prepare
        self._listener = listener
        self._every_seconds = every_seconds
        self._seen: _Stamp = None
        self._settled: _Stamp = None
        self._is_begun = False
        self._ring = KeyRing(())
        self.mistake = ""
        """Why the file as it is now is not in force; empty where it is."""

    @property
    def ring(self) -> KeyRing:
        """The keys that are in force."""
        return self._ring

    @contextlib.asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Follow the file while the block runs; it was read once when the block begins."""
        await self.look()
        async with meanwhile(self._keep_looking(), name="watch the file of keys"):
            yield

    async def look(self) -> None:
        """Look at the file once, and take what it says if that is new and has settled."""
        stamp = await asyncio.to_thread(_stamp_of, self._path)
        has_settled = stamp == self._seen or not self._is_begun
        self._seen = stamp
        if not has_settled or (stamp == self._settled and self._is_begun):
            return
        ring, self.mistake = await asyncio.to_thread(_read, self._path)
        if ring is not None:
            if self._prepare is not None:
                self._prepare(ring)
            self._ring = ring
        self._is_begun, self._settled = True, stamp
        if self._listener is None:
            return
        if ring is not None:
            self._listener.taken(len(ring.entries))
        else:
            self._listener.refused(self.mistake)

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.sleep(self._every_seconds)
            try:
                await self.look()
            except Exception as error:  # noqa: BLE001 (the next look may do)
                _log.error("keys_not_looked_at", error_type=type(error).__name__)


def _stamp_of(path: Path) -> _Stamp:
    """What changes when a file does; None where there is none."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _read(path: Path) -> _Read:
    try:
        return read_ring(path), ""
    except KeysFileError as error:
        return None, str(error)
    except OSError as error:
        return None, f"{path}: {error.strerror or type(error).__name__}"
    except Exception as error:  # noqa: BLE001 (the next file may do)
        return None, f"{path}: {type(error).__name__}"
