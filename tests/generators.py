"""`python -m traffic` as a process, and a server with one model for it to ask."""

import asyncio
import json
import re
import sys
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass, field

from tests.fakes.server import Call, ScriptedServer

CEILING_SECONDS = 60.0
MODEL = "small:1b"
PROMPT_TOKENS = 10
GENERATED_TOKENS = 3

JSON = [(b"Content-Type", b"application/json")]
_NDJSON = [(b"Content-Type", b"application/x-ndjson"), (b"Transfer-Encoding", b"chunked")]
_SSE = [(b"Content-Type", b"text/event-stream"), (b"Transfer-Encoding", b"chunked")]
_UNARY = {
    "/api/version": b'{"version":"0.33.0"}',
}
_CHATS = ("/api/chat", "/v1/chat/completions")


@dataclass
class Peer:
    """A server with a model. It refuses the requests whose numbers it is told."""

    refused: dict[int, str] = field(default_factory=dict)
    """Number of the chat request, from 1, to the status line it gets."""
    held_from: int | None = None
    """Number of the first chat request that is begun and never ended."""
    models: tuple[str, ...] = (MODEL,)
    chats: list[Call] = field(default_factory=list)
    holding: asyncio.Event = field(default_factory=asyncio.Event)

    async def script(self, call: Call) -> None:
        await call.is_read.wait()
        if call.target == "/api/tags":
            tags = [{"name": name, "size": 98_000_000, "digest": "aa11"} for name in self.models]
            await call.answer("200 OK", JSON, json.dumps({"models": tags}).encode())
            return
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
    try:
        out, err = await asyncio.wait_for(process.communicate(), CEILING_SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def until_holding(
    peer: Peer, process: Process, within_seconds: float = CEILING_SECONDS
) -> None:
    """Wait until `peer` holds a request. A run that ends before is told with its own words, and
    one that does not come so far is ended."""
    waits = [asyncio.ensure_future(one) for one in (peer.holding.wait(), process.wait())]
    how = "ended"
    try:
        await asyncio.wait(waits, timeout=within_seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in waits:
            one.cancel()
        if not peer.holding.is_set() and process.returncode is None:
            how = f"was ended after {within_seconds:g} s"
            process.kill()
    if not peer.holding.is_set():
        code, _, err = await finish(process)
        raise AssertionError(f"the run {how} with no request held, exit code {code}: {err}")


async def run(peer: Peer, *flags: str) -> tuple[int, str, str]:
    """A whole run against `peer`."""
    async with ScriptedServer(peer.script) as server:
        return await finish(await start(server.url, *flags))


_NOT_KEPT = re.compile(
    r"the generator did not keep its schedule: requests went out ([\d.]+) ms late"
    r" \(p99; limit (\d+) ms\)"
)


def came_to(expected: int, code: int, shown: str) -> bool:
    """Whether a run by a schedule ended as expected. Where the tests' machine is too busy to keep
    it the run is invalid, and says so; that it does is tested elsewhere."""
    said = _NOT_KEPT.search(" ".join(shown.split()))
    if said is None:
        return code == expected
    late, limit = map(float, said.groups())
    return code == 2 and late > limit
