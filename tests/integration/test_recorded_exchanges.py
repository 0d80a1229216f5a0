"""Every exchange recorded from a real Ollama: same bytes through the proxy, true metrics."""

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from ollama_observe.wire.endpoints import endpoint_of
from tests.clients import RawClient
from tests.fakes import captures
from tests.fakes.captures import Capture
from tests.fakes.server import Call, ScriptedServer
from tests.servers import RunningProxy, running_proxy

pytestmark = pytest.mark.asyncio(loop_scope="module")

# What each of the two servers on the way adds or drops by right (RFC 9110, 7.6.1).
CONNECTION_HEADERS = {"connection", "transfer-encoding", "keep-alive"}

# Its answer is two answers, 100 and 200: test_relay.py has a live 100-continue instead.
REPLAYED = [name for name in captures.names() if name != "expect-100"]


class Replayed:
    """A proxy in front of a server that replays whichever capture is put in."""

    def __init__(self, ollama: ScriptedServer, proxy: RunningProxy) -> None:
        self.ollama = ollama
        self.proxy = proxy

    async def exchange(self, capture: Capture) -> tuple[int, list[tuple[str, str]], bytes]:
        """Send the recorded request through the proxy: status, headers, body of the answer."""
        self.ollama.script = captures.replay(capture, speed=0)
        async with await RawClient.connect(self.proxy.url) as client:
            kept = [
                f"{k}: {v}" for k, v in capture.headers.items() if k.lower() != "content-length"
            ]
            await client.request(capture.method, capture.path, capture.request_body, *kept)
            head = await client.head()
            headers = [(k.lower(), v) for k, v in head.headers]
            if capture.method == "HEAD":
                return head.status, headers, b""
            if capture.ended == "client closed":
                body = b""
                while len(body) < len(capture.body):
                    body += await client.chunk()
                return head.status, headers, body
            return head.status, headers, await client.body(head)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def replayed() -> AsyncIterator[Replayed]:
    async def nothing(call: Call) -> None:
        call.close()

    async with ScriptedServer(nothing) as ollama, running_proxy(ollama.url) as proxy:
        yield Replayed(ollama, proxy)


@pytest.mark.parametrize("name", REPLAYED)
async def test_a_recorded_exchange_is_the_same_through_the_proxy(
    replayed: Replayed, name: str
) -> None:
    capture = captures.load(name)
    number = len(replayed.ollama.calls) + 1
    status, headers, body = await replayed.exchange(capture)
    recorded = [
        (key.lower(), value)
        for key, _, value in (
            line.partition(": ") for line in capture.head.decode("latin-1").split("\r\n")[1:]
        )
    ]
    assert status == capture.status
    assert end_to_end(headers) == end_to_end(recorded)
    assert body == (b"" if capture.method == "HEAD" else capture.body)
    call = await replayed.ollama.nth_call(number)
    assert (call.method, call.target, call.body) == (
        capture.method,
        capture.path,
        capture.request_body,
    )


def end_to_end(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(key, value) for key, value in headers if key not in CONNECTION_HEADERS]


METERED = [
    name
    for name in REPLAYED
    if endpoint_of(captures.load(name).path).is_metered
    and captures.load(name).status == 200
    and captures.load(name).ended != "client closed"
]


def recorded_final(capture: Capture) -> dict[str, object]:
    """The record that carries the counts, found by other means than the meter's."""
    lines = capture.body.decode().replace("data: ", "").splitlines()
    records = [json.loads(line) for line in lines if line.startswith("{")]
    if capture.path == "/v1/chat/completions":
        usages = [record["usage"] for record in records if record.get("usage")]
        last = usages[-1] if usages else {}
        return {
            "prompt_eval_count": last.get("prompt_tokens"),
            "eval_count": last.get("completion_tokens"),
        }
    done = [record for record in records if record.get("done")]
    return dict(done[-1]) if done else {}


async def one_exchange(replayed: Replayed, capture: Capture, *names: str) -> list[float]:
    """By how much each metric moved while the capture passed."""
    before = [await replayed.proxy.value(name) for name in names]
    await replayed.exchange(capture)
    after = [await replayed.proxy.value(name) for name in names]
    return [late - early for early, late in zip(before, after, strict=True)]


@pytest.mark.parametrize("name", METERED)
async def test_the_metrics_are_what_the_recording_says(replayed: Replayed, name: str) -> None:
    capture = captures.load(name)
    final = recorded_final(capture)
    prompt, generated, done, requests = await one_exchange(
        replayed,
        capture,
        "ollama_proxy_prompt_tokens_total",
        "ollama_proxy_generated_tokens_total",
        "ollama_proxy_done_total",
        "ollama_proxy_requests_total",
    )
    assert requests == 1
    assert prompt == (final.get("prompt_eval_count") or 0)
    if final.get("eval_count"):
        assert generated == final["eval_count"]
    if capture.path.startswith("/api/"):
        assert done == bool(final)


BROKEN = [name for name in METERED if name.startswith("broken-")]


@pytest.mark.parametrize("name", BROKEN)
async def test_a_killed_model_is_counted_as_an_error_inside_the_200(
    replayed: Replayed, name: str
) -> None:
    errors = "ollama_proxy_errors_total"
    durations = "ollama_proxy_request_duration_seconds_count"
    assert await one_exchange(replayed, captures.load(name), errors, durations) == [1, 0]


async def test_broken_recordings_were_found() -> None:
    assert len(BROKEN) >= 3


@pytest.mark.parametrize("name", ["generate-load", "chat-load-warm", "unload", "chat-unload"])
async def test_loads_and_unloads_stay_out_of_latency(replayed: Replayed, name: str) -> None:
    moved = await one_exchange(
        replayed,
        captures.load(name),
        "ollama_proxy_model_operations_total",
        "ollama_proxy_request_duration_seconds_count",
        "ollama_proxy_model_load_duration_seconds_count",
    )
    assert moved == [1, 0, 0]


async def test_a_busy_ollama_is_counted_as_a_full_queue(replayed: Replayed) -> None:
    before = await replayed.proxy.value("ollama_proxy_errors_total", error_type="queue_full")
    await replayed.exchange(captures.load("error-busy-chat"))
    after = await replayed.proxy.value("ollama_proxy_errors_total", error_type="queue_full")
    assert after - before == 1


async def test_a_model_that_ollama_does_not_know_never_becomes_a_label(
    replayed: Replayed,
) -> None:
    await replayed.exchange(captures.load("error-model-missing-chat"))
    labels = {dict(labels).get("model") for _, labels in await replayed.proxy.samples()}
    assert "none:1b" not in labels
    assert "smollm2:135m" in labels
