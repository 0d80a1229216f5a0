"""Every answer has the headers; nothing can be changed; strange names see nothing."""

import httpx2
import pytest
from fastapi import FastAPI

from dashboard.headers import POLICY, SECURITY, ReadOnly

HERE = "http://127.0.0.1:3001"


def app() -> ReadOnly:
    inner = FastAPI()

    @inner.api_route("/", methods=["GET", "POST"])
    async def page() -> str:
        return "page"

    @inner.get("/metrics")
    async def metrics() -> str:
        return "metrics"

    @inner.get("/health")
    async def health() -> str:
        return "an address"

    return ReadOnly(inner, frozenset({"dashboard", "board.example"}))


async def asked(method: str, url: str) -> httpx2.Response:
    transport = httpx2.ASGITransport(app=app())
    async with httpx2.AsyncClient(transport=transport) as http:
        return await http.request(method, url)


@pytest.mark.parametrize(
    ("method", "url", "status"),
    [
        ("GET", f"{HERE}/", 200),
        ("GET", "http://localhost:3001/", 200),
        ("GET", "http://board.example/", 200),
        ("GET", "http://evil.example/", 403),
        ("GET", "http://prometheus.example/metrics", 200),
        ("GET", "http://evil.example/health", 403),
        ("GET", f"{HERE}/health", 200),
        ("GET", f"{HERE}/absent", 404),
        ("POST", f"{HERE}/", 405),
        ("DELETE", f"{HERE}/", 405),
    ],
)
async def test_every_answer_has_the_headers(method: str, url: str, status: int) -> None:
    answer = await asked(method, url)
    assert answer.status_code == status
    for name, value in SECURITY.items():
        assert answer.headers[name] == value
    assert answer.headers["cache-control"] == "no-store"


async def test_a_refusal_says_what_was_expected_and_what_helps() -> None:
    refused = await asked("GET", "http://evil.example/")
    assert "found 'evil.example'" in refused.text
    assert "DASHBOARD_ALLOWED_ORIGINS" in refused.text
    changed = await asked("PUT", f"{HERE}/")
    assert changed.headers["allow"] == "GET, HEAD"
    assert "found PUT" in changed.text


def test_nothing_inline_runs_and_nothing_comes_from_elsewhere() -> None:
    assert "default-src 'self'" in POLICY
    assert "frame-ancestors 'none'" in POLICY
    assert "unsafe" not in POLICY
    assert "http" not in POLICY
