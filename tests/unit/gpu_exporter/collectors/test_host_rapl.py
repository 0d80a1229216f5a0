"""Energy is what the CPU used, however often its counter went around meanwhile."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_exporter.collector import Context
from gpu_exporter.collectors.host_rapl import HostRapl
from gpu_exporter.errors import Unavailable
from tests.clock import Clock
from tests.exporters import context_of
from tests.machines import read, write
from tests.rights import open_folder, without_rights

RANGE = 262_143_328_850
POWERCAP = "sys/class/powercap"
LONG = 200.0
"""Seconds in which a socket can use a counter's whole range."""


def zone(folder: str, name: str, microjoules: int, around: int = RANGE) -> dict[str, str]:
    return {
        f"{POWERCAP}/{folder}/name": f"{name}\n",
        f"{POWERCAP}/{folder}/energy_uj": f"{microjoules}\n",
        f"{POWERCAP}/{folder}/max_energy_range_uj": f"{around}\n",
    }


def set_to(root: Path, folder: str, microjoules: int) -> None:
    write(root, {f"{POWERCAP}/{folder}/energy_uj": f"{microjoules}\n"})


def pinned(context: Context) -> float | None:
    """The joules of now on the board."""
    fact = context.board.joules.get("cpu")
    return fact.value if fact is not None and fact.at == context.clock() else None


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def context(tmp_path: Path, clock: Clock) -> Context:
    return context_of(root=tmp_path, clock=clock)


def test_every_zone_is_read_and_begins_at_0(tmp_path: Path, context: Context) -> None:
    write(tmp_path, zone("intel-rapl:0", "package-0", 5_000_000))
    write(tmp_path, zone("intel-rapl:0:0", "core", 4_000_000))
    write(tmp_path, zone("intel-rapl:0:1", "dram", 3_000_000))
    write(tmp_path, zone("intel-rapl:1", "package-1", 2_000_000))
    write(tmp_path, zone("intel-rapl:1:0", "core", 1_000_000))
    write(tmp_path, zone("intel-rapl:2", "psys", 9_000_000))
    found = read(HostRapl(context))
    assert {key[1:] for key in found} == {
        ("package", "0"),
        ("core", "0:0"),
        ("dram", "0:1"),
        ("package", "1"),
        ("core", "1:0"),
        ("psys", "2"),
    }
    assert set(found.values()) == {0}


def test_what_was_used_since_is_counted(tmp_path: Path, context: Context, clock: Clock) -> None:
    write(tmp_path, zone("intel-rapl:0", "package-0", 5_000_000))
    collector = HostRapl(context)
    read(collector)
    clock.now += 1
    set_to(tmp_path, "intel-rapl:0", 47_500_000)
    found = read(collector)
    assert found["host_rapl_energy_joules_total", "package", "0"] == pytest.approx(42.5)
    assert found["host_rapl_discontinuities_total", "package", "0"] == 0


ranges = st.integers(1_000_000, RANGE)


@settings(max_examples=50)
@given(ranges.flatmap(lambda most: st.tuples(st.just(most), st.lists(st.integers(0, most - 1)))))
def test_true_energy_comes_back_through_a_counter_that_goes_around(
    case: tuple[int, list[int]],
) -> None:
    around, used = case
    clock = Clock()
    with TemporaryDirectory() as folder:
        root = Path(folder)
        write(root, zone("intel-rapl:0", "package-0", 0, around))
        context = context_of(root=root, clock=clock)
        collector = HostRapl(context)
        read(collector)
        true, before = 0, 0.0
        for more in used:
            true += more
            clock.now += LONG
            set_to(root, "intel-rapl:0", true % around)
            found = read(collector)["host_rapl_energy_joules_total", "package", "0"]
            assert found >= before
            before = found
        assert before == pytest.approx(true / 1e6, rel=1e-9, abs=1e-6)
        assert pinned(context) == before


def test_a_counter_that_was_set_back_adds_nothing(
    tmp_path: Path, context: Context, clock: Clock
) -> None:
    write(tmp_path, zone("intel-rapl:0", "package-0", 200_000_000_000))
    collector = HostRapl(context)
    read(collector)
    clock.now += 1
    set_to(tmp_path, "intel-rapl:0", 5_000_000)
    found = read(collector)
    assert found["host_rapl_energy_joules_total", "package", "0"] == 0
    assert found["host_rapl_discontinuities_total", "package", "0"] == 1
    clock.now += 1
    set_to(tmp_path, "intel-rapl:0", 55_000_000)
    assert read(collector)["host_rapl_energy_joules_total", "package", "0"] == pytest.approx(50)


@pytest.mark.parametrize("around", ["", "0\n"])
def test_a_counter_of_unknown_range_adds_nothing_where_it_goes_back(
    tmp_path: Path, context: Context, clock: Clock, around: str
) -> None:
    write(tmp_path, zone("intel-rapl:0", "package-0", 100_000_000))
    write(tmp_path, {f"{POWERCAP}/intel-rapl:0/max_energy_range_uj": around})
    collector = HostRapl(context)
    read(collector)
    clock.now += 1
    set_to(tmp_path, "intel-rapl:0", 1_000_000)
    found = read(collector)
    assert found["host_rapl_energy_joules_total", "package", "0"] == 0
    assert found["host_rapl_discontinuities_total", "package", "0"] == 1


def test_the_packages_and_nothing_else_are_pinned(
    tmp_path: Path, context: Context, clock: Clock
) -> None:
    folders = {
        "intel-rapl:0": "package-0",
        "intel-rapl:0:0": "core",
        "intel-rapl:1": "package-1",
        "intel-rapl:2": "psys",
    }
    for folder, name in folders.items():
        write(tmp_path, zone(folder, name, 0))
    collector = HostRapl(context)
    read(collector)
    clock.now += 1
    for joules, folder in enumerate(folders, 1):
        set_to(tmp_path, folder, joules * 1_000_000)
    read(collector)
    assert pinned(context) == pytest.approx(1 + 3)


def test_the_dies_of_a_package_are_added(tmp_path: Path, context: Context, clock: Clock) -> None:
    for number in (0, 1):
        write(tmp_path, zone(f"intel-rapl:{number}", f"package-0-die-{number}", 0))
    collector = HostRapl(context)
    read(collector)
    clock.now += 1
    for number in (0, 1):
        set_to(tmp_path, f"intel-rapl:{number}", 10_000_000)
    assert read(collector)["host_rapl_energy_joules_total", "package", "1"] == pytest.approx(10)
    assert pinned(context) == pytest.approx(20)


def test_a_zone_that_vanishes_has_no_series_and_its_energy_stays_counted(
    tmp_path: Path, context: Context, clock: Clock
) -> None:
    for number in (0, 1):
        write(tmp_path, zone(f"intel-rapl:{number}", f"package-{number}", 0))
    collector = HostRapl(context)
    read(collector)
    clock.now += 1
    for number in (0, 1):
        set_to(tmp_path, f"intel-rapl:{number}", 10_000_000)
    read(collector)
    (tmp_path / POWERCAP / "intel-rapl:1/energy_uj").unlink()
    clock.now += 1
    assert {key[2] for key in read(collector)} == {"0"}
    assert pinned(context) == pytest.approx(20)


def test_what_was_pinned_is_taken_off_when_no_package_can_be_read(
    tmp_path: Path, context: Context
) -> None:
    write(tmp_path, zone("intel-rapl:0", "package-0", 0) | zone("intel-rapl:0:0", "dram", 0))
    collector = HostRapl(context)
    read(collector)
    assert pinned(context) == 0
    (tmp_path / POWERCAP / "intel-rapl:0/energy_uj").unlink()
    assert {key[1] for key in read(collector)} == {"dram"}
    assert pinned(context) is None


def test_what_was_pinned_is_taken_off_when_nothing_can_be_read(
    tmp_path: Path, context: Context
) -> None:
    write(tmp_path, zone("intel-rapl:0", "package-0", 0))
    collector = HostRapl(context)
    read(collector)
    (tmp_path / POWERCAP / "intel-rapl:0/energy_uj").write_text("")
    with pytest.raises(OSError, match="none of 1 RAPL counters can be read"):
        read(collector)
    assert pinned(context) is None


def test_a_package_that_is_counted_through_memory_too_is_counted_once(
    tmp_path: Path, context: Context
) -> None:
    write(tmp_path, zone("intel-rapl:0", "package-0", 0))
    write(tmp_path, zone("intel-rapl-mmio:0", "package-0", 0))
    assert {key[1:] for key in read(HostRapl(context))} == {("package", "0")}


def test_a_zone_of_another_name_is_left_out(tmp_path: Path, context: Context) -> None:
    write(tmp_path, zone("intel-rapl:0", "package-0", 0) | zone("intel-rapl:0:0", "gadget", 0))
    assert {key[1:] for key in read(HostRapl(context))} == {("package", "0")}


def test_a_machine_without_counters_has_nothing_of_it(context: Context) -> None:
    with pytest.raises(Unavailable, match="no RAPL counters in"):
        read(HostRapl(context))


def test_links_that_docker_leaves_without_an_end_say_what_to_mount(
    tmp_path: Path, context: Context
) -> None:
    powercap = tmp_path / POWERCAP
    powercap.mkdir(parents=True)
    (powercap / "intel-rapl:0").symlink_to("../../devices/virtual/powercap/intel-rapl:0")
    with pytest.raises(Unavailable, match=r"leads nowhere.*GPU_EXPORTER_HOST_SYS"):
        read(HostRapl(context))


def test_who_is_not_root_reads_what_to_do() -> None:
    with open_folder() as root:
        write(root, zone("intel-rapl:0", "package-0", 0))
        (root / POWERCAP / "intel-rapl:0/energy_uj").chmod(0)
        context = context_of(root=root)
        with without_rights(), pytest.raises(Unavailable, match="only root may read"):
            read(HostRapl(context))
