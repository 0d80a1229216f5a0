"""A zone's folder says which it is, its name what it covers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_exporter.machine.powercap import domain_of, index_of


@pytest.mark.parametrize(
    ("folder", "index"),
    [
        ("intel-rapl:0", "0"),
        ("intel-rapl:0:1", "0:1"),
        ("intel-rapl:12", "12"),
        ("amd-rapl:1:0", "1:0"),
    ],
)
def test_a_zone_has_its_number(folder: str, index: str) -> None:
    assert index_of(folder) == index


@pytest.mark.parametrize(
    "folder",
    ["intel-rapl", "intel-rapl-mmio", "intel-rapl-mmio:0", "dtpm:0", "intel-rapl:", "energy_uj"],
)
def test_what_is_no_zone_or_counts_a_package_again_has_none(folder: str) -> None:
    assert index_of(folder) is None


@pytest.mark.parametrize(
    ("name", "domain"),
    [
        ("package-0", "package"),
        ("package-10", "package"),
        ("package-0-die-1", "package"),
        ("core", "core"),
        ("uncore", "uncore"),
        ("dram", "dram"),
        ("psys", "psys"),
    ],
)
def test_a_name_says_what_is_counted(name: str, domain: str) -> None:
    assert domain_of(name) == domain


@pytest.mark.parametrize("name", ["", "cores", "package-", "gpu", "CORE"])
def test_other_names_say_nothing(name: str) -> None:
    assert domain_of(name) is None


@given(st.text())
def test_any_text_is_read_without_failing(text: str) -> None:
    assert domain_of(text) in (None, "package", "core", "uncore", "dram", "psys")
    index = index_of(text)
    assert index is None or text.endswith(index)
