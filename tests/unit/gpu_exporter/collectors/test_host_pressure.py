"""How long the machine waited for what, by resource."""

from pathlib import Path

import pytest

from gpu_exporter.collectors.host_pressure import RESOURCES, HostPressure
from gpu_exporter.errors import Unavailable
from tests.exporters import context_of
from tests.machines import read, write


def written(some: int | None, full: int | None) -> str:
    totals = {"some": some, "full": full}
    return "".join(
        f"{kind} avg10=0.00 avg60=0.00 avg300=0.00 total={total}\n"
        for kind, total in totals.items()
        if total is not None
    )


def test_totals_are_seconds_by_resource_and_kind(tmp_path: Path) -> None:
    write(
        tmp_path / "proc/pressure",
        {
            "cpu": written(2_000_000, None),
            "memory": written(500_000, 250_000),
            "io": written(1, 0),
            "irq": written(None, 3_000_000),
        },
    )
    assert read(HostPressure(context_of(root=tmp_path))) == {
        ("host_pressure_seconds_total", "cpu", "some"): 2.0,
        ("host_pressure_seconds_total", "memory", "some"): 0.5,
        ("host_pressure_seconds_total", "memory", "full"): 0.25,
        ("host_pressure_seconds_total", "io", "some"): 0.000001,
        ("host_pressure_seconds_total", "io", "full"): 0.0,
        ("host_pressure_seconds_total", "irq", "full"): 3.0,
    }


def test_that_all_waited_for_a_cpu_is_not_told(tmp_path: Path) -> None:
    write(tmp_path / "proc/pressure", {"cpu": written(2_000_000, 0)})
    assert list(read(HostPressure(context_of(root=tmp_path)))) == [
        ("host_pressure_seconds_total", "cpu", "some")
    ]


def test_a_kernel_that_does_not_count_has_nothing_of_it(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"no pressure in .*psi=1"):
        read(HostPressure(context_of(root=tmp_path)))


def test_this_machines_pressure_agrees_with_its_proc() -> None:
    def totals() -> dict[str, float]:
        return {
            resource: int(path.read_text().split("total=")[1].split()[0]) / 1e6
            for resource in RESOURCES[:3]
            if (path := Path("/proc/pressure") / resource).exists()
        }

    try:
        before = totals()
    except OSError:
        before = {}
    if not before:
        pytest.skip("this kernel does not count pressure (psi=1 at its start, where it can)")
    found, after = read(HostPressure(context_of())), totals()
    for resource, value in before.items():
        now = found["host_pressure_seconds_total", resource, "some"]
        assert value <= now <= after[resource]
