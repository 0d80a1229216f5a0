from pathlib import Path

import pytest

from stack.errors import SettingsError
from stack.request import Request
from stack.services.settings import HERE, refusal_of, require
from stack.wish import wish_of
from stack.wished import Wished, wished
from tests.dockers import World, world_at


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return world_at(tmp_path_factory.mktemp("world"))


def would(request: Request) -> Wished:
    return wished(request, wish_of("start", request.settings), True)


def test_a_misspelt_variable_is_refused_before_anything_starts(world: World) -> None:
    request = world.request(PROXY_PROT="1")
    with pytest.raises(SettingsError, match="did you mean PROXY_PORT"):
        require(request, would(request).parts.values())


def test_who_is_told_nothing_of_its_own_is_not_asked(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    request = world.request(PROXY_PORT="12345")
    monkeypatch.setattr("sys.executable", str(tmp_path / "nobody"))
    require(request, would(request).parts.values())


def test_what_a_service_takes_is_no_refusal_nor_is_a_service_that_is_not_here(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    request = world.request(DASHBOARD_LOG_LEVEL="debug")
    part = would(request).parts["dashboard"]
    assert refusal_of(request, part, HERE) is None
    monkeypatch.setattr("sys.executable", str(tmp_path / "nobody"))
    assert refusal_of(request, part, HERE) is None
