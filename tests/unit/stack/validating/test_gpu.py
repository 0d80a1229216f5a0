from pathlib import Path

import pytest

from stack.docker.engine import Engine
from stack.validating.gpu import has_driver, of_cards, of_containers, of_processes
from stack.wish import wish_of
from stack.wished import wished
from tests.dockers import world_at


def engine(*runtimes: str) -> Engine:
    return Engine("28", "2.40", frozenset(runtimes), False)


def test_cards_are_named_and_counted() -> None:
    said = of_cards(["H100", "H100", "L4"])
    assert (said.is_ok, said.detail) == (True, "2 x H100, L4")


def test_no_card_is_a_reason_and_no_error() -> None:
    said = of_cards("no NVIDIA driver: libnvidia-ml.so.1 was not found")
    assert (said.is_ok, said.detail[:17]) == (None, "no NVIDIA driver:")
    assert "GPU_EXPORTER_BACKEND=demo" in said.remedy
    assert of_cards([]).is_ok is None


def test_a_driver_and_a_library_of_two_versions_need_a_reboot() -> None:
    assert of_cards("Driver/library version mismatch").remedy.startswith("reboot")


def test_the_exporter_is_asked_as_it_would_be_told(tmp_path: Path) -> None:
    world = world_at(tmp_path)
    request = world.request(GPU_EXPORTER_BACKEND="demo")
    exporter = wished(request, wish_of("start", request.settings), False).parts["gpu-exporter"]
    said = of_processes(request, exporter)
    assert said.is_ok
    assert "Demo GPU" in said.detail
    assert of_processes(world.request(GPU_EXPORTER_BACKEND="nvmi"), exporter).is_ok is None
    assert of_processes(request, None).detail == "not read: GPU_EXPORTER=off"


@pytest.mark.parametrize(
    ("runtimes", "driver", "amd", "is_ok", "remedy"),
    [
        (("runc", "nvidia"), True, False, True, ""),
        (("runc",), False, True, True, ""),
        (("runc",), True, False, None, "install nvidia-container-toolkit"),
        (("runc",), False, False, None, "COMPOSE_PROFILES=demo make start"),
    ],
)
def test_containers_see_cards_where_docker_has_the_runtime(
    runtimes: tuple[str, ...], driver: bool, amd: bool, is_ok: bool | None, remedy: str
) -> None:
    said = of_containers(engine(*runtimes), driver, amd)
    assert said.is_ok is is_ok
    assert said.remedy.startswith(remedy)


def test_a_driver_is_there_where_its_command_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not has_driver()
    (tmp_path / "nvidia-smi").touch(0o755)
    assert has_driver()
