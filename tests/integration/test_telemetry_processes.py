"""OpenTelemetry of proxies as processes: several workers, their end, what is said at the start."""

import asyncio
import json
import signal
from pathlib import Path

import psutil
import pytest

from tests.clients import RawClient
from tests.fakes.faults import Faults
from tests.fakes.ollama import FakeOllama
from tests.fakes.server import ScriptedServer
from tests.otlp import Receiver, Told, attributes_of, points_of, receiving
from tests.ports import free_port
from tests.processes import ProxyProcess, proxy_process

pytestmark = pytest.mark.long

CHAT = {"model": "smollm2:135m", "messages": [{"role": "user", "content": "Hi"}]}
DURATION = "gen_ai.server.request.duration"
WORKERS = 3


async def ask(url: str, count: int) -> None:
    """Requests on connections of their own, so that every worker gets some."""
    for _ in range(count):
        async with await RawClient.connect(url) as client:
            await client.request("POST", "/api/chat", CHAT)
            await client.body(await client.head())


def told(receiver: Receiver, **more: str) -> dict[str, str]:
    return {
        "PROXY_OTLP_ENDPOINT": receiver.url,
        "PROXY_OTLP_INTERVAL_SECONDS": "0.2",
        **more,
    }


async def ended_by(proxy: ProxyProcess, within_seconds: float) -> list[dict[str, object]]:
    """What it logged, once SIGTERM has ended it in time."""
    loop = asyncio.get_running_loop()
    began_at = loop.time()
    proxy.child.send_signal(signal.SIGTERM)
    logged = await proxy.ended()
    assert loop.time() - began_at < within_seconds
    assert proxy.child.returncode == 0
    return [json.loads(line) for line in logged.splitlines()]


async def test_several_workers_send_their_own_spans_and_their_metrics_as_one() -> None:
    async with ScriptedServer(FakeOllama()) as ollama, receiving() as receiver:
        variables = told(receiver, PROXY_WORKERS=str(WORKERS))
        async with proxy_process(ollama.url, **variables) as proxy:
            await proxy.until_ready()
            await asyncio.gather(*(ask(proxy.url, 10) for _ in range(6)))
            await receiver.some_spans(60)
            await receiver.metric(DURATION, lambda points: points[0].count == 60)
            senders = {call.header("host") for call in receiver.calls}
            assert senders == {receiver.url.removeprefix("http://")}
            instances = {
                attributes_of(resource.attributes)["service.instance.id"]
                for resource in receiver.resources
            }
            assert len(instances) == 1
            for worker in psutil.Process(proxy.child.pid).children():
                worker.kill()
            await ask(proxy.url, 5)
            await receiver.some_spans(65)
            metric = await receiver.metric(DURATION, lambda points: points[0].count == 65)
            assert len(points_of(metric)) == 1
            assert len({span.span_id for span in receiver.spans}) == len(receiver.spans) == 65
            starts = {
                point.start_time_unix_nano
                for request in receiver.metrics
                for metric in request.resource_metrics[0].scope_metrics[0].metrics
                for point in points_of(metric)
            }
            assert len(starts) == 1
            await ended_by(proxy, 10)


@pytest.mark.parametrize("workers", [1, WORKERS])
async def test_a_process_that_ends_sends_what_it_has_first(workers: int) -> None:
    fake = FakeOllama(faults=Faults(ttft_seconds=0.3))
    async with ScriptedServer(fake) as ollama, receiving() as receiver:
        more = {"PROXY_WORKERS": str(workers), "PROXY_OTLP_INTERVAL_SECONDS": "60"}
        async with proxy_process(ollama.url, **told(receiver, **more)) as proxy:
            await proxy.until_ready()
            asking = [asyncio.ensure_future(ask(proxy.url, 1)) for _ in range(5)]
            await ollama.nth_call(5)
            log = await ended_by(proxy, 10)
            await asyncio.gather(*asking)
        assert len(receiver.spans) == 5
        assert points_of(receiver.latest()[DURATION])[0].count == 5
        assert not [line for line in log if str(line["event"]).startswith("otlp")]


@pytest.mark.parametrize("workers", [1, WORKERS])
async def test_a_collector_that_hangs_does_not_hold_up_the_end(workers: int) -> None:
    async with ScriptedServer(FakeOllama()) as ollama, receiving() as receiver:
        receiver.instead = lambda _signal: Told(is_silent=True)
        variables = told(receiver, PROXY_WORKERS=str(workers))
        async with proxy_process(ollama.url, **variables) as proxy:
            await proxy.until_ready()
            await ask(proxy.url, 6)
            await receiver_asked(receiver, 2)
            log = await ended_by(proxy, 20)
        assert receiver.spans == []
        assert "worker_ended" not in {line["event"] for line in log}


async def receiver_asked(receiver: Receiver, count: int) -> None:
    async with asyncio.timeout(10):
        while len(receiver.calls) < count:
            await asyncio.sleep(0.02)


async def test_a_collector_that_is_down_is_told_of_once_and_when_it_is_back_once() -> None:
    async with ScriptedServer(FakeOllama()) as ollama:
        port = free_port()
        async with proxy_process(
            ollama.url,
            PROXY_OTLP_ENDPOINT=f"http://127.0.0.1:{port}",
            PROXY_OTLP_INTERVAL_SECONDS="0.1",
            PROXY_OTLP_SIGNALS="metrics",
        ) as proxy:
            await proxy.until_ready()
            await ask(proxy.url, 1)
            await asyncio.sleep(1.5)
            async with receiving(port) as receiver:
                await receiver.metric(DURATION, lambda points: points[0].count == 1)
            log = await ended_by(proxy, 10)
    said = [line for line in log if str(line["event"]).startswith("otlp")]
    assert [line["event"] for line in said][:2] == ["otlp_not_taken", "otlp_taken_again"]
    assert said[0]["reason"] == "Connection refused"
    assert said[0]["signal"] == "metrics"


async def test_a_key_in_a_file_is_sent_and_said_nowhere(tmp_path: Path) -> None:
    path = tmp_path / "headers"
    path.write_text("authorization=Bearer canary-5f3a9c\n")
    async with ScriptedServer(FakeOllama()) as ollama, receiving() as receiver:
        receiver.instead = lambda signal: Told("401 Unauthorized") if signal == "traces" else None
        variables = told(receiver, PROXY_OTLP_HEADERS_FILE=str(path), PROXY_LOG_LEVEL="debug")
        async with proxy_process(ollama.url, **variables) as proxy:
            await proxy.until_ready()
            await ask(proxy.url, 1)
            await receiver.metric(DURATION, lambda points: points[0].count == 1)
            await receiver_asked(receiver, 2)
            _, text = await proxy.get("/metrics")
            log = await ended_by(proxy, 10)
        assert {call.header("authorization") for call in receiver.calls} == {"Bearer canary-5f3a9c"}
        assert "canary" not in json.dumps(log) + text
        assert "otlp_not_taken" in {line["event"] for line in log}


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        (
            {"PROXY_OTLP_ENDPOINT": "collector:4318"},
            "PROXY_OTLP_ENDPOINT (--otlp-endpoint): expected http://host:port, "
            "found 'collector:4318'",
        ),
        (
            {"PROXY_OTLP_ENDPOINT": "http://c:4318", "PROXY_OTLP_SIGNALS": "logs"},
            "PROXY_OTLP_SIGNALS (--otlp-signals): expected metrics or traces, by commas, "
            "found 'logs'",
        ),
        (
            {"PROXY_OTLP_HEADERS": "canary"},
            "PROXY_OTLP_HEADERS (--otlp-headers): expected name=value, found another entry 1",
        ),
        (
            {"PROXY_OTLP_HEADERS_FILE": "/nowhere/headers"},
            "PROXY_OTLP_HEADERS_FILE (--otlp-headers-file): [Errno 2] No such file or directory: "
            "'/nowhere/headers'",
        ),
        (
            {"PROXY_OTLP_RESOURCE": "home"},
            "PROXY_OTLP_RESOURCE (--otlp-resource): expected name=value, found another entry 1",
        ),
    ],
)
async def test_a_start_that_makes_no_sense_is_refused_in_a_sentence(
    variables: dict[str, str], said: str
) -> None:
    async with proxy_process("http://127.0.0.1:1", **variables) as proxy:
        logged = await proxy.ended()
    assert proxy.child.returncode == 1
    assert logged.strip() == f"proxy: {said}"
