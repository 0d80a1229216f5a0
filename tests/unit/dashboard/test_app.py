"""The page and what stands around it: files, health, metrics, nothing that changes anything."""

from pathlib import Path

import httpx2
import pytest

from dashboard.app import names_of
from dashboard.settings import DashboardSettings
from tests.dashboards import FakePrometheus, RunningDashboard, heard_all, page, running_dashboard


@pytest.fixture
def static(tmp_path: Path) -> Path:
    (tmp_path / "index.html").write_text("<!doctype html><title>t</title>")
    (tmp_path / "main.js").write_text("export {}")
    return tmp_path


async def asked(it: RunningDashboard, method: str, path: str, **headers: str) -> httpx2.Response:
    async with httpx2.AsyncClient(base_url=it.url, trust_env=False) as http:
        return await http.request(method, path, headers=headers)


async def test_the_page_is_served_and_its_files_are_asked_for_again_by_what_they_are(
    static: Path,
) -> None:
    async with running_dashboard(static=static) as it:
        whole = await asked(it, "GET", "/")
        assert (whole.status_code, whole.headers["cache-control"]) == (200, "no-store")
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


def test_it_answers_to_its_own_names_and_those_of_the_origins_it_allows() -> None:
    told = DashboardSettings(
        _cli_parse_args=[], host="Box.LAN", allowed_origins="https://board.example"
    )
    assert {"dashboard", "box.lan", "board.example"} <= names_of(told)
