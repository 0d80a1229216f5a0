"""A real engine in a process of its own, with the real model, for tests."""

import contextlib
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.components import need
from tests.ports import free_port

MODEL = "smollm2:135m"
REPOSITORY = Path(__file__).resolve().parents[1]
_DEFAULT_MODEL_FILE = REPOSITORY / ".local" / "models" / "smollm2@135m.gguf"
_LIBRARY_DIR = REPOSITORY / ".local" / "lib"
_START_SECONDS = 60.0
_STOP_SECONDS = 15.0


def model_file() -> Path:
    """The model to test with; skips the test when there is none."""
    need("model", has_model(), "`make setup` fetches it")
    return _model_path()


def has_model() -> bool:
    """Whether there is a model to test with."""
    return _model_path().is_file()


def _model_path() -> Path:
    given = os.environ.get("TEST_GGUF")  # noqa: TID251 (the tests' own setting)
    return Path(given) if given else _DEFAULT_MODEL_FILE


@dataclass(frozen=True, slots=True)
class RunningEngine:
    """An engine that is ready."""

    url: str
    process: subprocess.Popen[bytes]
    models_dir: Path

    def runners(self) -> list[psutil.Process]:
        """The model processes that run now."""
        found = []
        for process in psutil.Process(self.process.pid).children():
            with contextlib.suppress(psutil.Error):
                if "engine.runner" in process.cmdline():
                    found.append(process)
        return found

    def is_ready(self) -> bool:
        """Whether it takes traffic."""
        try:
            with urllib.request.urlopen(f"{self.url}/-/ready", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


@contextlib.contextmanager
def running_engine(
    folder: Path, models: tuple[str, ...] = (MODEL,), **settings: object
) -> Iterator[RunningEngine]:
    """Run an engine whose directory holds the real model under each of the given names."""
    source = model_file()
    models_dir = folder / "models"
    models_dir.mkdir()
    for name in models:
        (models_dir / f"{name.replace(':', '@')}.gguf").symlink_to(source)
    port = free_port()
    given = {"host": "127.0.0.1", "port": port, "models_dir": models_dir, "threads": 1, **settings}
    if _LIBRARY_DIR.is_dir():
        given.setdefault("library_dir", _LIBRARY_DIR)
    own = {f"ENGINE_{name.upper()}": str(value) for name, value in given.items()}
    kept = {k: v for k, v in os.environ.items() if not k.startswith("ENGINE_")}  # noqa: TID251
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "engine"], env=kept | own, stderr=log)
    engine = RunningEngine(f"http://127.0.0.1:{port}", process, models_dir)
    try:
        _until_ready(engine, folder / "log")
        yield engine
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        shutil.rmtree(models_dir)


def _until_ready(engine: RunningEngine, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not engine.is_ready():
        if engine.process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the engine did not get ready:\n{log.read_text()[-2000:]}")
        time.sleep(0.05)
