"""What a card says at the instant, in base units; what it does not say is not there."""

from dataclasses import replace
from typing import Any

import pytest

from gpu_exporter.gpu import Gpu
from gpu_exporter.nvidia.asking import Asking
from gpu_exporter.nvidia.identity import Identity, identify
from gpu_exporter.nvidia.values import Options, SystemMemory, read_values
from tests.nvml_answers import Answers, Fails, a_card

OPTIONS = Options(lambda: SystemMemory(total_bytes=1000, available_bytes=300))


def card(**changes: Any) -> Identity:
    return replace(identify(Asking(Answers(a_card())), 0), **changes)


def values(
    answers: dict[str, Any], known: Identity | None = None, options: Options = OPTIONS
) -> Gpu:
    """A card that gives these answers, written without the card's own number: `Name`, `Name 2`."""
    called = {}
    for name, answer in answers.items():
        function, *arguments = name.split()
        called[f"nvmlDeviceGet{function}({', '.join(['0', *arguments])})"] = answer
    found = read_values(Asking(Answers(called)), known or card(), options)
    return Gpu(index="0", uuid="u", name="n", vendor="nvidia", **found)


def test_a_card_that_says_nothing_has_no_values() -> None:
    assert values({}) == Gpu(index="0", uuid="u", name="n", vendor="nvidia")


def test_percent_are_ratios() -> None:
    gpu = values(
        {
            "UtilizationRates": {"gpu": 97, "memory": 50},
            "EncoderUtilization": [25, 167_000],
            "DecoderUtilization": [5, 167_000],
            "EncoderStats": [2, 184, 62_844],
        }
    )
    assert gpu.utilization_ratio == pytest.approx(0.97)
    assert gpu.memory_bandwidth_utilization_ratio == pytest.approx(0.5)
    assert gpu.encoder_utilization_ratio == pytest.approx(0.25)
    assert gpu.decoder_utilization_ratio == pytest.approx(0.05)
    assert gpu.encoder_sessions == 2


def test_reserved_memory_is_not_in_the_used() -> None:
    memory = {"total": 100, "reserved": 7, "used": 13, "free": 80}
    gpu = values({"MemoryInfo_v2": memory, "MemoryInfo": {"total": 100, "used": 20, "free": 80}})
    assert (gpu.memory_used_bytes, gpu.memory_reserved_bytes) == (13, 7)
    assert (gpu.memory_free_bytes, gpu.memory_total_bytes) == (80, 100)


def test_an_older_driver_does_not_tell_them_apart() -> None:
    gpu = values({"MemoryInfo": {"total": 100, "used": 20, "free": 80}})
    assert (gpu.memory_used_bytes, gpu.memory_reserved_bytes) == (20, None)


def test_a_card_without_memory_of_its_own_has_the_systems() -> None:
    answers = {
        "MemoryInfo_v2": Fails(3),
        "UtilizationRates": {"gpu": 96, "memory": 0},
        "CurrPcieLinkGeneration": 1,
    }
    gpu = values(answers, card(is_integrated=True))
    assert gpu.unified_memory
    assert (gpu.memory_used_bytes, gpu.memory_free_bytes, gpu.memory_total_bytes) == (
        700,
        300,
        1000,
    )
    assert gpu.utilization_ratio == pytest.approx(0.96)
    assert gpu.memory_bandwidth_utilization_ratio is None
    assert not gpu.pcie_link_generation


def test_a_card_that_only_does_not_tell_its_memory_has_none() -> None:
    gpu = values({"MemoryInfo_v2": Fails(4)})
    assert (gpu.unified_memory, gpu.memory_used_bytes, gpu.memory_total_bytes) == (
        False,
        None,
        None,
    )


def test_power_is_averaged_and_of_the_instant() -> None:
    gpu = values({"FieldValues 185": 25_920, "FieldValues 186": 27_740, "PowerUsage": 1})
    assert gpu.power_watts == {"average": 25.92, "instant": 27.74}


@pytest.mark.parametrize(("averages", "kind"), [(True, "average"), (False, "instant")])
def test_the_one_power_of_an_older_driver_is_what_the_card_makes_of_it(
    averages: bool, kind: str
) -> None:
    gpu = values({"PowerUsage": 71_150}, card(averages_power=averages))
    assert gpu.power_watts == {kind: 71.15}


def test_the_limit_that_is_enforced_is_read_each_time() -> None:
    gpu = values({"EnforcedPowerLimit": 250_000}, card(power_limit_watts={"default": 320.0}))
    assert gpu.power_limit_watts == {"default": 320, "enforced": 250}


def test_millijoules_are_joules() -> None:
    assert values({"TotalEnergyConsumption": 1_500}).energy_joules == pytest.approx(1.5)


def test_a_memory_of_no_temperature_has_no_sensor() -> None:
    gpu = values({"TemperatureV 0": 43, "FieldValues 82": 0})
    assert gpu.temperature_celsius == {"core": 43}
    assert values({"FieldValues 82": 59}).temperature_celsius == {"memory": 59}


def test_a_core_may_be_at_the_freezing_point() -> None:
    assert values({"Temperature 0": 0}).temperature_celsius == {"core": 0}


def test_clocks_are_hertz() -> None:
    gpu = values({"ClockInfo 0": 210, "ClockInfo 1": 210, "ClockInfo 2": 405})
    assert gpu.clock_hertz == {"graphics": 2.1e8, "sm": 2.1e8, "memory": 4.05e8}


def test_every_fan_has_its_speed() -> None:
    speeds = {"FanSpeed_v2 0": 38, "FanSpeed_v2 1": 104, "FanSpeedRPM 1": 1405}
    gpu = values(speeds, card(fans=2))
    assert gpu.fan_speed_ratio == {"0": 0.38, "1": 1.04}
    assert gpu.fan_speed_rpm == {"1": 1405}


def test_the_one_fan_of_an_older_driver_is_the_first() -> None:
    assert values({"FanSpeed": 30}, card(fans=None)).fan_speed_ratio == {"0": 0.3}


@pytest.mark.parametrize(("state", "said"), [(0, 0), (15, 15), (32, None)])
def test_an_unknown_performance_state_is_none(state: int, said: int | None) -> None:
    assert values({"PerformanceState": state}).performance_state == said


def test_the_link_is_as_it_is_and_as_it_can_be() -> None:
    gpu = values(
        {"CurrPcieLinkGeneration": 1, "CurrPcieLinkWidth": 8},
        card(pcie_generation=4, pcie_width=16),
    )
    assert gpu.pcie_link_generation == {"current": 1, "max": 4}
    assert gpu.pcie_link_width == {"current": 8, "max": 16}


def test_traffic_is_read_where_it_is_asked_for() -> None:
    answers = {"PcieThroughput 0": 50, "PcieThroughput 1": 185_000}
    assert not values(answers).pcie_throughput_bytes_per_second
    asked = values(answers, options=replace(OPTIONS, pcie_throughput=True))
    assert asked.pcie_throughput_bytes_per_second == {"transmit": 5e4, "receive": 1.85e8}


def test_throttling_is_read_with_the_fields() -> None:
    gpu = values(
        {"CurrentClocksEventReasons": 0x4, "FieldValues 74": 3_000_000_000},
        card(throttle_reasons=0x4),
    )
    assert (gpu.throttle_active, gpu.throttle_seconds) == ({"power_cap": 1}, {"power_cap": 3})
