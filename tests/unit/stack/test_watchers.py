"""Who watches the others; Prometheus and Alertmanager need their programs: integration tests."""

from pathlib import Path

from stack.parts import proxy_part
from stack.request import read_request
from stack.setup import Fetched
from stack.watchers import watchers


def test_a_dashboard_arrives_where_it_is_asked_for_and_knows_those_beside_it(
    tmp_path: Path,
) -> None:
    request = read_request({}, tmp_path)
    proxy = proxy_part(request.settings, "http://ollama")
    assert watchers(request, {"proxy"}, Fetched(), [proxy]) == []
    (part,) = watchers(request, {"dashboard"}, Fetched(), [proxy])
    assert part.name == "dashboard"
    assert part.environment["DASHBOARD_PROXY_URL"] == proxy.addresses[1].url
