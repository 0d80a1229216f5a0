"""The queue before a real model: people go first, and nobody waits for ever."""

import asyncio
from pathlib import Path

import pytest

from tests.clients import RawClient
from tests.engines import MODEL, running_engine
from tests.turns import answered, asking, counted, drained, proxied, queued

pytestmark = pytest.mark.long

MODELS_SECONDS = 90.0
"""A busy machine's CPU takes its time."""


def question(tokens: int, text: str) -> dict[str, object]:
    options = {"num_predict": tokens, "temperature": 0, "seed": 1}
    return {"model": MODEL, "prompt": text, "options": options}


async def test_people_go_before_a_batch_that_was_there_before_them(tmp_path: Path) -> None:
    with running_engine(tmp_path, num_parallel=1) as engine:
        async with proxied(engine.url, queue=True, queue_client_header="X-Client") as proxy:
            order: list[str] = []

            async def ends(client: RawClient, name: str) -> None:
                head, body = await answered(client, MODELS_SECONDS)
                assert (head.status, b'"done":true' in body) == (200, True)
                order.append(name)

            batch = ("X-Client: batch", "X-Priority: low")
            asked = [
                await asking(proxy, *batch, path="/api/generate", body=question(24, f"{n}:"))
                for n in range(5)
            ]
            ending = [asyncio.ensure_future(ends(client, "batch")) for client in asked]
            await queued(proxy, 4)
            for name in ("ann", "bob"):
                client = await asking(
                    proxy, f"X-Client: {name}", path="/api/generate", body=question(4, "Hi")
                )
                ending.append(asyncio.ensure_future(ends(client, name)))
            await asyncio.gather(*ending)
            assert set(order[1:4]) >= {"ann", "bob"}
            assert order.count("batch") == 5
            await drained(proxy)
            await counted(proxy, 2, "ollama_proxy_queue_wait_seconds_count", priority="normal")
            # nothing waited inside the engine: each had its slot when it came
            waited = await proxy.value("ollama_proxy_upstream_wait_seconds_sum")
            assert waited < 1.0


@pytest.mark.parametrize("leaves", ["while it waits", "in mid-answer"])
async def test_who_leaves_frees_the_model_for_the_next(tmp_path: Path, leaves: str) -> None:
    with running_engine(tmp_path, num_parallel=1) as engine:
        async with proxied(engine.url, queue=True) as proxy:
            long = question(4096, "Count to ten thousand:")
            first = await asking(proxy, path="/api/generate", body=long)
            await first.head()
            second = await asking(proxy, path="/api/generate", body=long)
            await queued(proxy, 1)
            third = await asking(proxy, path="/api/generate", body=question(4, "Hi"))
            await queued(proxy, 2)
            second.close()
            await queued(proxy, 1)
            if leaves == "in mid-answer":
                first.close()
                assert (await answered(third, MODELS_SECONDS))[0].status == 200
                await drained(proxy)
            else:
                assert len(await queued(proxy, 1)) == 1
            await counted(proxy, 1, "ollama_proxy_client_aborts_total", phase="queued")
