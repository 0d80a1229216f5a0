"""`python -m traffic` as a process, and a server with one model for it to ask."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass, field

from tests.fakes.server import Call, ScriptedServer

MODEL = "small:1b"
PROMPT_TOKENS = 10
GENERATED_TOKENS = 3

JSON = [(b"Content-Type", b"application/json")]
_NDJSON = [(b"Content-Type", b"application/x-ndjson"), (b"Transfer-Encoding", b"chunked")]
_SSE = [(b"Content-Type", b"text/event-stream"), (b"Transfer-Encoding", b"chunked")]
_UNARY = {
    "/api/tags": b'{"models":[{"name":"small:1b","size":98000000,"digest":"aa11"}]}',
    "/api/version": b'{"version":"0.33.0"}',
}
_CHATS = ("/api/chat", "/v1/chat/completions")


@dataclass
class Peer:
    """A server with one model. It refuses the requests whose numbers it is told."""

    refused: dict[int, str] = field(default_factory=dict)
    """Number of the chat request, from 1, to the status line it gets."""
    held_from: int | None = None
    """Number of the first chat request that is begun and never ended."""
    chats: list[Call] = field(default_factory=list)
    holding: asyncio.Event = field(default_factory=asyncio.Event)

    async def script(self, call: Call) -> None:
        await call.is_read.wait()
        if call.target in _UNARY:
            await call.answer("200 OK", JSON, _UNARY[call.target])
            return
        assert call.target in _CHATS
        self.chats.append(call)
        number = len(self.chats)
        if number in self.refused:
            await call.answer(self.refused[number], JSON, b'{"error":"no"}')
        elif call.target == "/v1/chat/completions":
            await _openai(call)
        else:
            is_held = self.held_from is not None and number >= self.held_from
            await _native(call, hold=self.holding if is_held else None)


async def _native(call: Call, hold: asyncio.Event | None) -> None:
    await call.head("200 OK", _NDJSON)
    await call.chunk(b'{"message":{"role":"assistant","content":"Well"},"done":false}\n')
    if hold is not None:
        hold.set()
        await call.peer_gone.wait()
        return
    await call.chunk(
        b'{"message":{"role":"assistant","content":"."},"done":true,"done_reason":"stop",'
        b'"prompt_eval_count":10,"eval_count":3,"eval_duration":100000000}\n'
    )
    await call.last_chunk()


async def _openai(call: Call) -> None:
    await call.head("200 OK", _SSE)
    for record in (
        b'{"choices":[{"delta":{"content":"Well"}}]}',
        b'{"choices":[{"delta":{"content":"."},"finish_reason":"stop"}]}',
        b'{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":3}}',
        b"[DONE]",
    ):
        await call.chunk(b"data: " + record + b"\n\n")
    await call.last_chunk()


async def command(*words: str, **environment: str) -> Process:
    """Start `python -m traffic` with these words."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "traffic", *words),
        env={"TRAFFIC_MODEL": MODEL} | environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
    )


async def start(url: str, *flags: str, **environment: str) -> Process:
    """Start a run."""
    return await command("--base-url", url, *flags, **environment)


async def finish(process: Process) -> tuple[int, str, str]:
    """Wait for the end: exit code, standard output, standard error."""
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def run(peer: Peer, *flags: str) -> tuple[int, str, str]:
    """A whole run against `peer`."""
    async with ScriptedServer(peer.script) as server:
        return await finish(await start(server.url, *flags))


def came_to(expected: int, code: int, shown: str) -> bool:
    """Whether a run by a schedule ended as expected. Where the tests' machine is too busy to keep
    it the run is invalid, and says so; that it does is tested elsewhere."""
    return code == (2 if "the generator did not keep its schedule" in shown else expected)
