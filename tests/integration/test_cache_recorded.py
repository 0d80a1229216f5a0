"""Every route and format of a real Ollama by the cache: the same when it misses, and when it hits.

What was recorded is sent by the upstream in the chunks in which it came.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from ollama_observe.wire.endpoints import endpoint_of
from proxy.cache.cache import RECORDABLE
from tests.clients import Head, RawClient
from tests.fakes import captures
from tests.fakes.captures import Capture
from tests.fakes.server import Call, ScriptedServer
from tests.servers import RunningProxy, running_proxy

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOT_KEPT = frozenset({"chat-load-warm", "chat-unload", "generate-load", "unload"})
ADDED = frozenset({"x-request-id", "x-portkey-cache-status", "age", "connection"})


def is_asked_for(capture: Capture) -> bool:
    """Whether the cache is there for it: plain JSON to a model that answers."""
    is_plain = "Content-Encoding" not in capture.headers and "Expect" not in capture.headers
    is_call = capture.method == "POST" and endpoint_of(capture.path).answer in RECORDABLE
    return is_call and is_plain and capture.ended != "client closed" and bool(capture.request_body)


NAMES = [name for name in captures.names() if is_asked_for(captures.load(name))]


def is_kept(capture: Capture) -> bool:
    """Whether it is a whole answer of a model."""
    is_whole = not capture.name.startswith("broken-")
    return capture.status == 200 and is_whole and capture.name not in NOT_KEPT


def model_in(capture: Capture) -> str | None:
    """The model that it asks for, where that can be read."""
    try:
        found = json.loads(capture.request_body)
    except ValueError:
        return None
    return found.get("model") if isinstance(found, dict) else None


@dataclass(slots=True)
class Stage:
    """A proxy with a cache, before an upstream that plays one capture."""

    proxy: RunningProxy
    upstream: ScriptedServer
    turn: int = 0

    def plays(self, capture: Capture) -> None:
        """From now on the upstream answers so; it has the model that is asked for."""
        answer = captures.replay(capture, speed=0)
        listed = {"models": [{"name": model_in(capture) or "none", "digest": "a" * 64}]}

        async def script(call: Call) -> None:
            if call.target == "/api/tags":
                await call.answer("200 OK", [], json.dumps(listed).encode())
            else:
                await answer(call)

        self.upstream.script = script
        self.turn += 1

    async def asks(self, capture: Capture) -> tuple[Head, bytes]:
        """Ask as it was asked, on behalf of a caller that each capture has of its own."""
        async with await RawClient.connect(self.proxy.url, limit=1 << 24) as client:
            line = f"Authorization: Bearer {self.turn}"
            body = capture.request_body
            await client.request("POST", capture.path, body, "Connection: close", line)
            return await client.head(), await client.rest()

    async def settled(self) -> float:
        """How many answers were kept or not, once the latest has been."""
        names = ("stored", "not_stored")
        return sum([await self.proxy.value(f"ollama_proxy_cache_{x}_total") for x in names])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage() -> AsyncIterator[Stage]:
    async def nothing(call: Call) -> None:
        await call.answer("404 Not Found", [], b"")

    async with (
        ScriptedServer(nothing) as upstream,
        running_proxy(upstream.url, cache="simple", cache_max_answer_bytes=1 << 24) as proxy,
    ):
        yield Stage(proxy, upstream)


def wire_of(capture: Capture) -> bytes:
    """The body as it came over the wire."""
    if capture.framing != "chunked":
        return capture.body
    chunks = [b"%x\r\n%s\r\n" % (len(piece), piece) for _, piece in capture.chunks]
    return b"".join(chunks) + b"0\r\n\r\n"


def own(head: Head) -> list[tuple[str, str]]:
    """The head's lines, without what proxies add."""
    return [(k, v) for k, v in head.headers if k.lower() not in ADDED]


def recorded(capture: Capture) -> list[tuple[str, str]]:
    """The recorded head's lines, without what belonged to its connection."""
    lines = capture.head.decode("latin-1").split("\r\n")[1:]
    pairs = [(k, v.strip()) for k, _, v in (line.partition(":") for line in lines)]
    return [(k, v) for k, v in pairs if k.lower() not in ADDED]


async def forgets(stage: Stage) -> None:
    """The models are others now: what was known of them is not."""
    async with await RawClient.connect(stage.proxy.url) as client:
        await client.request("DELETE", "/api/delete", {"model": "none"}, "Connection: close")
        await client.rest()


@pytest.mark.parametrize("name", NAMES)
async def test_an_answer_is_the_same_when_it_misses_and_when_it_hits(
    stage: Stage, name: str
) -> None:
    capture = captures.load(name)
    stage.plays(capture)
    await forgets(stage)
    before = await stage.settled()
    first, first_body = await stage.asks(capture)
    assert first.status == capture.status
    assert first_body == wire_of(capture)
    assert own(first) == recorded(capture)
    status = first.get("x-portkey-cache-status")
    assert status in ("MISS", "DISABLED")
    if status == "MISS":
        async with asyncio.timeout(5):
            while await stage.settled() == before:
                await asyncio.sleep(0.005)
    second, second_body = await stage.asks(capture)
    assert (second.status, second_body) == (first.status, first_body)
    assert own(second) == own(first)
    is_hit = second.get("x-portkey-cache-status") == "HIT"
    assert is_hit == is_kept(capture)


async def test_most_of_what_was_recorded_is_held_against_the_cache() -> None:
    assert len(NAMES) > 75
    assert sum(is_kept(captures.load(name)) for name in NAMES) >= 46
