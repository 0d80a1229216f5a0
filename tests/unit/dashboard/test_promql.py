"""Prometheus is asked, and what goes wrong is a sentence with what helps."""

import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from prometheus_client import CollectorRegistry

from dashboard.books import Books
from dashboard.promql import MOST_BYTES, Prometheus, QueryError, SilenceError
from dashboard.views import Grid

GRID = Grid(100, 10, 4)
URL = "http://user:secret@prometheus:9090/"


def asked(
    answer: Callable[[httpx2.Request], httpx2.Response], url: str = URL
) -> tuple[Prometheus, CollectorRegistry]:
    registry = CollectorRegistry()
    http = httpx2.AsyncClient(transport=httpx2.MockTransport(answer))
    return Prometheus(http, url, 15, Books(registry)), registry


def says(status: int, body: Any) -> Callable[[httpx2.Request], httpx2.Response]:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda _: httpx2.Response(status, content=content)


def found(*result: Any, **more: Any) -> dict[str, Any]:
    return {"status": "success", "data": {"resultType": "matrix", "result": result}, **more}


async def test_a_range_is_asked_on_its_grid() -> None:
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        series = {"metric": {"model": "m"}, "values": [[100, "1"], [110, "NaN"]]}
        return httpx2.Response(200, json=found(series))

    prometheus, _ = asked(answer)
    (one,) = await prometheus.range("up + 1", GRID, 75)
    assert (one.metric, one.values) == ({"model": "m"}, [(100, "1"), (110, "NaN")])
    (request,) = seen
    assert (request.method, request.url.path) == ("POST", "/api/v1/query_range")
    told = dict(pair.split("=") for pair in request.content.decode().split("&"))
    assert told["query"] == "up+%2B+1"
    assert (told["start"], told["end"], told["step"]) == ("100", "130", "10")
    assert (told["lookback_delta"], told["timeout"]) == ("75s", "15")


async def test_an_instant_is_labels_and_a_number() -> None:
    prometheus, _ = asked(says(200, found({"metric": {"a": "b"}, "value": [1, "2.5"]})))
    assert await prometheus.instant("up") == [({"a": "b"}, 2.5)]


async def test_alerts_are_read() -> None:
    alert = {
        "labels": {"alertname": "OllamaDown"},
        "annotations": {},
        "state": "firing",
        "activeAt": "2026-01-01T00:00:00.5Z",
        "value": "1e+00",
    }
    prometheus, _ = asked(says(200, {"status": "success", "data": {"alerts": [alert]}}))
    (one,) = await prometheus.alerts() or ()
    assert (one.labels, one.state) == ({"alertname": "OllamaDown"}, "firing")


def fails(error: type[Exception]) -> Callable[[httpx2.Request], httpx2.Response]:
    def answer(_: httpx2.Request) -> httpx2.Response:
        raise error("no")

    return answer


@pytest.mark.parametrize(
    ("answer", "kind", "said", "remedy"),
    [
        (
            fails(httpx2.ConnectError),
            "unreachable",
            "Prometheus at http://prometheus:9090 is not there",
            "make start",
        ),
        (fails(httpx2.ReadTimeout), "timeout", "gave no answer within 15 s", "shorter range"),
        (says(503, b"Service Unavailable"), "unreachable", "is not ready", "wait a moment"),
        (says(200, b"<html>"), "unreadable", "found something else (status 200)", "_URL"),
        (says(200, b"[" * 100_000), "unreadable", "found something else", "_URL"),
        (says(200, b'{"status":"\xff"}'), "unreadable", "something else", "_URL"),
        (says(200, bytes(MOST_BYTES + 1)), "unreadable", "longer than 32 MiB", "fewer models"),
        (
            says(400, {"status": "error", "errorType": "bad_data", "error": "parse\n error: x"}),
            "refused",
            "Prometheus says: parse error: x",
            "",
        ),
        (
            says(503, {"status": "error", "errorType": "timeout", "error": "query timed out"}),
            "timeout",
            "Prometheus says: query timed out",
            "shorter range",
        ),
        (
            says(422, {"status": "error", "errorType": "execution", "error": "too many samples"}),
            "refused",
            "Prometheus says: too many samples",
            "shorter range",
        ),
    ],
)
async def test_what_goes_wrong_is_a_sentence(
    answer: Callable[[httpx2.Request], httpx2.Response], kind: str, said: str, remedy: str
) -> None:
    prometheus, registry = asked(answer)
    with pytest.raises(QueryError) as refused:
        await prometheus.range("up", GRID, 75)
    error = refused.value
    assert said in str(error)
    assert remedy in error.remedy
    assert "secret" not in str(error)
    assert registry.get_sample_value("dashboard_query_errors_total", {"kind": kind}) == 1
    assert await prometheus.instant("up") is None
    assert await prometheus.alerts() is None


async def test_no_answer_at_all_is_told_from_one_that_says_it_takes_too_long() -> None:
    silent, _ = asked(fails(httpx2.ReadTimeout))
    with pytest.raises(SilenceError):
        await silent.range("up", GRID, 75)
    slow, _ = asked(says(503, {"status": "error", "errorType": "timeout", "error": "slow"}))
    with pytest.raises(QueryError) as refused:
        await slow.range("up", GRID, 75)
    assert not isinstance(refused.value, SilenceError)


async def test_without_a_prometheus_nobody_is_asked() -> None:
    prometheus, _ = asked(fails(AssertionError), url="")
    with pytest.raises(QueryError, match="there is no Prometheus"):
        await prometheus.range("up", GRID, 75)


async def test_the_values_of_a_label_are_asked_for_since_a_time() -> None:
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, json={"status": "success", "data": ["a", "b"]})

    prometheus, registry = asked(answer)
    assert await prometheus.values("model", "x_total", 5.0) == ["a", "b"]
    (request,) = seen
    assert (request.method, request.url.path) == ("GET", "/api/v1/label/model/values")
    assert dict(request.url.params) == {"match[]": "x_total", "start": "5"}
    count = "dashboard_query_duration_seconds_count"
    assert registry.get_sample_value(count, {"kind": "values"}) == 1
    other, _ = asked(says(200, found()))
    assert await other.values("model", "x_total", 5.0) is None


async def test_whether_it_says_anything_is_known() -> None:
    there, _ = asked(says(200, found({"metric": {}, "value": [1, "1"]})))
    assert await there.is_heard()
    away, _ = asked(fails(httpx2.ConnectError))
    assert not await away.is_heard()


async def test_a_value_that_is_no_number_is_no_answer() -> None:
    prometheus, _ = asked(says(200, found({"metric": {}, "value": [1, "abc"]})))
    assert await prometheus.instant("up") is None
