from pathlib import Path

import pytest

from stack.wish import wish_of
from stack.wished import Wished, wished
from tests.dockers import World, world_at


@pytest.fixture
def world(tmp_path: Path) -> World:
    return world_at(tmp_path)


def of_start(world: World, is_embedded: bool = False, **variables: str) -> Wished:
    request = world.request(**variables)
    return wished(request, wish_of("start", request.settings), is_embedded)


def test_a_start_listens_where_its_parts_do_each_after_whom_it_asks(world: World) -> None:
    found = of_start(world, is_embedded=True)
    assert list(found.parts) == ["engine", "proxy", "gpu-exporter", "dashboard"]
    ports = [address.port for address in found.addresses]
    assert ports == [11434, 11435, 8001, 8000, 9090, 3001]


def test_what_is_off_listens_nowhere(world: World) -> None:
    found = of_start(world, PROMETHEUS="off", GPU_EXPORTER="off", DASHBOARD="off")
    assert [one.variable for one in found.addresses] == [
        "PROXY_PORT",
        "PROXY_CONTROL_PORT",
    ]


def test_a_gateway_comes_with_the_ports_of_its_return_legs(world: World) -> None:
    found = of_start(world, PORTKEY="on", PROXY_WORKERS="2", TRAFFIC="on", ALERTMANAGER="on")
    variables = [one.variable for one in found.addresses]
    assert variables.count("PROXY_RETURN_LEG_PORT") == 2
    assert {"PORTKEY_PORT", "TRAFFIC_WORKER_PORT", "ALERTMANAGER_PORT"} <= set(variables)
    assert "--enable-portkey" in found.parts["proxy"].command
