"""A /proc that a test writes, and the command lines that Ollama's runners have."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.components import need
from tests.ollamas import BLOB

FILE = f"/root/.ollama/models/blobs/sha256-{BLOB}"
SERVE = ("/usr/local/bin/ollama", "serve")

LLAMA_SERVER = (
    *("/usr/local/lib/ollama/llama-server", "--model", FILE, "--port", "37893"),
    *("--host", "127.0.0.1", "--no-webui", "--offline", "-c", "32768", "-np", "4"),
    *("--log-verbosity", "4", "--no-log-prefix", "--no-log-timestamps"),
    *("--no-jinja", "--chat-template", "chatml"),
    *("--cache-type-k", "q8_0", "--cache-type-v", "q8_0", "--flash-attn", "on"),
    *("-b", "512", "-ub", "512", "-ngl", "33", "-t", "8", "--context-shift", "--keep", "4"),
)
"""As recent versions of Ollama start it, with all that it may say.

Source: Ollama llm/llama_server.go.
"""

OLD_RUNNER = (
    *("/usr/bin/ollama", "runner", "--ollama-engine", "--model", FILE, "--ctx-size", "8192"),
    *("--batch-size", "512", "--n-gpu-layers", "41", "--threads", "8", "--flash-attn"),
    *("--kv-cache-type", "q8_0", "--no-mmap", "--parallel", "2", "--port", "35253"),
)
"""As old versions of Ollama start it. Source: Ollama llm/server.go."""

HTTP_RUNNER = ("/usr/bin/ollama", "runner", "--ollama-engine", "--model", FILE, "--port", "35253")
"""As versions between these start it: the rest it is told at /load."""

ENGINE = ("/usr/bin/python3", "-m", "engine")


class ProcTree:
    """Some processes, in the folder of a /proc."""

    def __init__(self, folder: Path) -> None:
        self.proc = folder
        self.proc.mkdir(exist_ok=True)
        (self.proc / "self").mkdir(exist_ok=True)
        self.write(1, ("/sbin/init",), parent=0)

    def write(
        self,
        pid: int,
        words: Sequence[str],
        parent: int = 1,
        environment: Mapping[str, str] | None = None,
        started: int = 0,
    ) -> None:
        """A process, in place of the one that has its number. Without an environment it has none
        that may be read.
        """
        folder = self.proc / str(pid)
        folder.mkdir(exist_ok=True)
        (folder / "cmdline").write_bytes(_ended(words))
        fields = f"S {parent} 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 {started} 1 2"
        (folder / "stat").write_text(f"{pid} (a) S 1 (b) {fields}\n", encoding="utf-8")
        (folder / "environ").unlink(missing_ok=True)
        if environment is not None:
            lines = [f"{name}={value}" for name, value in environment.items()]
            (folder / "environ").write_bytes(_ended(lines))

    def end(self, pid: int) -> None:
        """A process is gone."""
        for path in (self.proc / str(pid)).iterdir():
            path.unlink()
        (self.proc / str(pid)).rmdir()


def need_linux() -> None:
    """Skip where processes do not tell their words in /proc."""
    need("linux", Path("/proc/self/stat").exists(), "reads Linux's /proc")


def _ended(words: Sequence[str]) -> bytes:
    return "".join(f"{word}\0" for word in words).encode()
