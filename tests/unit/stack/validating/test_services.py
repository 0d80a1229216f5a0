import pytest

from stack.request import Request
from stack.services.settings import HERE, INSIDE
from stack.validating.finding import Finding
from stack.validating.services import findings
from stack.wish import wish_of
from stack.wished import wished
from tests.dockers import World, world_at


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return world_at(tmp_path_factory.mktemp("world"))


def said(request: Request, *names: str, where: str = HERE) -> list[Finding]:
    parts = wished(request, wish_of("start", request.settings), True).parts
    return list(findings(request, (parts[name] for name in names), where))


def test_every_service_takes_what_a_start_tells_it(world: World) -> None:
    request = world.request(TRAFFIC="on")
    names = ("engine", "proxy", "gpu-exporter", "traffic", "dashboard")
    assert said(request, *names) == [
        Finding("settings", True, f"{name}: it takes them") for name in names
    ]


def test_every_mistake_is_a_finding_in_the_service_s_words(world: World) -> None:
    request = world.request(PROXY_PROT="1", GPU_EXPORTER_WITHOUT="gpo", DASHBOARD_LOG_LEVEL="loud")
    proxy, exporter, dashboard = said(request, "proxy", "gpu-exporter", "dashboard")
    assert (proxy.is_ok, exporter.is_ok, dashboard.is_ok) == (False, False, False)
    assert proxy.detail == "proxy: unknown setting PROXY_PROT, did you mean PROXY_PORT?"
    assert "no collector is called 'gpo'" in exporter.detail
    assert "found 'loud'" in dashboard.detail


def test_files_are_looked_for_where_the_parts_are_processes_of_this_machine(world: World) -> None:
    request = world.request(PROXY_API_KEYS_FILE="/nowhere/keys.toml")
    (here,) = said(request, "proxy")
    assert here.is_ok is False
    assert "PROXY_API_KEYS_FILE" in here.detail
    (inside,) = said(request, "proxy", where=INSIDE)
    assert inside.is_ok
