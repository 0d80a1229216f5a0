"""A scripted Ollama with so many slots, first come first served, as Ollama itself has it.

    python -m bench.queue.upstream SLOTS PREFILL_SECONDS TOKENS_PER_SECOND

Its first line on stdout is its port. A model's time is real: a prompt and each token take as
long as they are told to; what waits for a slot waits.
"""

import asyncio
import sys

from tests.fakes.faults import Faults
from tests.fakes.ollama import FakeOllama, Model
from tests.fakes.server import Call, ScriptedServer

MODEL = "smollm2:135m"


class Slots:
    """The script: one slot a chat, in the order in which they come."""

    def __init__(self, count: int, faults: Faults) -> None:
        self._ollama = FakeOllama(Model(name=MODEL, output_tokens=1000), faults)
        self._free = asyncio.Semaphore(count)

    async def __call__(self, call: Call) -> None:
        """Answer one request."""
        if call.target != "/api/chat":
            await self._ollama(call)
            return
        async with self._free:
            if not call.peer_gone.is_set():
                await self._ollama(call)


async def serve(slots: int, prefill_seconds: float, tokens_per_second: float) -> None:
    """Serve until killed."""
    faults = Faults(ttft_seconds=prefill_seconds, tokens_per_second=tokens_per_second)
    async with ScriptedServer(Slots(slots, faults)) as server:
        print(server.port, flush=True)  # noqa: T201
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])))
