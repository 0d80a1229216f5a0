"""A trace through a real Portkey gateway: the span's id arrives at the Ollama, by either leg."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.clients import RawClient
from tests.fakes.ollama import FakeOllama
from tests.fakes.server import ScriptedServer
from tests.gateways import RunningGateway, running_gateway
from tests.otlp import attributes_of, events_of, receiving
from tests.servers import running_proxy

pytestmark = pytest.mark.asyncio(loop_scope="module")

MODEL = "smollm2:135m"
MESSAGES = [{"role": "user", "content": "Why is the sky blue?"}]
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
GIVEN = (f"traceparent: 00-{TRACE}-{PARENT}-01", "tracestate: vendor=1")
BODIES: dict[str, dict[str, Any]] = {
    "/api/chat": {"messages": MESSAGES},
    "/v1/chat/completions": {"messages": MESSAGES},
    "/v1/messages": {"messages": MESSAGES, "max_tokens": 64},
    "/v1/embeddings": {"input": "a"},
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway() -> AsyncIterator[RunningGateway]:
    async with running_gateway() as gateway:
        yield gateway


async def asked(
    gateway: RunningGateway, path: str, headers: tuple[str, ...], **settings: object
) -> tuple[dict[str, str], Span | None]:
    """What trace fields come to the Ollama, and the span; None where telemetry is off."""
    told: dict[str, Any] = {"enable_portkey": True, "portkey_port": gateway.port, **settings}
    async with ScriptedServer(FakeOllama()) as ollama, receiving() as receiver:
        if told.pop("is_on", True):
            told["otlp_endpoint"] = receiver.url
        async with running_proxy(ollama.url, **told) as proxy:
            async with await RawClient.connect(proxy.url) as client:
                json_body = json.dumps({"model": MODEL, **BODIES[path]}).encode()
                await client.request(
                    "POST", path, json_body, "Content-Type: application/json", *headers
                )
                head = await client.head()
                body = await client.body(head)
                assert head.status == 200, body
            span = await receiver.span() if "otlp_endpoint" in told else None
        call = next(call for call in ollama.calls if call.method == "POST")
        names = ("traceparent", "tracestate")
        return {name: value for name in names if (value := call.header(name))}, span


@pytest.mark.parametrize("has_leg", [True, False])
@pytest.mark.parametrize("headers", [GIVEN, ()])
@pytest.mark.parametrize(
    ("path", "is_typed"),
    [*((path, False) for path in BODIES), *((path, True) for path in BODIES if "/v1/" in path)],
)
async def test_the_ollama_behind_it_is_told_of_our_span(
    gateway: RunningGateway,
    path: str,
    is_typed: bool,
    headers: tuple[str, ...],
    has_leg: bool,
) -> None:
    fields, span = await asked(
        gateway, path, headers, return_leg=has_leg, portkey_typed_routes=is_typed
    )
    assert span is not None
    trace, flags = span.trace_id.hex(), "01" if headers else "03"
    assert fields["traceparent"] == f"00-{trace}-{span.span_id.hex()}-{flags}"
    assert fields.get("tracestate") == ("vendor=1" if headers else None)
    assert span.parent_span_id.hex() == (PARENT if headers else "")
    assert (trace == TRACE) == bool(headers)
    assert attributes_of(span.attributes)["ollama.proxy.routing"] == "portkey"
    whole = (span.end_time_unix_nano - span.start_time_unix_nano) / 1e9
    assert all(0 <= at <= whole for at, _ in events_of(span).values())


@pytest.mark.parametrize("has_leg", [True, False])
async def test_with_it_off_a_trace_passes_as_it_came(
    gateway: RunningGateway, has_leg: bool
) -> None:
    given = {"traceparent": f"00-{TRACE}-{PARENT}-01", "tracestate": "vendor=1"}
    told = {"is_on": False, "return_leg": has_leg}
    assert (await asked(gateway, "/api/chat", GIVEN, **told))[0] == given
    assert (await asked(gateway, "/api/chat", (), **told))[0] == {}
