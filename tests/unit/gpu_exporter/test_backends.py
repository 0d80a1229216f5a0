"""Which way the cards are read."""

from pathlib import Path

import pytest

from gpu_exporter.backends import backend_of
from gpu_exporter.errors import Unavailable
from gpu_exporter.gpu import Backend
from gpu_exporter.settings import GpuExporterSettings
from gpu_exporter.several import Several
from tests.clock import Clock


def chosen(backend: str, platform: str = "linux", capture: Path | None = None) -> Backend:
    settings = GpuExporterSettings.model_validate({"backend": backend, "capture": capture})
    return backend_of(settings, lambda: None, Clock(), platform)


@pytest.mark.parametrize("name", ["nvml", "sysfs", "apple", "demo", "none"])
def test_a_way_that_is_asked_for_is_taken(name: str) -> None:
    backend = chosen(name)
    assert (backend.name, isinstance(backend, Several)) == (name, False)
    backend.close()


def test_where_nothing_is_said_the_system_decides() -> None:
    assert chosen("auto", "darwin").name == "apple"
    several = chosen("auto")
    assert isinstance(several, Several)
    assert [part.name for part in several.parts] == ["nvml", "sysfs"]


def test_a_capture_that_is_not_there_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nothing-here"):
        chosen("replay", capture=tmp_path / "nothing-here.json")


def test_where_none_is_wanted_that_is_said() -> None:
    with pytest.raises(Unavailable, match="GPU_EXPORTER_BACKEND=none"):
        chosen("none").read()
