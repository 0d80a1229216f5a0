"""An Ollama whose lists a test writes, and an exporter's context that asks it."""

import asyncio
import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from gpu_exporter.board import Fact
from gpu_exporter.collector import Context
from gpu_exporter.gpu import Gpu, GpuProcess
from tests.exporters import context_of
from tests.fakes.server import Call, Script, ScriptedServer

DIGEST = "fd5f44c0b5aff6453726119fc560d73a8a995a55b4a49804bc24b1969ecf1794"
BLOB = "941f309b54caaad6747569ba43712bcde44a2be3bae16c3282ff499c37c54af5"
NOON = 1_795_435_200.0
"""2026-11-23 at 12:00 UTC: the clock of a written Ollama, until a test moves it on."""

JSON = (b"Content-Type", b"application/json; charset=utf-8")


def rfc3339(unix_seconds: float) -> str:
    """An instant as Ollama writes it."""
    instant = datetime.fromtimestamp(unix_seconds, UTC)
    return instant.isoformat(timespec="microseconds").replace("+00:00", "000Z")


@dataclass(slots=True)
class WrittenOllama:
    """The script of a ScriptedServer: answers the questions of an exporter.

    `loaded` and `installed` are entries of /api/ps and /api/tags. `instead` is asked first: it
    may answer in another way, and says so.
    """

    loaded: list[dict[str, Any]] = field(default_factory=list)
    installed: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    """The file of each model's weights."""
    shown: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What /api/show tells of a model, in place of its file."""
    version: str = "0.33.0"
    unix_seconds: float = NOON
    instead: Callable[[Call], bytes | None] | None = None
    """Gives the whole bytes of another answer; empty bytes close the connection."""
    asked: list[str] = field(default_factory=list)
    """Paths, in the order in which they were asked for."""

    def load(self, name: str, **fields: Any) -> None:
        """Load a model, in place of the one that has its name; it expires in five minutes."""
        self.unload(name)
        entry = {"name": name, "model": name, "digest": DIGEST, "size": 100, "size_vram": 100}
        entry |= {"context_length": 4096, "expires_at": rfc3339(self.unix_seconds + 300)}
        self.loaded.append(entry | fields)

    def unload(self, name: str) -> None:
        """Unload a model, if it is loaded."""
        self.loaded = [entry for entry in self.loaded if entry["name"] != name]

    def install(self, name: str, **fields: Any) -> None:
        """Put a model on the disk; one that came before was modified later."""
        modified_at = rfc3339(NOON - len(self.installed))
        entry = {"name": name, "model": name, "modified_at": modified_at, "size": 7}
        self.installed.append(entry | {"digest": DIGEST} | fields)

    async def __call__(self, call: Call) -> None:
        """Answer one question."""
        await call.is_read.wait()
        self.asked.append(call.target)
        if self.instead is not None and (answer := self.instead(call)) is not None:
            await (call.send(answer) if answer else _close(call))
            return
        documents: dict[str, Any] = {
            "/api/ps": {"models": self.loaded},
            "/api/tags": {"models": self.installed},
            "/api/version": {"version": self.version},
        }
        if call.target == "/api/show":
            name = json.loads(call.body)["model"]
            file = self.files.get(name)
            by_file = {"modelfile": f"# FROM x\nFROM {file}\n"} if file else None
            documents["/api/show"] = self.shown.get(name, by_file)
        document = documents.get(call.target)
        date = (b"Date", format_datetime(self._date(), usegmt=True).encode())
        status = "404 Not Found" if document is None else "200 OK"
        await call.answer(status, [JSON, date], json.dumps(document).encode())

    def _date(self) -> datetime:
        return datetime.fromtimestamp(int(self.unix_seconds), UTC)


async def _close(call: Call) -> None:
    call.close()


@contextlib.contextmanager
def serving(script: Script, host: str = "127.0.0.1") -> Iterator[ScriptedServer]:
    """Serve a script while the block runs, on a loop of its own: for callers that wait."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    server = ScriptedServer(script, host)
    try:
        asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result(10)
        try:
            yield server
        finally:
            asyncio.run_coroutine_threadsafe(server.stop(), loop).result(10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def asking(
    url: str, clock: Callable[[], float], root: Path = Path("/"), **settings: Any
) -> Context:
    """What a collector is made with that asks the Ollama at `url`. Its wall clock is wrong."""
    context = context_of(clock=clock, root=root, ollama_url=url, **settings)
    return replace(context, wall_clock=lambda: NOON + 1e6)


def card(
    index: str = "0",
    used: float | None = None,
    free: float | None = None,
    processes: dict[int, int | None] | None = None,
    unified: bool = False,
) -> Gpu:
    """A card with so much memory in use, and its processes' by number. `unified`: it shares the
    machine's memory.
    """
    listed = None if processes is None else tuple(GpuProcess(*pair) for pair in processes.items())
    return Gpu(
        index=index,
        uuid=f"GPU-{index}",
        name="",
        vendor="nvidia",
        unified_memory=unified,
        memory_used_bytes=used,
        memory_free_bytes=free,
        processes=listed,
    )


def pin(context: Context, *gpus: Gpu) -> None:
    """Pin cards to the board, as if they had just been read."""
    context.board.gpus = Fact.regular(context.clock(), gpus, context.settings.gpu_interval_seconds)
