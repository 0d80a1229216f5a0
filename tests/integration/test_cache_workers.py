"""Several relay processes: each with answers of its own, emptied together, told apart by nobody."""

import asyncio
import json
import signal
from collections.abc import Awaitable, Callable

import httpx2
from prometheus_client.parser import text_string_to_metric_families

from tests.clients import RawClient
from tests.fakes.ollama import FakeOllama
from tests.fakes.server import ScriptedServer
from tests.lookups import CHAT, MODEL, asked
from tests.processes import ProxyProcess, proxy_process

WORKERS = 2


async def total(proxy: ProxyProcess, name: str, **labels: str) -> float:
    _, text = await proxy.get("/metrics")
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


async def until(reached: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await reached():
            await asyncio.sleep(0.05)


async def statuses(proxy: ProxyProcess, count: int) -> list[str | None]:
    """What is said of the cache to requests on connections of their own, one after the other."""
    found = []
    for _ in range(count):
        async with await RawClient.connect(proxy.url) as client:
            await client.request("POST", *CHAT)
            head = await client.head()
            found.append(head.get("x-portkey-cache-status"))
            await client.body(head)
    return found


async def test_each_process_answers_from_its_own_memory_and_all_are_emptied_at_once() -> None:
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        proxy_process(ollama.url, PROXY_WORKERS=str(WORKERS), PROXY_CACHE="simple") as proxy,
    ):
        await proxy.until_ready()

        async def all_have_it() -> bool:
            await statuses(proxy, 4)
            return await total(proxy, "ollama_proxy_cache_stored_total") == WORKERS

        await until(all_have_it)
        assert await statuses(proxy, 20) == ["HIT"] * 20
        assert asked(ollama, CHAT[0]) == WORKERS

        async def all_are_counted() -> bool:
            return await total(proxy, "ollama_proxy_cache_entries") == WORKERS

        await until(all_are_counted)
        assert await total(proxy, "ollama_proxy_cache_info", store="memory") == 1
        base = f"http://127.0.0.1:{proxy.control_port}"
        async with httpx2.AsyncClient(base_url=base, trust_env=False) as http:
            assert (await http.delete("/api/cache")).json() == {"cleared": None}
        assert "MISS" in await statuses(proxy, 1)

        async def all_are_empty() -> bool:
            return await total(proxy, "ollama_proxy_cache_evictions_total", cause="cleared") == 2

        await until(all_are_empty)
        requests = await total(proxy, "ollama_proxy_requests_total", method="POST")
        lookups = await total(proxy, "ollama_proxy_cache_lookups_total")
        assert lookups == requests
        proxy.child.send_signal(signal.SIGTERM)
        log = await proxy.ended()
        assert proxy.child.returncode == 0
        events = [json.loads(line)["event"] for line in log.splitlines() if line.startswith("{")]
        assert "task_failed" not in events
        assert "cache_failed" not in events


async def test_a_model_that_changes_by_way_of_one_process_is_another_for_all() -> None:
    script = FakeOllama()
    async with (
        ScriptedServer(script) as ollama,
        proxy_process(ollama.url, PROXY_WORKERS=str(WORKERS), PROXY_CACHE="simple") as proxy,
    ):
        await proxy.until_ready()

        async def all_have_it() -> bool:
            await statuses(proxy, 4)
            return await total(proxy, "ollama_proxy_cache_stored_total") == WORKERS

        await until(all_have_it)
        assert await statuses(proxy, 10) == ["HIT"] * 10
        script.library.digests[MODEL] = "f" * 64
        async with await RawClient.connect(proxy.url) as client:
            await client.request("POST", "/api/pull", {"model": "other"}, "Connection: close")
            await client.rest()
        found = await statuses(proxy, 10)
        assert found[0] == "MISS"
        assert found.count("MISS") <= WORKERS
        assert asked(ollama, CHAT[0]) == WORKERS + found.count("MISS")

        async def all_have_it_again() -> bool:
            await statuses(proxy, 4)
            return await total(proxy, "ollama_proxy_cache_stored_total") == 2 * WORKERS

        await until(all_have_it_again)
