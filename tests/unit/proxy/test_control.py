"""What is in flight, as JSON and as a stream."""

import asyncio
import json
from pathlib import Path

import httpx2
from prometheus_client import CollectorRegistry

from ollama_observe.service.http import Control, Readiness
from ollama_observe.service.lifecycle import Listener, listening
from proxy.access.counts import Counts
from proxy.access.keeper import Keeper
from proxy.access.usage import UsageBook
from proxy.control import create_control
from proxy.finished import Finished, Table
from proxy.inflight import Entry
from proxy.story import Phase


def entry(request_id: str, age: float) -> Entry:
    return Entry(
        request_id=request_id,
        endpoint="/api/chat",
        model="m:latest",
        routing="direct",
        phase=Phase.PREFILL,
        age_seconds=age,
        sent_seconds=age,
        tokens=0,
        tokens_per_second=None,
    )


def ended(request_id: str, ago: float) -> Finished:
    return Finished(request_id, "/api/chat", "m:latest", "direct", "ok", 200, 1.0, 3, ago)


async def nothing() -> list[Table]:
    return []


async def test_usage_is_told_where_keys_are_asked_for() -> None:
    keeper, counts = Keeper(Path("keys.toml")), Counts()
    counts.enter(counts.place("alice"))
    for usage, status in ((None, 404), (UsageBook(keeper, counts), 200)):
        control = Control("proxy", Readiness(), CollectorRegistry())
        app = create_control(control, nothing, 1, usage=usage)
        async with (
            listening(Listener("control", app, "127.0.0.1", 0)) as port,
            httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client,
        ):
            answer = await client.get("/api/usage")
        assert answer.status_code == status
        if usage is None:
            assert "PROXY_API_KEYS_FILE" in answer.json()["error"]
        else:
            assert answer.json()["aliases"][0]["alias"] == "alice"


async def test_the_table_is_told_oldest_first_and_again_every_second() -> None:
    found = [entry("young", 1.0), entry("old", 2.0)]
    of_one = Table(found, [ended("before", 2.0)])
    of_another = Table([], [ended("now", 0.5)])

    async def tables() -> list[Table]:
        return [of_one, of_another]

    readiness = Readiness()
    readiness.open()
    app = create_control(Control("proxy", readiness, CollectorRegistry()), tables, 1)
    async with (
        listening(Listener("control", app, "127.0.0.1", 0)) as port,
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client,
    ):
        table = (await client.get("/api/inflight")).json()
        assert table["count"] == 2
        assert [(row["request_id"], row["phase"]) for row in table["requests"]] == [
            ("old", "prefill"),
            ("young", "waiting"),
        ]
        assert [(row["request_id"], row["ago_seconds"]) for row in table["finished"]] == [
            ("now", 0.5),
            ("before", 2.0),
        ]
        async with asyncio.timeout(10), client.stream("GET", "/api/inflight/stream") as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            events = []
            async for line in stream.aiter_lines():
                if line:
                    events.append(json.loads(line.removeprefix("data: ")))
                    found.clear()
                if len(events) == 2:
                    readiness.close("draining")  # or it would hold the server up
                    break
        assert [event["count"] for event in events] == [2, 0]
        assert [len(event["finished"]) for event in events] == [2, 2]
