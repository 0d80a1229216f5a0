"""Several relay processes on one port: started, asked, replaced when they fail, drained.

The parent listens, and the children accept from the same socket. What a child measures lies
in memory that the parent reads, also after the child was killed; what it has in flight is
asked for over a channel. A channel that ends tells a child that its parent is gone.
"""

import asyncio
import contextlib
import socket
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

import msgspec
import structlog

from ollama_observe.metrics.exposition import LedgerCollector
from ollama_observe.metrics.memory import Memory
from ollama_observe.service.tasks import spawn
from proxy.finished import Table
from proxy.shared import Shared
from proxy.sockets import Sockets

READY = b"ready\n"
# A table of thousands of requests is one line.
LINE_LIMIT_BYTES = 64 * 1024 * 1024
ANSWER_SECONDS = 2.0
# A worker that cannot live is not started again in a tight loop.
PAUSE_SECONDS = (0.1, 0.5, 1.0, 2.0, 5.0)
HEALTHY_AFTER_SECONDS = 10.0
KILL_AFTER_DRAIN_SECONDS = 5.0

_log = structlog.stdlib.get_logger("proxy.workers")
_answer = msgspec.json.Decoder(tuple[int, Table])


def pause_seconds(failures: int) -> float:
    """How long to wait before a worker is started again; 0 failures: it had lived long enough."""
    return PAUSE_SECONDS[min(failures, len(PAUSE_SECONDS) - 1)]


class WorkersFailed(Exception):  # noqa: N818 (a state, not a kind of error)
    """The relay processes do not start. The message says what to look at."""


@dataclass(slots=True)
class _Worker:
    process: asyncio.subprocess.Process
    memory: Memory
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    is_ready: asyncio.Event = field(default_factory=asyncio.Event)
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)
    asked: int = 0
    """Questions are numbered, and so are their answers."""


class Workers:
    """The relay processes of a proxy. `arguments` are the command line that each is given."""

    def __init__(
        self,
        count: int,
        arguments: Sequence[str],
        shared: Shared,
        collector: LedgerCollector,
        on_restart: Callable[[], None],
        drain_seconds: float,
        on_table: Callable[[Table], None] = lambda _: None,
    ) -> None:
        """`on_table` is given each table that a process tells, once."""
        self._on_table = on_table
        self._arguments = arguments
        self._collector = collector
        self._on_restart = on_restart
        self._drain_seconds = drain_seconds
        self._shared = shared
        self._workers: list[_Worker | None] = [None] * count
        self._is_stopping = False

    @contextlib.asynccontextmanager
    async def serving(self, sockets: Sockets) -> AsyncIterator[None]:
        """Run the processes while the block runs, then drain them. Raises: WorkersFailed."""
        indices = range(len(self._workers))
        for index in indices:
            self._workers[index] = await self._start(index, sockets)
        keepers = [spawn(self._keep(i, sockets), name=f"keep worker {i}") for i in indices]
        try:
            await self._until_ready()
            yield
        finally:
            self._is_stopping = True
            sockets.close()
            for worker in self._present():
                with contextlib.suppress(ProcessLookupError):
                    worker.process.terminate()
            bound = self._drain_seconds + KILL_AFTER_DRAIN_SECONDS
            _, late = await asyncio.wait(keepers, timeout=bound)
            for worker in self._present() if late else ():
                worker.process.kill()
            await asyncio.wait(keepers)

    async def tables(self) -> list[Table]:
        """What the processes have in flight, and what ended a moment ago."""
        asked = (_table_of(worker, self._on_table) for worker in self._present())
        return await asyncio.gather(*asked)

    def _present(self) -> list[_Worker]:
        return [worker for worker in self._workers if worker is not None]

    async def _until_ready(self) -> None:
        for worker in self._present():
            ended = spawn(worker.process.wait(), name="worker ended early")
            ready = spawn(worker.is_ready.wait(), name="worker ready")
            await asyncio.wait((ended, ready), return_when=asyncio.FIRST_COMPLETED)
            if not worker.is_ready.is_set():
                code = worker.process.returncode
                raise WorkersFailed(f"a relay process ended with {code} before it was ready")
            ended.cancel()

    async def _start(self, index: int, sockets: Sockets) -> _Worker:
        ours, theirs = socket.socketpair()
        memory = Memory.shared()
        back = [sockets.returns[index].fileno()] if sockets.returns else []
        handed = (
            *(sockets.front.fileno(), memory.descriptor, theirs.fileno()),
            *(self._shared.descriptor, *back),
        )
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "proxy.worker", ",".join(map(str, (index, *handed))), *self._arguments),
            pass_fds=handed,
            stdin=asyncio.subprocess.DEVNULL,
        )
        theirs.close()
        ours.setblocking(False)
        reader, writer = await asyncio.open_connection(sock=ours, limit=LINE_LIMIT_BYTES)
        self._collector.include(memory)
        return _Worker(process, memory, reader, writer)

    async def _keep(self, index: int, sockets: Sockets) -> None:
        """Wait for a worker's end, again and again, and put another in its place."""
        failures = 0
        loop = asyncio.get_running_loop()
        while (worker := self._workers[index]) is not None:
            started = loop.time()
            if await worker.reader.readline() == READY:
                worker.is_ready.set()
            code = await worker.process.wait()
            self._workers[index] = None
            self._collector.retire(worker.memory)
            worker.memory.close()
            worker.writer.close()
            if self._is_stopping:
                return
            self._shared.in_flight[index] = 0
            failures = 0 if loop.time() - started > HEALTHY_AFTER_SECONDS else failures + 1
            self._on_restart()
            _log.error("worker_ended", worker=index, code=code)
            await asyncio.sleep(pause_seconds(failures))
            if not self._is_stopping:
                self._workers[index] = await self._start(index, sockets)


async def _table_of(worker: _Worker, on_table: Callable[[Table], None] = lambda _: None) -> Table:
    """One process's table; an empty one of a process that does not answer."""
    if not worker.is_ready.is_set():
        return Table([], [])
    with contextlib.suppress(OSError, TimeoutError, ValueError, msgspec.DecodeError):
        async with asyncio.timeout(ANSWER_SECONDS), worker.asking:
            worker.asked += 1
            worker.writer.write(b"%d\n" % worker.asked)
            while line := await worker.reader.readline():
                number, table = _answer.decode(line)
                on_table(table)
                if number == worker.asked:  # an older one answers a question that timed out
                    return table
    return Table([], [])
