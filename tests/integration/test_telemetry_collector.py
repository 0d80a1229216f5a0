"""OpenTelemetry's own Collector takes what a proxy sends, and says what it took."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from tests.clients import RawClient
from tests.components import need
from tests.fakes.ollama import FakeOllama
from tests.fakes.server import ScriptedServer
from tests.otlp import results_of
from tests.ports import free_port
from tests.servers import running_proxy

PROGRAMS = ("otelcol", "otelcol-contrib", "otelcol-otlp")
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
CHAT = {"model": "smollm2:135m", "messages": [{"role": "user", "content": "canary-5f3a9c"}]}
WITHIN_SECONDS = 30.0
CONFIG = """
receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:%d"}}}}
exporters: {debug: {verbosity: detailed}}
service:
  telemetry: {metrics: {level: none}}
  pipelines:
    traces: {receivers: [otlp], exporters: [debug]}
    metrics: {receivers: [otlp], exporters: [debug]}
"""


@contextlib.asynccontextmanager
async def collector(folder: Path, port: int) -> AsyncIterator[Path]:
    """One that listens on `port`; the file into which it says what it takes."""
    found = [path for name in PROGRAMS if (path := shutil.which(name))]
    need("otelcol", bool(found), f"one of {', '.join(PROGRAMS)} on PATH")
    config, log = folder / "collector.yaml", folder / "collector.log"
    config.write_text(CONFIG % port)
    with log.open("wb") as said:
        child = await asyncio.create_subprocess_exec(
            found[0], f"--config=file:{config}", stdout=said, stderr=said
        )
        try:
            await until(log, "Everything is ready")
            yield log
        finally:
            if child.returncode is None:
                child.terminate()
            await child.wait()


async def until(log: Path, *words: str) -> str:
    """What it said, once all of this is in it."""
    text = ""
    async with asyncio.timeout(WITHIN_SECONDS):
        while any(word not in text for word in words):
            await asyncio.sleep(0.1)
            text = await asyncio.to_thread(log.read_text)
    return text


async def test_it_takes_spans_and_metrics_and_rejects_nothing(tmp_path: Path) -> None:
    port = free_port()
    async with collector(tmp_path, port) as log, ScriptedServer(FakeOllama()) as ollama:
        told: dict[str, Any] = {
            "otlp_endpoint": f"http://127.0.0.1:{port}",
            "otlp_interval_seconds": 0.2,
            "otlp_other_metrics": True,
            "otlp_resource": "deployment.environment.name=home",
        }
        async with running_proxy(ollama.url, **told) as proxy:
            async with await RawClient.connect(proxy.url) as client:
                for path in ("/api/chat", "/v1/chat/completions"):
                    given = f"traceparent: 00-{TRACE}-{PARENT}-01"
                    await client.request("POST", path, CHAT, given, "tracestate: vendor=1")
                    await client.body(await client.head())
            text = await until(
                log,
                "chat smollm2:135m",
                "gen_ai.server.time_to_first_token",
                "ollama_proxy_requests_total",
                "http.route: Str(/v1/chat/completions)",
            )
            assert await results_of(proxy) == {("metrics", "ok"), ("traces", "ok")}
            assert await proxy.value("ollama_proxy_otlp_dropped_total") == 0
    for said in (
        f"Trace ID       : {TRACE}",
        f"Parent ID      : {PARENT}",
        "Kind           : Server",
        "TraceState     : vendor=1",
        "gen_ai.usage.output_tokens: Int(12)",
        "gen_ai.response.finish_reasons: Slice",
        "Name: ollama.prefill",
        "deployment.environment.name: Str(home)",
        "service.name: Str(ollama-observe-proxy)",
        "AggregationTemporality: Cumulative",
        "https://opentelemetry.io/schemas/1.41.0",
    ):
        assert said in text, said
    assert "canary" not in text
