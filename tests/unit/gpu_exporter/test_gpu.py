"""What is known of a card: nothing that it did not say."""

from dataclasses import fields, replace

from gpu_exporter.gpu import HERTZ, Gpu, scaled, told
from tests.exporters import a_gpu

IDENTITY = {
    *("index", "uuid", "name", "vendor", "driver_version", "cuda_version", "pci_bus_id", "arch"),
    "unified_memory",
}


def test_a_card_that_says_nothing_has_no_values() -> None:
    gpu = a_gpu()
    values = {field.name for field in fields(Gpu)} - IDENTITY
    assert [name for name in values if getattr(gpu, name)] == []
    assert gpu.watts is None


def test_power_over_time_is_the_average_where_there_is_one() -> None:
    assert replace(a_gpu(), power_watts={"instant": 90.0}).watts == 90.0
    assert replace(a_gpu(), power_watts={"instant": 90.0, "average": 80.0}).watts == 80.0


def test_values_come_in_our_units_and_what_is_not_told_is_left_out() -> None:
    assert told({"average": 301_400, "instant": None}, 1e3) == {"average": 301.4}
    assert told({"free": 0}) == {"free": 0}
    assert told({"sm": 2790}, HERTZ) == {"sm": 2_790_000_000}
    assert (scaled(57, 100), scaled(None, 100)) == (0.57, None)
