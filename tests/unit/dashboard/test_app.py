"""The page and what stands around it: files, health, metrics, nothing that changes anything."""

import asyncio
import json
from html.parser import HTMLParser
from pathlib import Path

import httpx2
import pytest

from dashboard.app import names_of
from dashboard.settings import DashboardSettings
from tests.dashboards import (
    CEILING_SECONDS,
    FakePrometheus,
    RunningDashboard,
    heard,
    heard_all,
    page,
    running_dashboard,
)
from tests.fakes.server import Call, ScriptedServer
from tests.loopback import http_client


@pytest.fixture
def static(tmp_path: Path) -> Path:
    (tmp_path / "index.html").write_text("<!doctype html><title>t</title>")
    (tmp_path / "main.js").write_text("export {}")
    return tmp_path


async def asked(it: RunningDashboard, method: str, path: str, **headers: str) -> httpx2.Response:
    async with http_client(it.url) as http:
        return await http.request(method, path, headers=headers)


async def test_the_page_is_served_and_its_files_are_asked_for_again_by_what_they_are(
    static: Path,
) -> None:
    async with running_dashboard(static=static) as it:
        whole = await asked(it, "GET", "/")
        assert (whole.status_code, whole.headers["cache-control"]) == (200, "no-cache")
        assert whole.headers["content-type"] == "text/html; charset=utf-8"
        assert "default-src 'self'" in whole.headers["content-security-policy"]
        script = await asked(it, "GET", "/main.js")
        etag = script.headers["etag"]
        again = await asked(it, "GET", "/main.js", **{"if-none-match": etag})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
        assert again.headers["x-content-type-options"] == "nosniff"
        head = await asked(it, "HEAD", "/")
        assert (head.status_code, head.content) == (200, b"")
        (static / "main.js").unlink()
        gone = await asked(it, "GET", "/main.js")
        assert (gone.status_code, gone.text) == (404, "there is no such page\n")


async def test_what_is_compressed_is_asked_for_again_by_its_own_name(static: Path) -> None:
    (static / "main.js").write_text("export const a = 1\n" * 100)
    async with running_dashboard(static=static) as it:
        packed = await asked(it, "GET", "/main.js", **{"accept-encoding": "gzip"})
        plain = await asked(it, "GET", "/main.js", **{"accept-encoding": "identity"})
        assert packed.content == plain.content
        assert packed.headers["content-encoding"] == "gzip"
        assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 4
        etag = packed.headers["etag"]
        for accepted, status in (("gzip", 304), ("identity", 200)):
            headers = {"accept-encoding": accepted, "if-none-match": etag}
            again = await asked(it, "GET", "/main.js", **headers)
            assert (again.status_code, again.headers["vary"]) == (status, "accept-encoding")
        # what is scraped, and what has been compressed for nobody
        scrape = await asked(it, "GET", "/metrics", **{"accept-encoding": "gzip"})
        assert "content-encoding" not in scrape.headers


@pytest.mark.parametrize(
    "path", ["/..%2f..%2fetc%2fpasswd", "/%2e%2e/%2e%2e/secret.js", "/docs", "/openapi.json"]
)
async def test_there_is_nothing_else(static: Path, path: str) -> None:
    async with running_dashboard(static=static) as it:
        assert (await asked(it, "GET", path)).status_code == 404


async def test_what_to_do_when_an_alert_fires_can_be_read(tmp_path: Path) -> None:
    runbook = tmp_path / "RUNBOOK.md"
    runbook.write_text("# R\n\n## ProxyDown\n\nStart it.\n")
    async with running_dashboard(runbook_file=runbook) as it:
        found = await asked(it, "GET", "/runbook/proxydown")
        assert found.text == "## ProxyDown\n\nStart it.\n"
        assert found.headers["content-type"] == "text/plain; charset=utf-8"
        assert (await asked(it, "GET", "/runbook/other")).status_code == 404
        assert (await asked(it, "GET", "/runbook")).text == runbook.read_text()
        runbook.unlink()
        assert (await asked(it, "GET", "/runbook")).status_code == 404


async def test_nothing_can_be_changed(static: Path) -> None:
    async with running_dashboard(static=static) as it:
        for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
            assert (await asked(it, method, "/")).status_code == 405


async def test_the_control_endpoints_answer_on_the_same_port_under_any_name() -> None:
    async with running_dashboard() as it:
        for path, status in (("/live", 200), ("/ready", 200), ("/metrics", 200)):
            answer = await asked(it, "GET", path, host="prometheus.example")
            assert answer.status_code == status
        assert "dashboard_viewers 0.0" in answer.text


async def test_health_says_what_cannot_be_shown() -> None:
    async with running_dashboard(FakePrometheus()) as it:
        async with page(it) as socket:  # so that it was asked
            await heard_all(socket, "strip", "live")
        health = await asked(it, "GET", "/health")
        told = health.json()["checks"]
        assert health.status_code == 503
        assert "no proxy answers" in told["live"]["detail"]
        # none is wanted, so that none is missed
        assert (told["prometheus"]["ok"], told["prometheus"]["is_up"]) == (True, False)


class Subresources(HTMLParser):
    """The scripts and styles that a page names."""

    def __init__(self) -> None:
        super().__init__()
        self.paths: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag in ("script", "link") and told.get("rel") != "icon":
            self.paths.add(told.get("src") or told.get("href") or "")


async def test_all_scripts_and_styles_of_the_page_are_under_150_kb_on_the_wire() -> None:
    found = Subresources()
    async with running_dashboard() as it:
        found.feed((await asked(it, "GET", "/")).text)
        assert any("vendor/uPlot" in path for path in found.paths)
        assert len(found.paths) > 30
        sizes = {}
        for path in sorted(found.paths):
            answer = await asked(it, "GET", f"/{path}", **{"accept-encoding": "gzip, br"})
            assert (answer.status_code, path) == (200, path)
            kept = "immutable" if path.startswith("vendor/") else "no-cache"
            assert kept in answer.headers["cache-control"]
            sizes[path] = int(answer.headers["content-length"])
    assert sum(sizes.values()) < 150_000, sizes


async def test_prometheus_is_linked_where_it_has_pages() -> None:
    async def prometheus(call: Call) -> None:
        statuses = {"/graph": "302 Found", "/query": "200 OK"}
        status = statuses.get(call.target, "404 Not Found")
        await call.answer(status, [(b"Location", b"/query")], b"")

    async with ScriptedServer(prometheus) as server:
        secret = server.url.replace("http://", "http://me:hunter2@")
        async with running_dashboard(prometheus_url=secret) as it, page(it) as socket:
            while not (hello := await heard(socket, "hello"))["prometheus_url"]:
                pass  # it has been told before it was known
            assert hello["prometheus_url"] == server.url
            async with page(it) as other:
                assert (await heard(other, "hello")) == hello


@pytest.mark.parametrize("link", ["", "https://box/prometheus"])
async def test_prometheus_is_linked_as_it_was_told_and_not_where_it_has_no_pages(
    link: str,
) -> None:
    is_asked = asyncio.Event()

    async def without_pages(call: Call) -> None:
        if call.target == "/graph":
            is_asked.set()
        await call.answer("404 Not Found", [], b"")

    async with ScriptedServer(without_pages) as server:
        async with running_dashboard(prometheus_url=server.url, prometheus_link=link) as it:
            if not link:
                await asyncio.wait_for(is_asked.wait(), CEILING_SECONDS)
            async with page(it) as socket:
                hello = await heard(socket, "hello")
                assert hello["prometheus_url"] == link


def test_it_answers_to_its_own_names_and_those_of_the_origins_it_allows() -> None:
    told = DashboardSettings(host="Box.LAN", allowed_origins="https://board.example")
    assert {"dashboard", "box.lan", "board.example"} <= names_of(told)


async def test_a_page_hears_from_the_exporter_what_models_run_with() -> None:
    document = {
        "models": [{"model": "m:1b", "runner": "ollama", "in_force": {}}],
        "settings": {"OLLAMA_NUM_PARALLEL": "4"},
        "notes": ["a note"],
    }

    async def exporter(call: Call) -> None:
        await call.is_read.wait()
        await call.answer("200 OK", [], json.dumps(document).encode())

    async with ScriptedServer(exporter) as server:
        async with running_dashboard(gpu_exporter_url=server.url) as it, page(it) as socket:
            told = await heard(socket, "configuration")
    assert [one["model"] for one in told["runners"]] == ["m:1b"]
    assert (told["is_readable"], told["notes"], told["error"]) == (True, ["a note"], "")
    assert told["runners"][0]["settings"][0]["set_to"] == "4"
