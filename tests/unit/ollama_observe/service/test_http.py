"""The control endpoints: live, ready, health, metrics."""

import asyncio

from fastapi.testclient import TestClient
from prometheus_client import CollectorRegistry, Counter

from ollama_observe.service.http import (
    Check,
    Control,
    Readiness,
    create_control_app,
    remembered,
)
from tests.clock import Clock


def control(ok: bool = True) -> tuple[Control, TestClient]:
    async def check() -> Check:
        return Check(ok, "as told")

    registry = CollectorRegistry()
    Counter("sample", "A sample.", registry=registry).inc()
    about = Control("sample", Readiness(), registry, {"peer": check})
    return about, TestClient(create_control_app(about))


def test_live_is_always_yes() -> None:
    _, client = control()
    assert client.get("/live").json() == {"status": "live"}


def test_ready_follows_the_readiness_and_says_why_not() -> None:
    about, client = control()
    assert (client.get("/ready").status_code, client.get("/ready").json()) == (
        503,
        {"status": "starting"},
    )
    about.readiness.open()
    assert client.get("/ready").status_code == 200
    about.readiness.close("draining")
    assert client.get("/ready").json() == {"status": "draining"}


def test_health_asks_every_check() -> None:
    about, client = control(ok=True)
    about.readiness.open()
    body = client.get("/health").json()
    assert client.get("/health").status_code == 200
    assert body["checks"] == {"peer": {"ok": True, "detail": "as told"}}
    assert body["uptime_seconds"] >= 0


def test_health_is_503_when_a_check_fails() -> None:
    about, client = control(ok=False)
    about.readiness.open()
    answer = client.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (503, "degraded")


def test_what_may_be_away_without_harm_says_whether_it_is_there() -> None:
    async def check() -> Check:
        return Check(True, "away; others do its work", is_up=False)

    readiness = Readiness()
    readiness.open()
    about = Control("sample", readiness, CollectorRegistry(), {"peer": check})
    answer = TestClient(create_control_app(about)).get("/health")
    told = {"ok": True, "detail": "away; others do its work", "is_up": False}
    assert (answer.status_code, answer.json()["checks"]) == (200, {"peer": told})


def test_what_there_is_nothing_to_check_of_is_left_out() -> None:
    async def nothing() -> Check | None:
        return None

    readiness = Readiness()
    readiness.open()
    about = Control("sample", readiness, CollectorRegistry(), {"peer": nothing})
    answer = TestClient(create_control_app(about)).get("/health")
    assert (answer.status_code, answer.json()["checks"]) == (200, {})


def test_metrics_come_in_the_format_that_was_asked_for() -> None:
    _, client = control()
    plain = client.get("/metrics")
    assert "sample_total 1.0" in plain.text
    assert plain.headers["content-type"].startswith("text/plain")
    asked = {"accept": "application/openmetrics-text; version=1.0.0"}
    openmetrics = client.get("/metrics", headers=asked)
    assert openmetrics.headers["content-type"].startswith("application/openmetrics-text")
    assert openmetrics.text.rstrip().endswith("# EOF")


def test_what_is_reported_is_fetched_first() -> None:
    registry = CollectorRegistry()
    readiness = Readiness()
    readiness.open()
    peers = Counter("peers_asked", "Times that peers were asked.", registry=registry)
    asked: list[str] = []

    async def ask_peers() -> None:
        await asyncio.sleep(0)
        asked.append("peer")
        peers.inc()

    async def check() -> Check:
        return Check(bool(asked), "whether peers were asked")

    about = Control("sample", readiness, registry, {"peer": check}, ask_peers)
    client = TestClient(create_control_app(about))
    for path in ("/live", "/ready"):
        assert client.get(path).status_code == 200
    assert asked == []
    assert client.get("/health").status_code == 200
    assert "peers_asked_total 2.0" in client.get("/metrics").text


def test_health_and_scrapes_are_not_counted_and_other_routes_are() -> None:
    about, _ = control()
    app = create_control_app(Control("other", about.readiness, CollectorRegistry()))

    @app.get("/things/{name}")
    async def thing(name: str) -> str:
        return name

    client = TestClient(app)
    for path in ("/live", "/ready", "/health", "/things/a", "/things/b"):
        client.get(path)
    text = client.get("/metrics").text
    assert 'handler="/things/{name}"' in text
    assert 'handler="/live"' not in text
    assert 'handler="/metrics"' not in text


def test_an_app_without_routes_of_its_own_has_no_http_metrics() -> None:
    about, _ = control()
    app = create_control_app(
        Control("other", about.readiness, CollectorRegistry(), has_routes=False)
    )
    client = TestClient(app)
    client.get("/health")
    assert client.get("/metrics").text == ""


def test_an_app_may_write_its_metrics_itself() -> None:
    about, _ = control()
    asked = Control("other", about.readiness, CollectorRegistry(), write=lambda a: (b"1", a))
    answer = TestClient(create_control_app(asked)).get("/metrics", headers={"accept": "text/x"})
    assert (answer.content, answer.headers["content-type"]) == (b"1", "text/x")


async def test_a_check_is_made_anew_only_after_a_while() -> None:
    clock, made = Clock(), 0

    async def check() -> Check:
        nonlocal made
        made += 1
        return Check(True, f"look {made}")

    look = remembered(check, 30.0, clock)
    assert [(await look()).detail for _ in range(3)] == ["look 1"] * 3
    clock.now += 30
    assert (await look()).detail == "look 2"
