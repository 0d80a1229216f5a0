"""Where things lie on disk."""

import hashlib
import os
import stat
import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from stack.errors import SettingsError, StackError
from stack.settings import StackSettings

REPOSITORY = Path(__file__).resolve().parents[3]

IN_ITS_PLACE = "make room, or STACK_STATE_DIR and STACK_DOWNLOADS_DIR on another disk"
"""What helps where a disk is full."""

MODEL_FILE = "smollm2@135m.gguf"

_LONGEST_SOCKET_PATH_BYTES = 90
"""Unix sockets end at 104 bytes (macOS) or 108 (Linux); supervisor appends `.<pid>`."""


@dataclass(frozen=True, slots=True)
class Places:
    """The folders of one stack; two stacks with other folders do not meet."""

    repository: Path
    state: Path
    downloads: Path

    @property
    def run(self) -> Path:
        """The supervisor's files: configuration, pid, socket, what was started."""
        return self.state / "run"

    @property
    def rules(self) -> Path:
        """Prometheus's rules, rendered with the settings of the start."""
        return self.run / "rules"

    @property
    def log(self) -> Path:
        """One log file for each part."""
        return self.state / "log"

    @property
    def prometheus_data(self) -> Path:
        """Prometheus's database: survives stop and start."""
        return self.state / "prometheus-data"

    @property
    def alertmanager_data(self) -> Path:
        """Alertmanager's silences, and whom it told of what."""
        return self.state / "alertmanager-data"

    @property
    def models(self) -> Path:
        """GGUF files; the file's name is the model's, `@` for `:`."""
        return self.downloads / "models"

    @property
    def library(self) -> Path:
        """Shared libraries that the system lacks."""
        return self.downloads / "lib"

    @property
    def portkey(self) -> Path:
        """The Portkey gateway that was fetched."""
        return self.downloads / "portkey"

    def fetched(self, program: str) -> Path:
        """The folder of a program that was fetched: Prometheus, Alertmanager."""
        return self.downloads / program

    def private_folders(self, parts: Collection[str]) -> tuple[Path, ...]:
        """Folders that only we may enter: for logs, and for what these parts keep."""
        kept = {"prometheus": self.prometheus_data, "alertmanager": self.alertmanager_data}
        return (self.log, *(kept[name] for name in kept if name in parts))

    def log_of(self, part: str) -> Path:
        """The log file of one part."""
        return self.log / f"{part}.log"

    def shown(self, path: Path) -> str:
        """A path as the operator types it: from the repository where it lies inside."""
        return (
            str(path.relative_to(self.repository))
            if path.is_relative_to(self.repository)
            else str(path)
        )


def places_of(settings: StackSettings, repository: Path = REPOSITORY) -> Places:
    """The folders that the settings name; relative ones count from the repository.

    Raises: SettingsError for a folder of nobody's home, or a link to itself.
    """

    def absolute(folder: Path, variable: str) -> Path:
        try:
            return (repository / folder.expanduser()).resolve()
        except (OSError, RuntimeError) as error:
            sentence = f"{variable}: {error}, found {str(folder)!r}"
            raise SettingsError(sentence, names=(variable,)) from error

    return Places(
        repository,
        absolute(settings.stack_state_dir, "STACK_STATE_DIR"),
        absolute(settings.stack_downloads_dir, "STACK_DOWNLOADS_DIR"),
    )


def socket_path(run: Path, temporary: Path | None = None) -> Path:
    """Where the supervisor's socket lies: in `run`, or in a short folder where that is too deep.

    Pure: the short folder is made by `private_folder`.
    """
    near = run / "supervisor.sock"
    if len(os.fsencode(near)) <= _LONGEST_SOCKET_PATH_BYTES:
        return near
    digest = hashlib.sha256(os.fsencode(run)).hexdigest()[:12]
    folder = f"ollama-observe-{os.getuid()}-{digest}"
    return (temporary or Path(tempfile.gettempdir())) / folder / "supervisor.sock"


def make_folder(folder: Path, variable: str, mode: int = 0o777) -> None:
    """Make a folder where none is. Raises: StackError naming the variable that chooses it."""
    try:
        folder.mkdir(mode=mode, parents=True, exist_ok=True)
    except OSError as error:
        raise StackError(f"cannot make {folder} ({variable}): {error.strerror}") from error


def private_folder(folder: Path) -> None:
    """Make a folder that only we may enter. Raises: StackError where somebody else made it."""
    make_folder(folder, "STACK_STATE_DIR", 0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise StackError(f"{folder} is not ours: remove it, or set STACK_STATE_DIR to a short path")
    folder.chmod(0o700)
