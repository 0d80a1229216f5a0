"""Several relay processes on one port: one sum, and nothing lost when one of them dies."""

import asyncio
import json
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import msgspec
import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from proxy.finished import Finished
from tests.clients import RawClient
from tests.fakes.faults import Faults
from tests.fakes.ollama import FakeOllama
from tests.fakes.server import ScriptedServer
from tests.processes import ProxyProcess, proxy_process

pytestmark = pytest.mark.long

ASK = {"model": "smollm2:135m", "messages": [{"role": "user", "content": "Hi"}], "stream": False}
STREAM = {"model": "smollm2:135m", "messages": [{"role": "user", "content": "Hi"}]}
WORKERS = 3


def workers_of(proxy: ProxyProcess) -> list[psutil.Process]:
    return psutil.Process(proxy.child.pid).children()


async def total(proxy: ProxyProcess, name: str, **labels: str) -> float:
    _, text = await proxy.get("/metrics")
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


async def connections(proxy: ProxyProcess, stack: AsyncExitStack, count: int) -> list[RawClient]:
    return [
        await stack.enter_async_context(await RawClient.connect(proxy.url)) for _ in range(count)
    ]


async def ask(url: str, count: int) -> None:
    """Requests on connections of their own, so that every worker gets some."""
    for _ in range(count):
        async with await RawClient.connect(url) as client:
            await client.request("POST", "/api/chat", ASK)
            head = await client.head()
            assert head.status == 200
            await client.body(head)


async def until(reached: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await reached():
            await asyncio.sleep(0.05)


async def test_workers_answer_on_one_port_and_are_summed_on_the_other() -> None:
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        proxy_process(ollama.url, PROXY_WORKERS=str(WORKERS)) as proxy,
    ):
        await proxy.until_ready()
        assert len(workers_of(proxy)) == WORKERS
        await asyncio.gather(*(ask(proxy.url, 10) for _ in range(6)))
        assert await total(proxy, "ollama_proxy_requests_total") == 60
        assert await total(proxy, "ollama_proxy_request_duration_seconds_count") == 60
        assert await total(proxy, "ollama_proxy_generated_tokens_total") == 60 * 12
        assert await total(proxy, "ollama_proxy_active_requests") == 0
        assert await total(proxy, "ollama_proxy_build_info") == 1
        proxy.child.send_signal(signal.SIGTERM)
        log = await proxy.ended()
        assert proxy.child.returncode == 0
        busy = {json.loads(line).get("event") for line in log.splitlines()}
        assert "request_finished" in busy
        assert "worker_ended" not in busy


async def test_what_a_killed_worker_had_counted_stays_and_another_takes_its_place() -> None:
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        proxy_process(ollama.url, PROXY_WORKERS=str(WORKERS)) as proxy,
    ):
        await proxy.until_ready()
        await asyncio.gather(*(ask(proxy.url, 5) for _ in range(4)))

        async def all_are_booked() -> bool:  # which comes after the answers
            return await total(proxy, "ollama_proxy_requests_total") == 20

        await until(all_are_booked)
        for worker in workers_of(proxy):
            worker.kill()
        assert await total(proxy, "ollama_proxy_requests_total") == 20

        async def all_are_back() -> bool:
            restarts = await total(proxy, "ollama_proxy_worker_restarts_total")
            return restarts == WORKERS and len(workers_of(proxy)) == WORKERS

        await until(all_are_back)
        await ask(proxy.url, 5)
        assert await total(proxy, "ollama_proxy_requests_total") == 25
        assert await total(proxy, "ollama_proxy_generated_tokens_total") == 25 * 12


async def test_requests_in_flight_are_seen_over_all_workers_and_not_those_of_a_dead_one() -> None:
    fake = FakeOllama(faults=Faults(hang_after=2))
    async with (
        ScriptedServer(fake) as ollama,
        proxy_process(ollama.url, PROXY_WORKERS=str(WORKERS)) as proxy,
        AsyncExitStack() as stack,
    ):
        await proxy.until_ready()
        clients = await connections(proxy, stack, 12)
        for client in clients:
            await client.request("POST", "/api/chat", STREAM)
            await client.head()
        status, text = await proxy.get("/api/inflight")
        table = json.loads(text)
        assert status == 200
        assert table["count"] == 12
        assert {row["model"] for row in table["requests"]} == {"smollm2:135m"}
        assert {row["phase"] for row in table["requests"]} == {"answering"}
        assert await total(proxy, "ollama_proxy_active_requests") == 12
        for worker in workers_of(proxy):
            worker.kill()

        async def forgotten() -> bool:
            return await total(proxy, "ollama_proxy_active_requests") == 0

        await until(forgotten)


async def test_what_ended_at_any_worker_is_told_for_a_moment() -> None:
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        proxy_process(ollama.url, PROXY_WORKERS=str(WORKERS)) as proxy,
    ):
        await proxy.until_ready()
        began_at = asyncio.get_running_loop().time()
        await asyncio.gather(*(ask(proxy.url, 4) for _ in range(6)))
        table = json.loads((await proxy.get("/api/inflight"))[1])
        seconds = asyncio.get_running_loop().time() - began_at
        assert (table["count"], table["requests"]) == (0, [])
        finished = table["finished"]
        assert len({row["request_id"] for row in finished}) == 24
        ages = [row["ago_seconds"] for row in finished]
        assert ages == sorted(ages) and ages[-1] <= seconds
        assert {(row["outcome"], row["status"], row["tokens"]) for row in finished} == {
            ("ok", 200, 12)
        }
        # no prompt, no answer, no key: nothing but these
        told = {field.name for field in msgspec.structs.fields(Finished)}
        assert set(finished[0]) == told - {"location"}  # which only who computes elsewhere has

        async def forgotten() -> bool:
            return not json.loads((await proxy.get("/api/inflight"))[1])["finished"]

        await until(forgotten)


async def test_the_limit_of_requests_holds_over_all_workers() -> None:
    fake = FakeOllama(faults=Faults(hang_after=1))
    async with (
        ScriptedServer(fake) as ollama,
        proxy_process(ollama.url, PROXY_WORKERS=str(WORKERS), PROXY_MAX_REQUESTS="4") as proxy,
        AsyncExitStack() as stack,
    ):
        await proxy.until_ready()
        clients = await connections(proxy, stack, 10)
        statuses = []
        for client in clients:
            await client.request("POST", "/api/chat", STREAM)
            statuses.append((await client.head()).status)
        assert sorted(statuses) == [200] * 4 + [503] * 6


async def test_workers_end_when_their_parent_is_killed() -> None:
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        proxy_process(ollama.url, PROXY_WORKERS=str(WORKERS)) as proxy,
    ):
        await proxy.until_ready()
        workers = workers_of(proxy)
        os.kill(proxy.child.pid, signal.SIGKILL)

        async def gone() -> bool:
            return not any(worker.is_running() for worker in workers)

        await until(gone)


async def test_workers_end_when_a_parent_is_killed_that_had_not_read_what_they_said() -> None:
    """Then the channel is reset, where it would have ended."""
    async with (
        ScriptedServer(FakeOllama()) as ollama,
        proxy_process(ollama.url, PROXY_WORKERS="2") as proxy,
    ):
        await proxy.until_ready()
        parent, workers = psutil.Process(proxy.child.pid), workers_of(proxy)
        workers[0].suspend()
        asking = asyncio.ensure_future(proxy.get("/api/inflight"))
        await asyncio.sleep(0.3)  # until the question is in the channel
        parent.suspend()
        workers[0].resume()
        await asyncio.sleep(0.3)  # until the answer is
        parent.kill()

        async def gone() -> bool:
            return not any(worker.is_running() for worker in workers)

        await until(gone)
        asking.cancel()


async def test_a_drain_lets_the_streams_of_all_workers_finish() -> None:
    fake = FakeOllama(faults=Faults(tokens_per_second=12))
    async with (
        ScriptedServer(fake) as ollama,
        proxy_process(ollama.url, PROXY_WORKERS=str(WORKERS), PROXY_DRAIN_SECONDS="10") as proxy,
        AsyncExitStack() as stack,
    ):
        await proxy.until_ready()
        clients = await connections(proxy, stack, 6)
        for client in clients:
            await client.request("POST", "/api/chat", STREAM)
            await client.head()
        proxy.child.send_signal(signal.SIGTERM)
        for client in clients:
            body = b""
            while piece := await client.chunk():
                body += piece
            assert b'"done":true' in body
        await proxy.ended()
        assert proxy.child.returncode == 0


async def test_a_reload_is_seen_whichever_worker_had_the_request_before() -> None:
    async with (
        ScriptedServer(FakeOllama(faults=Faults(ttft_seconds=0.1))) as ollama,
        proxy_process(ollama.url, PROXY_WORKERS=str(WORKERS)) as proxy,
    ):
        await proxy.until_ready()
        for number in range(20):  # two clients that disagree: every request but the first reloads
            async with await RawClient.connect(proxy.url) as client:
                options = {"num_ctx": 2048 * (1 + number % 2)}
                await client.request("POST", "/api/chat", {**ASK, "options": options})
                await client.body(await client.head())
            # an answer leaves before it is booked
            assert await total(proxy, "ollama_proxy_requests_total") == number + 1
        assert await total(proxy, "ollama_proxy_model_reloads_total") == 19


async def inflight(proxy: ProxyProcess) -> int:
    _, body = await proxy.get("/api/inflight")
    return int(json.loads(body)["count"])


async def test_workers_that_did_not_answer_in_time_are_believed_again_when_they_do() -> None:
    slow = FakeOllama(faults=Faults(queue_seconds=60))
    async with (
        ScriptedServer(slow) as ollama,
        proxy_process(ollama.url, PROXY_WORKERS="2") as proxy,
        AsyncExitStack() as stack,
    ):
        await proxy.until_ready()
        for worker in workers_of(proxy):
            worker.suspend()
        try:
            assert [await inflight(proxy) for _ in range(2)] == [0, 0]  # after two time-outs each
        finally:
            for worker in workers_of(proxy):
                worker.resume()
        for client in await connections(proxy, stack, 5):
            await client.request("POST", "/api/chat", ASK)
        await ollama.nth_call(5)
        assert [await inflight(proxy) for _ in range(3)] == [5, 5, 5]
        assert await total(proxy, "ollama_proxy_active_requests") == 5
