"""What ioreg prints of Apple's graphics, and of what is none of Apple's."""

import plistlib

import pytest

from gpu_exporter.apple.ioreg import COMMAND, Accelerator, parse
from tests.fakes import apple


def test_a_property_list_is_asked_for_as_that_is_what_is_read() -> None:
    assert COMMAND[:2] == ("ioreg", "-a")


def test_what_an_m5_pro_printed_is_read() -> None:
    assert parse(apple.printed("ioreg_m5_pro.plist")) == [
        Accelerator(
            name="Apple M5 Pro",
            arch="G17X",
            driver_version="",
            cores=16,
            utilization_ratio=0.12,
            memory_used_bytes=1046872064,
        )
    ]


def test_what_an_m4_printed_is_read() -> None:
    # not the 15 % of the tiler and the renderer, nor the driver's own memory, which is 0
    assert parse(apple.printed("ioreg_m4.plist")) == [
        Accelerator(
            name="Apple M4",
            arch="G16G",
            driver_version="360.34.5",
            cores=10,
            utilization_ratio=0.17,
            memory_used_bytes=430571520,
        )
    ]


def test_what_is_not_said_is_none() -> None:
    [accelerator] = parse(apple.printed("ioreg_m3_pro.plist"))
    assert (accelerator.name, accelerator.arch, accelerator.cores) == ("Apple GPU", "", None)
    assert accelerator.utilization_ratio == 0.14


def test_a_name_that_is_kept_as_bytes_is_read() -> None:
    [accelerator] = parse(apple.printed("ioreg_names_as_bytes.plist"))
    assert accelerator.name == "Apple M1"


def test_graphics_of_other_makers_are_none_of_apple_s() -> None:
    assert parse(apple.printed("ioreg_intel_mac.plist")) == []


@pytest.mark.parametrize("text", [b"", b"\n", plistlib.dumps([])])
def test_where_there_are_none_there_are_none(text: bytes) -> None:
    assert parse(text) == []


@pytest.mark.parametrize("text", [b"ioreg: error", b"<plist><array><dict>", b"bplist00\x00"])
def test_what_is_no_property_list_is_an_error_that_says_so(text: bytes) -> None:
    with pytest.raises(ValueError, match="ioreg printed no property list"):
        parse(text)


def entry(**told: object) -> bytes:
    return plistlib.dumps({"IOClass": "AGXAcceleratorG13G", **told})


@pytest.mark.parametrize("statistics", [{}, [], "none", {"Device Utilization %": "12"}])
def test_statistics_of_another_shape_tell_nothing(statistics: object) -> None:
    [accelerator] = parse(entry(PerformanceStatistics=statistics))
    assert accelerator.utilization_ratio is None
    assert accelerator.memory_used_bytes is None


@pytest.mark.parametrize(("percent", "ratio"), [(0, 0.0), (100, 1.0), (137, None), (-1, None)])
def test_a_share_is_at_most_all(percent: int, ratio: float | None) -> None:
    [accelerator] = parse(entry(PerformanceStatistics={"Device Utilization %": percent}))
    assert accelerator.utilization_ratio == ratio


def test_a_flag_is_no_number() -> None:
    [accelerator] = parse(entry(**{"gpu-core-count": True, "model": 5}))
    assert (accelerator.cores, accelerator.name) == (None, "Apple GPU")
