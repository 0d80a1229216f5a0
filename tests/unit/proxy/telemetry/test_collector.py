"""The rim: what a collector is sent, what is counted of it, and who is told."""

import pytest
import structlog
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from ollama_observe import __version__
from ollama_observe.metrics.catalogue import telemetry as m
from proxy.telemetry.collector import Collector
from proxy.telemetry.verdicts import Result
from tests.fakes.server import Call, ScriptedServer
from tests.ledgers import ReadLedger
from tests.otlp import Receiver, Told, receiving
from tests.ports import free_port

EMPTY = ExportTraceServiceRequest().SerializeToString()


def collector(url: str, read: ReadLedger, seconds: float = 5.0, **headers: str) -> Collector:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Collector("traces", url, named, seconds, read.ledger)


def counted(read: ReadLedger, result: str) -> float | None:
    return read.value(m.SENDS, signal="traces", result=result)


async def test_a_request_goes_where_otlp_says_with_the_operator_s_fields() -> None:
    read = ReadLedger()
    async with receiving() as receiver:
        sending = collector(receiver.url + "/api/v1/otlp", read, authorization="Bearer x")
        assert (await sending.send(EMPTY)).result is Result.OK
        assert (await sending.send(EMPTY)).result is Result.OK
        sending.close()
        call = receiver.calls[0]
        assert call.target == "/api/v1/otlp/v1/traces"
        assert call.header("host") == receiver.url.removeprefix("http://")
        assert call.header("authorization") == "Bearer x"
        assert call.header("user-agent") == f"ollama-observe-proxy/{__version__}"
        assert len(receiver.calls) == 2
    assert counted(read, "ok") == 2


async def test_an_operator_s_user_agent_is_the_only_one() -> None:
    async with receiving() as receiver:
        await collector(receiver.url, ReadLedger(), user_agent="mine").send(EMPTY)
        agents = [
            value for name, value in receiver.calls[0].headers if name.lower() == b"user-agent"
        ]
        assert agents == [b"mine"]


@pytest.mark.parametrize(
    ("told", "result"),
    [
        (Told("400 Bad Request"), Result.REFUSED),
        (Told("429 Too Many Requests", ((b"Retry-After", b"7"),)), Result.BUSY),
        (Told(is_silent=True), Result.TIMEOUT),
    ],
)
async def test_an_answer_that_is_none_is_counted_as_what_it_is(told: Told, result: Result) -> None:
    read = ReadLedger()
    async with receiving() as receiver:
        receiver.instead = lambda _signal: told
        verdict = await collector(receiver.url, read, seconds=0.2).send(EMPTY)
    assert verdict.result is result
    assert verdict.wait_seconds == (7 if result is Result.BUSY else 0)
    assert counted(read, result.value) == 1


async def test_nobody_there_and_one_that_breaks_off_are_unreachable() -> None:
    async def script(call: Call) -> None:
        await call.is_read.wait()
        call.reset()

    read = ReadLedger()
    nobody = collector(f"http://127.0.0.1:{free_port()}", read)
    assert (await nobody.send(EMPTY)).said == "Connection refused"
    async with ScriptedServer(script) as server:
        assert (await collector(server.url, read).send(EMPTY)).result is Result.UNREACHABLE
    assert counted(read, "unreachable") == 2


async def test_each_kind_of_what_is_wrong_is_told_once_and_that_it_is_over_once() -> None:
    async with receiving() as receiver:
        sending = collector(receiver.url, ReadLedger(), authorization="Bearer secret")
        with structlog.testing.capture_logs() as logged:
            refused = Told("401 Unauthorized", body=b"secret")
            for told in (None, refused, refused, Told(), refused, None, None):
                receiver.instead = lambda _signal, told=told: told  # type: ignore[misc]
                await sending.send(EMPTY)
            receiver.instead = Receiver().instead
            receiver.rejects = 2
            await sending.send(EMPTY)
    said = [(line["event"], line.get("reason")) for line in logged]
    assert said == [
        ("otlp_not_taken", "it answered 401"),
        ("otlp_not_taken", "it answered 503"),
        ("otlp_taken_again", None),
        ("otlp_not_taken", "it rejected 2: too many"),
    ]
    assert "secret" not in str(logged)
    assert {line["endpoint"] for line in logged} == {receiver.url}


async def test_what_comes_and_goes_is_told_once_a_minute() -> None:
    now = [0.0]
    async with receiving() as receiver:
        sending = Collector("traces", receiver.url, {}, 5.0, ReadLedger().ledger, lambda: now[0])
        with structlog.testing.capture_logs() as logged:
            for _ in range(3):  # each of which is busy, then takes it
                for told in (Told(), None, Told(), None):
                    receiver.instead = lambda _signal, told=told: told  # type: ignore[misc]
                    await sending.send(EMPTY)
                    now[0] += 1.0
                now[0] += 58.0
            receiver.instead = lambda _signal: Told()
            for _ in range(3):
                await sending.send(EMPTY)
                now[0] += 61.0
    assert [line["event"] for line in logged] == [
        *(["otlp_not_taken", "otlp_taken_again"] * 3),
        "otlp_not_taken",
    ]


async def test_items_are_counted_by_what_became_of_them() -> None:
    read = ReadLedger()
    sending = collector("http://127.0.0.1:1", read)
    sending.took(5)
    sending.lacks(2, "refused")
    sending.lacks(0, "shutdown")
    assert read.value(m.SENT, signal="traces") == 5
    assert read.value(m.DROPPED, signal="traces", reason="refused") == 2
    assert read.value(m.DROPPED, signal="traces", reason="shutdown") is None
