"""Every exchange recorded from a real Ollama: same bytes through the proxy, true metrics."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.clients import RawClient
from tests.fakes import captures
from tests.fakes.captures import Capture
from tests.fakes.readings import Reading
from tests.fakes.server import Call, ScriptedServer
from tests.messages import HOP_BY_HOP
from tests.servers import RunningProxy, running_proxy

pytestmark = pytest.mark.asyncio(loop_scope="module")

# Its answer is two answers, 100 and 200: test_conformance_recorded.py has it, move by move.
REPLAYED = [name for name in captures.names() if name != "expect-100"]
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


class Moved:
    """By how much the metrics moved while an exchange passed."""

    def __init__(self, before: Samples, after: Samples) -> None:
        self._moved = {key: value - before.get(key, 0.0) for key, value in after.items()}

    def total(self, name: str, **labels: str) -> float:
        """The sum over all series of a metric that carry these labels."""
        wanted = set(labels.items())
        return sum(
            moved
            for (sample, found), moved in self._moved.items()
            if sample == f"ollama_proxy_{name}" and wanted <= found
        )

    def by(self, name: str, label: str) -> dict[str, float]:
        """What moved, by a label's value."""
        found: Counter[str] = Counter()
        for (sample, labels), moved in self._moved.items():
            if sample == f"ollama_proxy_{name}" and moved:
                found[dict(labels)[label]] += moved  # type: ignore[assignment]
        return dict(found)


class Replayed:
    """A proxy in front of a server that replays whichever capture is put in."""

    def __init__(self, ollama: ScriptedServer, proxy: RunningProxy) -> None:
        self.ollama = ollama
        self.proxy = proxy
        self.before: Samples = {}

    async def exchange(
        self, capture: Capture, speed: float = 0
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """Send the recorded request through the proxy: status, headers, body of the answer."""
        self.ollama.script = captures.replay(capture, speed)
        async with await RawClient.connect(self.proxy.url) as client:
            kept = [
                f"{k}: {v}" for k, v in capture.headers.items() if k.lower() != "content-length"
            ]
            await client.request(capture.method, capture.path, capture.request_body, *kept)
            head = await client.head()
            if capture.method == "HEAD":
                return head.status, list(head.headers), b""
            if capture.ended == "client closed":
                body = b""
                while len(body) < len(capture.body):
                    body += await client.chunk()
                return head.status, list(head.headers), body
            return head.status, list(head.headers), await client.body(head)

    async def measured(self, capture: Capture, speed: float = 0) -> Moved:
        """Replay a capture; what it moved, once it has been counted."""
        before = self.before or await self.proxy.samples()
        await self.exchange(capture, speed)
        async with asyncio.timeout(3):
            while True:
                self.before = await self.proxy.samples()
                moved = Moved(before, self.before)
                if moved.total("requests_total"):
                    return moved


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
    replayed.before = {}
    recorded = [line.partition(": ") for line in capture.head.decode("latin-1").split("\r\n")[1:]]
    assert status == capture.status
    assert end_to_end(headers) == end_to_end([(key, value) for key, _, value in recorded])
    assert body == (b"" if capture.method == "HEAD" else capture.body)
    call = await replayed.ollama.nth_call(number)
    asked = (call.method, call.target, call.body)
    assert asked == (capture.method, capture.path, capture.request_body)


def end_to_end(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    own = {name.decode() for name in HOP_BY_HOP} | {"x-request-id"}
    return [(key, value) for key, value in headers if key.lower() not in own]


@pytest.mark.parametrize("name", REPLAYED)
async def test_the_metrics_are_what_the_recording_says(replayed: Replayed, name: str) -> None:
    capture = captures.load(name)
    reading = Reading(capture)
    moved = await replayed.measured(capture)
    check_ending(reading, moved)
    if reading.is_inferred or reading.usage:
        check_counts(reading, moved)
        check_durations(reading, moved)
    check_outputs(reading, moved)


def check_ending(reading: Reading, moved: Moved) -> None:
    """One request, of one status, that ended as it did."""
    capture = reading.capture
    has_left = capture.ended == "client closed"
    status = "499" if has_left else str(capture.status)
    assert moved.by("requests_total", "status") == {status: 1}
    error = "" if has_left else reading.error
    assert moved.by("errors_total", "error_type") == ({error: 1} if error else {})
    assert moved.total("client_aborts_total") == has_left
    is_timed = not (has_left or error or reading.is_operation)
    assert moved.total("request_duration_seconds_count") == is_timed
    assert moved.total("request_size_bytes_sum") == len(capture.request_body)
    sent = 0 if capture.method == "HEAD" else len(capture.body)
    assert moved.total("response_size_bytes_sum") == sent
    assert moved.total("extraction_errors_total") == 0
    if reading.is_inferred:
        (model,) = moved.by("requests_total", "model")
        assert model == named(capture)


def named(capture: Capture) -> str:
    """The model's label: its name with a tag, from the answer."""
    said = capture.body.partition(b'"model":"')[2].partition(b'"')[0].decode()
    return said if ":" in said else f"{said}:latest"


def check_counts(reading: Reading, moved: Moved) -> None:
    """Tokens and what became of them; counts that are left out are zero."""
    usage, counted = reading.usage, {}
    for total, count in (("prompt", "prompt_eval_count"), ("cached_prompt", "cached")):
        counted[total] = usage.get(count) or 0
        assert moved.total(f"{total}_tokens_total") == counted[total], total
    generated = usage.get("eval_count") or 0
    if usage or "/v1/" in reading.capture.path:
        assert moved.total("generated_tokens_total") >= generated
    if usage:
        assert moved.total("generated_tokens_total") == generated
    assert moved.by("done_total", "reason") == ({reading.reason: 1} if reading.reason else {})
    operation = {reading.reason: 1} if reading.is_operation else {}
    assert moved.by("model_operations_total", "operation") == operation
    is_cut = reading.capture.name == "generate-truncated-context"
    assert moved.total("suspected_truncations_total") == is_cut
    is_wasted = reading.capture.ended == "client closed"
    assert moved.total("wasted_tokens_total") == (len(reading.outputs) if is_wasted else 0)
    is_unasked = reading.is_streamed and reading.capture.path.startswith("/v1/")
    is_missing = not usage and not reading.error and is_unasked
    assert moved.by("usage_missing_total", "reason") == ({"not_asked": 1} if is_missing else {})


def check_durations(reading: Reading, moved: Moved) -> None:
    """The upstream's own clocks, and what is left of them: its queue."""
    usage = {} if reading.is_operation else reading.usage
    for metric, field in (
        ("model_load", "load_duration"),
        ("prefill", "prompt_eval_duration"),
        ("decode", "eval_duration"),
    ):
        assert moved.total(f"{metric}_duration_seconds_count") == (field in usage)
        seconds = usage.get(field, 0) / 1e9
        assert moved.total(f"{metric}_duration_seconds_sum") == pytest.approx(seconds, abs=1e-6)
    wait = reading.wait_seconds if usage else None
    assert moved.total("upstream_wait_seconds_count") == (wait is not None)
    assert moved.total("upstream_wait_seconds_sum") == pytest.approx(wait or 0, abs=1e-6)
    tokens = usage.get("eval_count") or 0
    has_rate = tokens > 1 and "eval_duration" in usage
    assert moved.total("tokens_per_second_count") == has_rate
    if has_rate:
        rate = (tokens - 1) / usage["eval_duration"] * 1e9
        assert moved.total("tokens_per_second_sum") == pytest.approx(rate, rel=1e-3)


def check_outputs(reading: Reading, moved: Moved) -> None:
    """What came first, and how much of it was thinking."""
    kinds = [kind for kind, _ in reading.outputs]
    assert moved.by("first_output_total", "kind") == ({kinds[0]: 1} if kinds else {})
    assert moved.total("time_to_first_token_seconds_count") == bool(kinds)
    has_answer = any(kind != "thinking" for kind in kinds)
    assert moved.total("time_to_first_answer_token_seconds_count") == has_answer
    assert moved.total("stream_max_gap_seconds_count") == (len(kinds) > 1)
    thinking = reading.thinking()
    assert moved.total("thinking_chunks_total") == thinking["chunks"]
    assert moved.total("thinking_characters_total") == thinking["characters"]


async def test_the_readings_tell_something() -> None:
    """They have found errors, broken streams, loads, thinking and waits in the recordings."""
    readings = [Reading(captures.load(name)) for name in REPLAYED]
    errors = Counter(reading.error for reading in readings)
    assert errors["incomplete_stream"] == 5  # four dialects' killed models, and one client's leave
    assert errors["mid_stream"] == 4
    assert errors["queue_full"] == 2
    assert sum(reading.is_operation for reading in readings) == 4
    assert sum(reading.thinking()["characters"] > 0 for reading in readings) == 6
    assert max(reading.wait_seconds or 0 for reading in readings) == pytest.approx(1.39697041)


PACED = ["chat-stream", "v1-chat-think-stream", "v1-messages-stream", "v1-responses-stream"]


@pytest.mark.parametrize("name", PACED)
async def test_the_first_output_is_timed_as_it_was_recorded(replayed: Replayed, name: str) -> None:
    capture = captures.load(name)
    kinds = {"chat-stream": b'"content":"', "v1-chat-think-stream": b'"reasoning":"'}
    mark = kinds.get(name, b"delta")
    first = next(at for at, piece in capture.chunks if mark in piece)
    moved = await replayed.measured(capture, speed=1)
    ttft = moved.total("time_to_first_token_seconds_sum")
    assert first - 0.01 <= ttft < first + 0.25


async def test_a_model_that_ollama_does_not_know_never_becomes_a_label(
    replayed: Replayed,
) -> None:
    await replayed.exchange(captures.load("error-model-missing-chat"))
    await replayed.exchange(captures.load("chat-stream"))
    replayed.before = {}
    labels = {dict(labels).get("model") for _, labels in await replayed.proxy.samples()}
    assert "none:1b" not in labels
    assert "smollm2:135m" in labels
