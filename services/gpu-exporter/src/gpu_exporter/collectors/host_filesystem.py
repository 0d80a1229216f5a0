"""The file system that the models lie on.

A network mount that is gone holds up who asks for it, without end: this collector belongs in a lane
where it holds up nobody else.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from gpu_exporter.collector import Context
from gpu_exporter.errors import Unavailable
from gpu_exporter.reading import Reading
from ollama_observe.metrics.catalogue import host as m
from ollama_observe.metrics.metric import Metric

PLACES = (
    Path("~/.ollama/models"),
    Path("/usr/share/ollama/.ollama/models"),
    Path("/var/lib/ollama"),
)
"""Where Ollama keeps models unless told otherwise: for a user, for its own user, on Arch Linux."""


class HostFilesystem:
    """Reads how full the models' file system is. `places`: where to look for the models."""

    name = "host_filesystem"
    metrics: tuple[Metric, ...] = (m.FILESYSTEM_SIZE, m.FILESYSTEM_AVAILABLE)

    def __init__(self, context: Context, places: Sequence[Path] = PLACES) -> None:
        self._set: Path | None = context.settings.models_dir
        self._places = tuple(places)

    def collect(self) -> Iterator[Reading]:
        """See Collector. In a container `mountpoint` is the path inside.

        Raises: Unavailable where there are no models; FileNotFoundError for a folder that was set.
        """
        folder = self._folder().resolve()
        state = os.statvfs(folder)
        mountpoint = str(mountpoint_of(folder))
        yield Reading(m.FILESYSTEM_SIZE, state.f_blocks * state.f_frsize, (mountpoint,))
        yield Reading(m.FILESYSTEM_AVAILABLE, state.f_bavail * state.f_frsize, (mountpoint,))

    def _folder(self) -> Path:
        if self._set is not None:
            if not _is_folder(self._set):
                raise FileNotFoundError(f"GPU_EXPORTER_MODELS_DIR: no folder {self._set}")
            return self._set
        for place in map(_in_home, self._places):
            if _is_folder(place):
                return place
        looked = ", ".join(map(str, self._places))
        raise Unavailable(
            f"no folder of models that this user can see: looked for {looked}; "
            "GPU_EXPORTER_MODELS_DIR names another"
        )


def mountpoint_of(folder: Path) -> Path:
    """Where the file system that contains a folder is mounted."""
    while not folder.is_mount() and folder != folder.parent:
        folder = folder.parent
    return folder


def _in_home(place: Path) -> Path:
    try:
        return place.expanduser()
    except RuntimeError:
        return place  # a user without a home, as in containers


def _is_folder(place: Path) -> bool:
    try:
        return place.is_dir()
    except OSError:
        return False
