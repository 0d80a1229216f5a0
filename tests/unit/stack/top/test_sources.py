import json
import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import pytest

from stack.top import past, proxy_page
from stack.top.asking import Answer, SilentError
from stack.top.sources import ExporterSource, PastSource, ProxySource, read_health, wall_clock
from tests.clock import Clock

PROXY = (
    b"ollama_proxy_build_info 1\nprocess_start_time_seconds 100\nollama_proxy_requests_total 3\n"
)
EXPORTER = (
    b'exporter_build_info 1\nollama_up 1\nollama_model_memory_bytes{model="a"} 5\n'
    b'ollama_model_expiry_timestamp_seconds{model="a"} 160\n'
)
BUCKET = b'ollama_proxy_time_to_first_token_seconds_bucket{le="%s"} 1\n'
TABLE = b'{"requests": [], "finished": []}'
HEALTH = json.dumps(
    {
        "version": "0.1.0",
        "uptime_seconds": 7.5,
        "checks": {"ollama": {"ok": False, "detail": "it gave no answer"}},
    }
).encode()


@dataclass
class Scripted:
    """An Asker that answers by path, and notes what it was asked."""

    answers: dict[str, bytes | Callable[[str], bytes]]
    date: float | None = 110.0
    status: int = 200
    name: str = "http://scripted"
    asked: list[str] = field(default_factory=list)

    def get(self, path: str, accepted: Collection[int] = (200,)) -> Answer:
        plain = path.partition("?")[0]
        self.asked.append(plain)
        if plain not in self.answers:
            raise SilentError("connection refused")
        answer = self.answers[plain]
        return Answer(self.status, answer(path) if callable(answer) else answer, self.date)

    def close(self) -> None:
        pass


def proxy(**pages: bytes) -> Scripted:
    found = {"/api/inflight": TABLE, "/metrics": PROXY, "/health": HEALTH}
    return Scripted({**found, **{f"/{name}": page for name, page in pages.items()}})


def test_a_proxy_tells_of_requests_counts_and_itself() -> None:
    told = ProxySource(proxy(), clock=Clock()).ask()
    assert (told.counts.requests, told.counts.age_seconds) == (3, 10.0)
    assert (told.table.requests, told.table_at, told.page_at) == ([], 1000.0, 1000.0)
    assert (told.health.release, told.health.ollama_up) == ("0.1.0", False)
    assert told.health.ollama_detail == "it gave no answer"


def test_a_proxy_is_asked_for_its_page_and_its_health_less_often() -> None:
    asker, clock = proxy(), Clock()
    source = ProxySource(asker, page_seconds=2, health_seconds=5, clock=clock)
    uptimes = []
    for _ in range(6):
        uptimes.append(source.ask().health.uptime_seconds)
        clock.now += 1
    assert [asker.asked.count(path) for path in ("/api/inflight", "/metrics", "/health")] == [
        6,
        3,
        2,
    ]
    assert uptimes == [7.5, 8.5, 9.5, 10.5, 11.5, 7.5]


def test_of_a_proxy_that_fell_silent_nothing_old_is_told() -> None:
    asker, clock = proxy(), Clock()
    source = ProxySource(asker, clock=clock)
    source.ask()
    page = asker.answers.pop("/metrics")
    clock.now += 3
    for _ in range(2):
        with pytest.raises(SilentError):
            source.ask()
    asker.answers["/metrics"] = page
    assert source.ask().page_at == 1003.0


@pytest.mark.parametrize(
    ("pages", "sentence"),
    [
        ({"metrics": b"up 1\n"}, "it is no proxy: its page has no ollama_proxy_build_info"),
        ({"metrics": b"ollama_proxy_requests_total x\n"}, "what it told cannot be read"),
        ({"api/inflight": b"<html>"}, "what it told cannot be read: expected a table"),
        ({"health": b"[]"}, "what it told cannot be read: expected an object"),
        ({"health": b"[" * 100_000}, "what it told cannot be read: it is nested too deep"),
        ({"metrics": PROXY + BUCKET % b"abc"}, "what it told cannot be read: could not convert"),
        ({"metrics": PROXY + BUCKET % b"nan"}, "what it told cannot be read: expected the edge"),
    ],
)
def test_what_is_no_proxy_is_silent(pages: dict[str, bytes], sentence: str) -> None:
    with pytest.raises(SilentError, match=sentence):
        ProxySource(proxy(**pages), clock=Clock()).ask()


@pytest.mark.parametrize("said", [{}, {"checks": 1}, {"checks": {"ollama": 1}, "version": 2}])
def test_health_that_says_nothing_says_nothing(said: dict[str, object]) -> None:
    found = read_health(json.dumps(said).encode())
    assert (found.release, found.uptime_seconds, found.ollama_up) == (None, None, None)


@pytest.mark.parametrize(
    "said", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 400, "true", '"5"']
)
def test_an_uptime_that_is_no_finite_number_is_not_told(said: str) -> None:
    assert read_health(f'{{"version": "1", "uptime_seconds": {said}}}'.encode()).release == "1"
    assert read_health(f'{{"uptime_seconds": {said}}}'.encode()).uptime_seconds is None


def test_an_expiry_that_is_no_instant_is_not_told() -> None:
    page = EXPORTER.replace(b"160", b"+Inf")
    assert ExporterSource(Scripted({"/metrics": page})).ask().models[0].expires_in_seconds is None


def test_an_exporter_s_clock_is_its_own() -> None:
    told = ExporterSource(Scripted({"/metrics": EXPORTER}, date=100.0)).ask()
    assert told.models[0].expires_in_seconds == 60
    undated = ExporterSource(Scripted({"/metrics": EXPORTER}, date=None), wall=lambda: 150.0).ask()
    assert undated.models[0].expires_in_seconds == 10
    assert wall_clock() > 1.7e9


def cpu(idle: int, user: int) -> bytes:
    modes = {"idle": idle, "user": user}
    lines = [f'host_cpu_seconds_total{{mode="{mode}"}} {n}\n' for mode, n in modes.items()]
    return EXPORTER + "".join(lines).encode()


def test_how_busy_cpus_are_lies_between_two_readings_and_stays_until_the_next() -> None:
    asker = Scripted({})
    source = ExporterSource(asker)
    seen = []
    for page in (cpu(90, 10), cpu(90, 10), cpu(95, 15), cpu(95, 15), cpu(98, 16), EXPORTER):
        asker.answers["/metrics"] = page
        seen.append(source.ask().host.cpu_ratio)
    assert seen == [None, None, 0.5, 0.5, 0.25, None]


def test_what_is_no_exporter_is_silent() -> None:
    with pytest.raises(SilentError, match="it is no exporter"):
        ExporterSource(Scripted({"/metrics": PROXY})).ask()


def prometheus(path: str) -> bytes:
    """It has read two proxies since an instant, of which each made ten tokens a second."""
    (expression,) = parse_qs(urlsplit(path).query)["query"]
    kind, result = "matrix", list[object]()
    if expression == past.NOW:
        return json.dumps({"data": {"resultType": "scalar", "result": [5000, "5000"]}}).encode()
    if expression == past.READ_AT:
        kind = "vector"
        result = [{"metric": {"instance": name}, "value": [5000, "1"]} for name in "ab"]
    elif expression == past.CPU:
        kind, result = "vector", [{"metric": {"instance": "m"}, "value": [5000, "0.25"]}]
    elif expression.startswith(proxy_page.MARK):
        values = [[at, "1"] for at in range(4989, 5000, 5)]
        result = [{"metric": {"instance": name}, "values": values} for name in "ab"]
    elif "generated_tokens" in expression:
        values = [[at, str((at - 4000) * 10)] for at in range(4990, 5001, 5)]
        result = [{"metric": {"instance": name}, "values": values} for name in "ab"]
    return json.dumps({"data": {"resultType": kind, "result": result}}).encode()


def test_prometheus_tells_of_the_minutes_before_by_our_clock_once() -> None:
    asker, clock = Scripted({"/api/v1/query": prometheus}), Clock(80.0)
    source = PastSource(asker, clock)
    told = source.ask()
    assert (told.proxies, told.cpu_ratio) == (2, {"m": 0.25})
    assert told.grown is not None
    assert [(who, begin, end) for who, begin, end, _ in told.grown] == [
        ("a", 69.0, 74.0),
        ("a", 74.0, 79.0),
        ("b", 69.0, 74.0),
        ("b", 74.0, 79.0),
    ]
    assert {grown.tokens_per_second for *_, grown in told.grown} == {10.0}
    assert source.ask().grown is None


def test_prometheus_tells_again_after_it_was_away() -> None:
    asker = Scripted({"/api/v1/query": prometheus})
    source = PastSource(asker, Clock())
    source.ask()
    answer = asker.answers.pop("/api/v1/query")
    with pytest.raises(SilentError):
        source.ask()
    asker.answers["/api/v1/query"] = answer
    assert source.ask().grown is not None


@pytest.mark.parametrize(
    ("asked", "kind", "result", "sentence"),
    [
        (past.NOW, "vector", [], "expected the time of Prometheus's clock"),
        (past.NOW, "matrix", [{"metric": {}, "values": []}], "expected the time"),
        (past.NOW, "scalar", [math.nan, "NaN"], "expected the time"),
        (past.CPU, "vector", [{"metric": [], "value": [1, "1"]}], "expected an answer"),
        (past.READ_AT, "scalar", {}, "expected an answer"),
        ("_bucket", "matrix", [{"metric": {"instance": "a"}, "values": [[4995, "1"]]}], "to float"),
    ],
)
def test_a_prometheus_that_tells_what_makes_no_sense_is_silent(
    asked: str, kind: str, result: object, sentence: str
) -> None:
    def odd(path: str) -> bytes:
        (expression,) = parse_qs(urlsplit(path).query)["query"]
        if asked not in expression:
            return prometheus(path)
        return json.dumps({"data": {"resultType": kind, "result": result}}).encode()

    with pytest.raises(SilentError, match=f"what it told cannot be read: .*{sentence}"):
        PastSource(Scripted({"/api/v1/query": odd}), Clock()).ask()


@pytest.mark.parametrize("values", [[], [[5000, "NaN"]]])
def test_how_busy_a_machine_is_may_be_no_number(values: list[object]) -> None:
    def idle(path: str) -> bytes:
        (expression,) = parse_qs(urlsplit(path).query)["query"]
        if expression != past.CPU:
            return prometheus(path)
        result = [{"metric": {"instance": "m"}, "values": values}]
        return json.dumps({"data": {"resultType": "matrix", "result": result}}).encode()

    assert PastSource(Scripted({"/api/v1/query": idle}), Clock()).ask().cpu_ratio == {}


def test_what_is_not_as_it_should_be_at_all_is_told_as_that() -> None:
    def defect(_: str) -> bytes:
        return b'{"data": {"resultType": "vector", "result": [[]]}}'

    with pytest.raises(SilentError, match="what it told cannot be read"):
        PastSource(Scripted({"/api/v1/query": defect}), Clock()).ask()


def test_what_is_no_prometheus_is_silent() -> None:
    with pytest.raises(SilentError, match="expected an answer of Prometheus's"):
        PastSource(Scripted({"/api/v1/query": b"<html>"}), Clock()).ask()
