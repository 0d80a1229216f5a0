"""Apple's graphics, by programs that print what real ones printed."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from gpu_exporter.apple import ioreg
from gpu_exporter.apple.backend import AppleCards, apple_backend, run
from gpu_exporter.apple.macmon import Macmon
from gpu_exporter.errors import Unavailable
from gpu_exporter.gpu import Gpu
from gpu_exporter.settings import GpuExporterSettings
from stack.waiting import wait_until
from tests.fakes import apple

CEILING_SECONDS = 10.0
MEMORY_BYTES = 51539607552.0


def program(folder: Path, name: str, printed: str, then: str) -> str:
    """A program that prints a file of tests/fakes/apple."""
    output = folder / printed
    output.write_bytes(apple.printed(printed))
    path = folder / name
    path.write_text(
        f"#!{sys.executable}\nimport sys, time\n"
        f"print(open({str(output)!r}).read(), end='', flush=True)\n{then}\n"
    )
    path.chmod(0o755)
    return str(path)


def cards(folder: Path, printed: str, macmon: str | None = None) -> AppleCards:
    ioreg_program = program(folder, "ioreg", printed, "assert sys.argv[1:3] == ['-a', '-r']")

    def ask(command: Sequence[str]) -> bytes:
        assert command == ioreg.COMMAND
        return run((ioreg_program, *command[1:]))

    child = None
    if macmon is not None:
        pipe = program(folder, "macmon", macmon, "assert sys.argv[1] == 'pipe'\ntime.sleep(600)")
        child = Macmon((pipe, "pipe"))
    return AppleCards(ask, child, MEMORY_BYTES, platform="darwin")


@pytest.fixture
def with_macmon(tmp_path: Path) -> Iterator[AppleCards]:
    with closing(cards(tmp_path, "ioreg_m5_pro.plist", "macmon_0.8.json")) as backend:
        yield backend


def test_ioreg_alone_tells_how_busy_it_is_and_its_memory(tmp_path: Path) -> None:
    [gpu] = cards(tmp_path, "ioreg_m4.plist").read()
    assert gpu == Gpu(
        index="0",
        uuid="apple-0",
        name="Apple M4 (10 cores)",
        vendor="apple",
        driver_version="360.34.5",
        arch="G16G",
        unified_memory=True,
        utilization_ratio=0.17,
        memory_used_bytes=430571520,
        memory_total_bytes=MEMORY_BYTES,
    )


def test_macmon_adds_power_temperature_and_clock(with_macmon: AppleCards) -> None:
    assert wait_until(lambda: bool(with_macmon.read()[0].power_watts), CEILING_SECONDS)
    [gpu] = with_macmon.read()
    assert gpu.power_watts == {"average": 0.017451683}
    assert gpu.watts == 0.017451683
    assert gpu.temperature_celsius == {"core": 36.95167}
    assert gpu.clock_hertz == {"graphics": 461e6}
    # ioreg's, although macmon has one
    assert gpu.utilization_ratio == 0.12


def test_macmon_tells_how_busy_it_is_where_ioreg_does_not(tmp_path: Path) -> None:
    with closing(cards(tmp_path, "ioreg_m5_pro.plist", "macmon_0.8.json")) as backend:
        plist = apple.printed("ioreg_m5_pro.plist").replace(b"Device Utilization", b"Other")
        (tmp_path / "ioreg_m5_pro.plist").write_bytes(plist)
        assert wait_until(lambda: bool(backend.read()[0].power_watts), CEILING_SECONDS)
        assert backend.read()[0].utilization_ratio == 0.09


def test_macmon_s_figures_are_one_accelerator_s(tmp_path: Path) -> None:
    with closing(cards(tmp_path, "ioreg_m5_pro.plist", "macmon_0.8.json")) as backend:
        plist = apple.printed("ioreg_m5_pro.plist")
        start, end = plist.index(b"<array>") + 7, plist.index(b"</array>")
        twice = plist[:end] + plist[start:end] + plist[end:]
        (tmp_path / "ioreg_m5_pro.plist").write_bytes(twice)
        assert wait_until(lambda: bool(backend.read()[0].power_watts), CEILING_SECONDS)
        first, second = backend.read()
        assert (first.uuid, second.uuid) == ("apple-0", "apple-1")
        assert second.power_watts == {}


def test_a_mac_with_other_graphics_has_none_of_apple_s(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="ioreg names no accelerator of Apple's"):
        cards(tmp_path, "ioreg_intel_mac.plist").read()


def test_another_system_is_no_mac_and_runs_nothing() -> None:
    def ask(command: Sequence[str]) -> bytes:
        raise AssertionError(command)

    with pytest.raises(Unavailable, match="read on macOS; this is linux"):
        AppleCards(ask, None, MEMORY_BYTES, platform="linux").read()


def test_a_mac_whose_ioreg_fails_is_an_error(tmp_path: Path) -> None:
    backend = cards(tmp_path, "ioreg_m4.plist")
    (tmp_path / "ioreg").write_text(f"#!{sys.executable}\nraise SystemExit(1)\n")
    with pytest.raises(subprocess.CalledProcessError):
        backend.read()


def test_the_backend_is_made_from_the_settings() -> None:
    with closing(apple_backend(GpuExporterSettings())) as backend:
        assert backend.name == "apple"
        if not psutil.MACOS:
            with pytest.raises(Unavailable):
                backend.read()
