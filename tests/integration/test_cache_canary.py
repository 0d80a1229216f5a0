"""What is asked of the cache is found nowhere, and what is answered only in its own file."""

import asyncio
import json
import signal
import sqlite3
from pathlib import Path

import aiohttp
import pytest

from tests.clients import RawClient
from tests.fakes.ollama import FakeOllama, Model
from tests.fakes.server import ScriptedServer
from tests.lookups import MODEL
from tests.processes import ProxyProcess, proxy_process

EMBEDDER = "multilingual-e5-small"
ASKED = "Asked-7c31e0"
KEY = "Key-90aa4f"
ROUTES: dict[str, dict[str, object]] = {
    "/api/chat": {"messages": [{"role": "user", "content": ASKED}]},
    "/api/generate": {"prompt": ASKED, "system": ASKED},
    "/v1/chat/completions": {"messages": [{"role": "user", "content": ASKED}], "user": ASKED},
    "/v1/messages": {"messages": [{"role": "user", "content": ASKED}], "max_tokens": 9},
    "/v1/responses": {"input": ASKED, "instructions": ASKED},
    "/api/embed": {"input": ASKED},
}
HEADERS = (
    f"Authorization: Bearer {KEY}",
    f"X-Api-Key: {KEY}",
    f"Cookie: session={KEY}",
    f"X-User: {KEY}",
)


async def ask(proxy: ProxyProcess, path: str, *headers: str, said: str = ASKED) -> str | None:
    async with await RawClient.connect(proxy.url) as client:
        target = f"{path}?of={ASKED}"
        body = json.dumps({"model": MODEL, **ROUTES[path]}).replace(ASKED, said)
        await client.request("POST", target, body.encode(), *headers)
        head = await client.head()
        assert head.status == 200
        await client.body(head)
        return head.get("x-portkey-cache-status")


async def said_of(proxy: ProxyProcess) -> str:
    """All that the control port tells."""
    said = ""
    base = f"http://127.0.0.1:{proxy.control_port}"
    async with aiohttp.ClientSession(base) as session:
        for path in ("/metrics", "/health", "/ready", "/api/cache", "/api/inflight"):
            async with session.get(path) as answer:
                said += str(answer.headers) + await answer.text()
    return said


@pytest.mark.parametrize(
    ("mode", "store"),
    [("simple", "memory"), ("simple", "file"), ("semantic", "memory"), ("semantic", "file")],
)
async def test_nothing_of_what_is_asked_is_told_or_written(
    tmp_path: Path, mode: str, store: str
) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    file = folder / "answers.db"
    words = FakeOllama(Model(name=MODEL)).words()
    models = {EMBEDDER: Model(EMBEDDER), f"{EMBEDDER}:latest": Model(EMBEDDER)}
    async with (
        ScriptedServer(FakeOllama(Model(name=MODEL), models=models)) as ollama,
        proxy_process(
            ollama.url,
            PROXY_LOG_LEVEL="debug",
            PROXY_USER_HEADER="X-User",
            PROXY_CACHE=mode,
            PROXY_CACHE_EMBEDDING_TIMEOUT_SECONDS="5",
            PROXY_CACHE_SHARE_IN_FLIGHT="true",
            PROXY_CACHE_STORE="memory" if store == "memory" else str(file),
        ) as proxy,
    ):
        await proxy.until_ready()
        for path in ROUTES:
            assert await ask(proxy, path, *HEADERS) == "MISS"
        await kept(proxy, len(ROUTES))
        for path in ROUTES:
            assert await ask(proxy, path, *HEADERS) == "HIT"
            assert await ask(proxy, path, *HEADERS, "Cache-Control: no-cache") == "REFRESH"
        if mode == "semantic":
            found = await ask(proxy, "/api/chat", *HEADERS, said=f"{ASKED}, please?")
            assert found == "SEMANTIC HIT"
        said = await said_of(proxy)
        async with aiohttp.ClientSession() as session:
            url = f"http://127.0.0.1:{proxy.control_port}/api/cache"
            written = b"".join(await asyncio.to_thread(contents, folder))
            async with session.delete(url) as answer:
                said += str(answer.headers) + await answer.text()
        proxy.child.send_signal(signal.SIGTERM)
        said += await proxy.ended()
    assert said.count('"request_finished"') == 3 * len(ROUTES) + (mode == "semantic")
    for secret in (ASKED, KEY, ASKED.lower(), KEY.lower()):
        assert secret not in said
        assert secret.encode() not in written
    if store == "file":
        answers = [word.strip().encode() for word in words if len(word.strip()) > 3]
        assert any(word in written for word in answers)
        assert all(word not in said for word in (b.decode() for b in answers if len(b) > 6))


async def kept(proxy: ProxyProcess, count: int) -> None:
    async with asyncio.timeout(10):
        while f"ollama_proxy_cache_stored_total {count}.0" not in (await proxy.get("/metrics"))[1]:
            await asyncio.sleep(0.05)


def contents(folder: Path) -> list[bytes]:
    """Every file, and each key and value of its tables."""
    return [path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()]


async def test_the_keys_in_the_file_are_hashes_and_the_file_is_its_owners(tmp_path: Path) -> None:
    file = tmp_path / "answers.db"
    async with (
        ScriptedServer(FakeOllama(Model(name=MODEL))) as ollama,
        proxy_process(ollama.url, PROXY_CACHE="simple", PROXY_CACHE_STORE=str(file)) as proxy,
    ):
        await proxy.until_ready()
        for path in ROUTES:
            await ask(proxy, path, *HEADERS)
        await kept(proxy, len(ROUTES))
        proxy.child.send_signal(signal.SIGTERM)
        await proxy.ended()
    rows = await asyncio.to_thread(blobs_of_32, file)
    assert rows >= len(ROUTES)
    assert set(await asyncio.to_thread(modes, tmp_path)) == {0o600}


def modes(folder: Path) -> list[int]:
    """Who may do what with each file."""
    return [path.stat().st_mode & 0o777 for path in folder.iterdir()]


def blobs_of_32(file: Path) -> int:
    """How many rows have a hash for a key."""
    with sqlite3.connect(file) as base:
        tables = [
            row[0] for row in base.execute("select name from sqlite_master where type='table'")
        ]
        count = 0
        for table in tables:
            for row in base.execute(f'select * from "{table}"'):
                count += any(isinstance(cell, bytes) and len(cell) == 32 for cell in row)
    base.close()
    return count
