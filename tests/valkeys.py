"""A Valkey or Redis of one's own as a process: it can be killed, and started again."""

import contextlib
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from stack.waiting import wait_until
from tests.components import need
from tests.ports import free_port

STARTS_WITHIN_SECONDS = 20.0
BINARY = shutil.which("valkey-server") or shutil.which("redis-server") or ""


class ValkeyProcess:
    """One server, always at the same port; it keeps nothing when it ends."""

    def __init__(self, folder: Path, *flags: str) -> None:
        self._folder = folder
        self._flags = flags
        self._child: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.socket_path = folder / "socket"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [BINARY, "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        command += ["--dir", str(self._folder), "--unixsocket", str(self.socket_path)]
        with (self._folder / "log").open("ab") as log:
            self._child = subprocess.Popen([*command, *self._flags], stdout=log, stderr=log)
        assert wait_until(self._answers, STARTS_WITHIN_SECONDS), (self._folder / "log").read_text()

    def kill(self) -> None:
        """End it at once; nothing where it does not run."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            self._child = None

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """It takes connections and never answers, while the block runs."""
        assert self._child is not None
        self._child.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._child.send_signal(signal.SIGCONT)

    def ask(self, *words: str) -> bytes:
        """What it answers to one command, as far as it comes at once."""
        with socket.create_connection(("127.0.0.1", self.port), 5) as sock:
            parts = [b"*%d\r\n" % len(words)]
            parts += [b"$%d\r\n%s\r\n" % (len(word.encode()), word.encode()) for word in words]
            sock.sendall(b"".join(parts))
            return sock.recv(1 << 16)

    def _answers(self) -> bool:
        try:
            return self.ask("PING")[:1] in (b"+", b"-")
        except OSError:
            return False


@contextlib.contextmanager
def valkey(*flags: str) -> Iterator[ValkeyProcess]:
    """One that runs while the block does."""
    need("redis", bool(BINARY), "apt-get install redis-server (or valkey-server)")
    with tempfile.TemporaryDirectory() as folder:
        server = ValkeyProcess(Path(folder), *flags)
        server.start()
        try:
            yield server
        finally:
            server.kill()
