"""All of it together, where nobody else is there."""

from dashboard.panels import PANELS
from dashboard.settings import DashboardSettings
from dashboard.wiring import dashboard_of
from ollama_observe.service.lifecycle import Listener, listening
from tests.dashboards import NOBODY, heard, heard_all, look_at, page_at
from tests.loopback import http_client


async def test_a_page_is_told_of_the_panels_and_that_nobody_answers() -> None:
    settings = DashboardSettings(prometheus_url=NOBODY, proxy_url=NOBODY, gpu_exporter_url=NOBODY)
    dashboard = dashboard_of(settings)
    listener = Listener("page", dashboard.app, "127.0.0.1", 0, has_websockets=True)
    panel = next(one for one in PANELS if one.group == "speed")
    async with listening(listener) as port, dashboard.running():
        async with page_at(port) as socket:
            hello, strip = await heard_all(socket, "hello", "strip")
            assert [one["id"] for one in hello["panels"]] == [one.id for one in PANELS]
            assert {part["state"] for part in strip["parts"]} <= {"down", "unknown", "off"}
            await socket.send(look_at(panel.id))
            frame = await heard(socket, "frame")
            assert panel.id in [shown["id"] for shown in frame["panels"]]
            assert all("is not there" in shown["error"] for shown in frame["panels"])
        async with http_client() as http:
            scrape = (await http.get(f"http://127.0.0.1:{port}/metrics")).text
        assert 'dashboard_query_errors_total{kind="unreachable"}' in scrape
        assert "process_cpu_seconds_total" in scrape
