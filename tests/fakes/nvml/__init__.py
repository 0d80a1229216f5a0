"""A driver of our own in the place of NVIDIA's: driver.c says what it can be told."""

import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SOURCE = Path(__file__).with_name("driver.c")
COMPILER = "cc"


def can_build() -> bool:
    """Whether there is a C compiler."""
    return shutil.which(COMPILER) is not None


class DriverError(Exception):
    """There is no driver; the message says why."""


class Driver:
    """The library in a folder, and the file that tells it what to do."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._control = folder / "control"
        self._words: Counter[str] = Counter()

    @property
    def environment(self) -> dict[str, str]:
        """The variables of a process that is to load it."""
        return {"LD_LIBRARY_PATH": str(self.folder), "FAKE_NVML_CONTROL": str(self._control)}

    def build(self) -> str:
        """Compile it; what the compiler said. Raises: DriverError."""
        library = str(self.folder / "libnvidia-ml.so.1")
        command = [COMPILER, "-shared", "-fPIC", "-o", library, str(SOURCE)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise DriverError(f"{SOURCE.name} could not be compiled: {done.stderr.strip()}")
        self._write()
        return done.stderr

    @contextmanager
    def told(self, word: str) -> Iterator[None]:
        """Tell it a word while the block runs, beside those that it was told before."""
        self._words[word] += 1
        self._write()
        try:
            yield
        finally:
            self._words[word] -= 1
            self._write()

    def _write(self) -> None:
        # in one piece: the driver reads it at any time
        said = self._control.with_suffix(".new")
        said.write_text("".join(f"{word}\n" for word in +self._words), encoding="utf-8")
        said.replace(self._control)
