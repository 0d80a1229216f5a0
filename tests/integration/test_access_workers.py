"""API keys over several relay processes: one file, one sum, and nothing left of a dead one."""

import asyncio
import json
from pathlib import Path
from typing import Any

import psutil

from tests.clients import RawClient
from tests.fakes.faults import Faults
from tests.fakes.ollama import FakeOllama
from tests.fakes.server import ScriptedServer
from tests.key_files import bearer, table, write_keys
from tests.processes import ProxyProcess, proxy_process

ASK = {"model": "smollm2:135m", "messages": [{"role": "user", "content": "Hi"}], "stream": False}
STREAM = {**ASK, "stream": True}
WORKERS = "3"
LIMIT = 30


async def status(proxy: ProxyProcess, alias: str, path: str = "/api/chat") -> int:
    """The status of one request on a connection of its own, so that any worker may get it."""
    async with await RawClient.connect(proxy.url) as client:
        await client.request("POST", path, ASK, bearer(alias))
        head = await client.head()
        await client.body(head)
        return head.status


async def usage(proxy: ProxyProcess, alias: str) -> Any:
    _, text = await proxy.get("/api/usage")
    return next((one for one in json.loads(text)["aliases"] if one["alias"] == alias), None)


async def test_a_limit_holds_over_all_workers_and_their_numbers_are_summed(tmp_path: Path) -> None:
    tables = (table("alice", requests_per_minute=LIMIT), table("bob"))
    path = await asyncio.to_thread(write_keys, tmp_path / "keys.toml", *tables)
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        proxy_process(ollama.url, PROXY_WORKERS=WORKERS, PROXY_API_KEYS_FILE=str(path)) as proxy,
    ):
        await proxy.until_ready()
        found = []
        for _ in range(6):
            asked = [status(proxy, "alice") for _ in range(10)]
            found += await asyncio.gather(*asked)
        let_in = found.count(200)
        assert let_in + found.count(429) == 60
        # what comes to all three in one instant may get in beside each other
        assert LIMIT <= let_in <= LIMIT + 2
        assert await status(proxy, "bob") == 200
        alice = await usage(proxy, "alice")
        assert alice["since_start"]["requests"] == let_in
        assert alice["since_start"]["refused"] == 60 - let_in
        assert alice["since_start"]["generated_tokens"] == 12 * let_in
        assert alice["left"] == {"requests_per_minute": 0}


async def test_keys_are_read_again_by_every_worker(tmp_path: Path) -> None:
    path = await asyncio.to_thread(write_keys, tmp_path / "keys.toml", table("alice"))
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        proxy_process(ollama.url, PROXY_WORKERS=WORKERS, PROXY_API_KEYS_FILE=str(path)) as proxy,
    ):
        await proxy.until_ready()
        assert await status(proxy, "alice") == 200
        await asyncio.to_thread(write_keys, path, table("bob"))
        in_a_row = 0
        async with asyncio.timeout(60):
            while in_a_row < 20:  # every worker among them
                is_new = await status(proxy, "bob") == 200 and await status(proxy, "alice") == 401
                in_a_row = in_a_row + 1 if is_new else 0
        _, text = await proxy.get("/metrics")
        assert "ollama_proxy_key_entries 1.0" in text
        assert 'ollama_proxy_key_file_reads_total{result="taken"} 2.0' in text
        proxy.child.terminate()
        log = await proxy.ended()
        assert proxy.child.returncode == 0
        assert log.count('"event": "keys_taken"') + log.count('"event":"keys_taken"') == 2


async def test_what_a_killed_worker_had_in_flight_is_nobodys(tmp_path: Path) -> None:
    path = await asyncio.to_thread(
        write_keys, tmp_path / "keys.toml", table("single", max_in_flight=1)
    )
    async with (
        ScriptedServer(FakeOllama(faults=Faults(hang_after=1))) as ollama,
        proxy_process(ollama.url, PROXY_WORKERS="2", PROXY_API_KEYS_FILE=str(path)) as proxy,
    ):
        await proxy.until_ready()
        async with await RawClient.connect(proxy.url) as client:
            await client.request("POST", "/api/chat", STREAM, bearer("single"))
            await client.head()
            await client.chunk()
            assert (await usage(proxy, "single"))["in_flight"] == 1
            assert await status(proxy, "single", "/api/show") == 429
            for worker in psutil.Process(proxy.child.pid).children():
                worker.kill()

            async def is_free() -> bool:
                try:
                    return await status(proxy, "single", "/api/show") == 200
                except (OSError, EOFError):
                    return False

            async with asyncio.timeout(20):
                while not await is_free():
                    await asyncio.sleep(0.05)
                # what was asked last is booked when its answer has left
                while (await usage(proxy, "single"))["in_flight"] != 0:
                    await asyncio.sleep(0.05)
            assert (await usage(proxy, "single"))["since_start"]["requests"] >= 2


async def test_a_file_that_cannot_be_used_is_no_start(tmp_path: Path) -> None:
    secret = "oo-a-key-in-the-wrong-place"
    path = await asyncio.to_thread(
        write_keys, tmp_path / "keys.toml", f'[alice]\nsha256 = "{secret}"\n'
    )
    async with proxy_process("http://127.0.0.1:9", PROXY_API_KEYS_FILE=str(path)) as proxy:
        log = await proxy.ended()
    assert proxy.child.returncode == 1
    assert "PROXY_API_KEYS_FILE (--api-keys-file): " in log
    assert "entry 1 (line 1): sha256: expected the SHA-256 of a key" in log
    assert secret not in log
