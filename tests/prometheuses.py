"""A Prometheus of one's own as a process: it can be stopped, started again, held up and frozen."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from stack.waiting import wait_until
from tests.ports import free_port
from tests.prometheus_api import PrometheusApi

STARTS_WITHIN_SECONDS = 30.0
STOPS_WITHIN_SECONDS = 30.0


class PrometheusProcess:
    """One Prometheus over one database, always at the same port."""

    def __init__(self, config: Path, data: Path, log: Path) -> None:
        self._port = free_port()
        self._config = config
        self._data = data
        self._log = log
        self._child: subprocess.Popen[bytes] | None = None
        self.api = PrometheusApi(f"http://127.0.0.1:{self._port}")

    def start(self, *flags: str) -> None:
        """Start it, with these flags beside its own."""
        command = [
            "prometheus",
            f"--config.file={self._config}",
            f"--storage.tsdb.path={self._data}",
            f"--web.listen-address=127.0.0.1:{self._port}",
            *flags,
        ]
        with self._log.open("ab") as log:
            self._child = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)

    def until_ready(self, is_ready: Callable[[PrometheusApi], bool] | None = None) -> None:
        """Wait until it takes queries, and until more than that is so."""

        def is_it() -> bool:
            try:
                self.api.query("vector(1)")
                return is_ready is None or is_ready(self.api)
            except OSError:
                return False

        assert wait_until(is_it, STARTS_WITHIN_SECONDS, 0.1), self._log.read_text()

    def stop(self) -> None:
        """End it as the stack does; nothing where it does not run."""
        if self._child is not None:
            self._child.send_signal(signal.SIGCONT)
            self._child.terminate()
            try:
                self._child.wait(STOPS_WITHIN_SECONDS)
            finally:
                self._child.kill()  # one that is held up in its start hears no other signal
                self._child.wait()
                self._child = None

    @contextlib.contextmanager
    def running_with(self, *flags: str) -> Iterator[None]:
        """In its place one with these flags, while the block runs."""
        self.stop()
        self.start(*flags)
        try:
            self.until_ready()
            yield
        finally:
            self.stop()
            self.start()
            self.until_ready()

    @contextlib.contextmanager
    def starting(self) -> Iterator[None]:
        """Started while the block runs, and held up there: it answers 503 to queries.

        It reads its log of samples before it takes any. A named pipe among the log's files is what
        it waits for until somebody has opened it for writing.
        """
        wal = self._data / "wal"
        wal.mkdir(exist_ok=True)
        pipe = wal / f"{1 + max((int(p.name) for p in wal.glob('[0-9]' * 8)), default=-1):08}"
        os.mkfifo(pipe)
        try:
            self.start()
            assert wait_until(self._listens, STARTS_WITHIN_SECONDS, 0.05)
            yield
        finally:
            assert wait_until(lambda: self._let_through(pipe), STARTS_WITHIN_SECONDS, 0.05)
            self.until_ready()
            pipe.unlink()
            pipe.touch()  # files of the log are numbered without a gap

    def _listens(self) -> bool:
        try:
            self.api.ask("query?query=1")
        except OSError as error:
            return getattr(error, "code", None) is not None
        return True

    def _let_through(self, pipe: Path) -> bool:
        """Whether it takes queries; opens the pipe where it waits for that. It reads it twice."""
        with contextlib.suppress(OSError):  # nobody reads it just now
            os.close(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
        try:
            self.api.query("vector(1)")
        except OSError:
            return False
        return True

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """It takes connections and never answers, while the block runs."""
        assert self._child is not None
        self._child.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._child.send_signal(signal.SIGCONT)
