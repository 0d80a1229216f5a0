"""Metrics by OTLP into a real Prometheus 3: what it takes, under which names, with whose traces."""

import asyncio
import contextlib
import functools
import subprocess
import urllib.request
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from tests.clients import RawClient
from tests.components import need
from tests.containers import PROMETHEUS_THREE, command_in
from tests.fakes.ollama import FakeOllama
from tests.fakes.server import ScriptedServer
from tests.otlp import results_of
from tests.ports import free_port
from tests.prometheus_api import PrometheusApi
from tests.servers import RunningProxy, running_proxy

MODEL = "smollm2:135m"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CHAT = {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}]}
WITHIN_SECONDS = 60.0
FLAG = "--web.enable-otlp-receiver"
DURATION = "gen_ai_server_request_duration_seconds"


@functools.cache
def takes_otlp(*command: str) -> bool:
    """Whether this is a Prometheus that was built with the receiver: distributions leave it out."""
    try:
        done = subprocess.run(
            [*command, "--help"],
            capture_output=True,
            text=True,
            timeout=WITHIN_SECONDS,
            check=False,
        )
    except OSError:
        return False
    return FLAG.lstrip("-") in done.stdout + done.stderr


def command_of(folder: Path) -> list[str]:
    """One of this machine, or of an image. Skips the test where there is none."""
    contained = command_in(PROMETHEUS_THREE, "prometheus", folder)
    for command in (["prometheus"], contained):
        if takes_otlp(*command):
            return command
    remedy = f"a Prometheus 3 that knows {FLAG}, on PATH or as the image {PROMETHEUS_THREE}"
    need("prometheus-otlp", False, remedy)
    raise AssertionError("unreachable")


@contextlib.asynccontextmanager
async def prometheus(folder: Path) -> AsyncIterator[str]:
    """One that takes OTLP and scrapes nobody; its address."""
    command = await asyncio.to_thread(command_of, folder)
    config = folder / "prometheus.yml"
    config.write_text("otlp:\n  promote_resource_attributes: [service.version]\n")
    name, port = f"otlp-{uuid.uuid4().hex[:12]}", free_port()
    if command[0] == "docker":
        command[2:2] = ["--name", name]
    child = await asyncio.create_subprocess_exec(
        *command,
        f"--config.file={config}",
        f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{port}",
        FLAG,
        "--enable-feature=exemplar-storage",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        async with asyncio.timeout(WITHIN_SECONDS):
            while not await asyncio.to_thread(_is_ready, url):
                await asyncio.sleep(0.1)
        yield url
    finally:
        if command[0] == "docker":
            removed = ["docker", "rm", "--force", name]
            await asyncio.to_thread(subprocess.run, removed, capture_output=True, check=False)
        elif child.returncode is None:
            child.terminate()
        await child.wait()


def _is_ready(url: str) -> bool:
    with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/-/ready", timeout=5):
        return True
    return False


async def ask(proxy: RunningProxy, count: int) -> None:
    async with await RawClient.connect(proxy.url) as client:
        for _ in range(count):
            await client.request(
                "POST", "/api/chat", CHAT, f"traceparent: 00-{TRACE}-00f067aa0ba902b7-01"
            )
            await client.body(await client.head())


async def until_sum(api: PrometheusApi, expression: str, wanted: float) -> None:
    """Wait until an instant query has this value."""
    async with asyncio.timeout(WITHIN_SECONDS):
        while await asyncio.to_thread(api.query, expression) != wanted:
            await asyncio.sleep(0.2)


async def test_prometheus_takes_them_with_their_buckets_and_their_traces(tmp_path: Path) -> None:
    async with ScriptedServer(FakeOllama()) as ollama, prometheus(tmp_path) as url:
        told: dict[str, Any] = {
            "otlp_endpoint": f"{url}/api/v1/otlp",
            "otlp_interval_seconds": 0.5,
            "otlp_signals": "metrics",
        }
        api = PrometheusApi(url)
        async with running_proxy(ollama.url, **told) as proxy:
            await ask(proxy, 7)
            await until_sum(api, f"sum({DURATION}_count)", 7)
            names = await asyncio.to_thread(api.ask, "label/__name__/values")
            assert {name.removesuffix("_total") for name in names} >= {
                f"{DURATION}_bucket",
                "gen_ai_server_time_to_first_token_seconds_count",
                "gen_ai_server_time_per_output_token_seconds_sum",
                "gen_ai_client_token_usage_bucket",
            }
            assert not [name for name in names if name.startswith("ollama_")]
            (series,) = (await asyncio.to_thread(api.ask, f"query?query={DURATION}_count"))[
                "result"
            ]
            labels = series["metric"]
            assert labels["gen_ai_operation_name"] == "chat"
            assert labels["gen_ai_request_model"] == labels["gen_ai_response_model"] == MODEL
            assert labels["gen_ai_provider_name"] == "ollama"
            assert labels["server_port"] == str(ollama.port)
            assert labels["job"] == "ollama-observe-proxy"
            assert labels["instance"].endswith(":0")
            tokens = await asyncio.to_thread(
                api.sums, "gen_ai_token_type", "gen_ai_client_token_usage_sum"
            )
            assert tokens == {"input": 7 * 15, "output": 7 * 12}
            bounds = await asyncio.to_thread(api.sums, "le", f"{DURATION}_bucket")
            for le, count in bounds.items():
                scraped = await proxy.value(
                    "ollama_proxy_request_duration_seconds_bucket", le=_as_scraped(le)
                )
                assert count == scraped
            traces = await asyncio.to_thread(
                api.ask, f"query_exemplars?query={DURATION}_bucket&start=0&end=99999999999"
            )
            found = {e["labels"]["trace_id"] for one in traces for e in one["exemplars"]}
            assert found == {TRACE}
            assert await results_of(proxy) == {("metrics", "ok")}
            assert await proxy.value("ollama_proxy_otlp_dropped_total") == 0


def _as_scraped(le: str) -> str:
    return le if le == "+Inf" else f"{float(le):.1f}" if float(le) == int(float(le)) else le


async def test_all_the_rest_is_taken_too_where_somebody_asks_for_it(tmp_path: Path) -> None:
    async with ScriptedServer(FakeOllama()) as ollama, prometheus(tmp_path) as url:
        told: dict[str, Any] = {
            "otlp_endpoint": f"{url}/api/v1/otlp",
            "otlp_interval_seconds": 0.5,
            "otlp_signals": "metrics",
            "otlp_other_metrics": True,
        }
        api = PrometheusApi(url)
        async with running_proxy(ollama.url, **told) as proxy:
            await ask(proxy, 3)
            await until_sum(api, "sum(ollama_proxy_requests_total)", 3)
            await until_sum(api, f"sum({DURATION}_count)", 3)
            names = await asyncio.to_thread(api.ask, "label/__name__/values")
            assert "ollama_proxy_active_requests" in names
            assert "ollama_proxy_overhead_seconds_bucket" in names
            assert not [name for name in names if name.startswith("ollama_proxy_request_duration")]
            assert await proxy.value("ollama_proxy_otlp_dropped_total") == 0
