"""Why clocks are held down, and for how long."""

from dataclasses import replace

import pytest

from gpu_exporter.nvidia.asking import Asking
from gpu_exporter.nvidia.identity import Identity, identify
from gpu_exporter.nvidia.library import Code
from gpu_exporter.nvidia.throttle import (
    REASONS,
    active_reasons,
    counter_fields,
    throttled_seconds,
)
from tests.nvml_answers import Answers, Fails, a_card


def known(reasons: int | None = 0x1FF, driver: str = "595.71.05") -> Identity:
    card = identify(Asking(Answers(a_card())), 0)
    return replace(card, throttle_reasons=reasons, driver_version=driver)


def test_every_reason_that_the_card_can_tell_is_said() -> None:
    asking = Asking(Answers({"nvmlDeviceGetCurrentClocksEventReasons(0)": 0x44}))
    active = active_reasons(asking, known())
    assert active.keys() == REASONS.keys()
    assert [reason for reason, is_active in active.items() if is_active] == [
        "power_cap",
        "hw_thermal",
    ]


def test_a_reason_that_it_cannot_tell_is_not() -> None:
    asking = Asking(Answers({"nvmlDeviceGetCurrentClocksEventReasons(0)": 0x1}))
    assert active_reasons(asking, known(0x5)) == {"idle": 1, "power_cap": 0}


def test_an_older_driver_is_asked_by_the_older_name() -> None:
    asking = Asking(Answers({"nvmlDeviceGetCurrentClocksThrottleReasons(0)": 0x4}))
    assert active_reasons(asking, known(0x4)) == {"power_cap": 1}


def test_a_card_that_tells_none_has_none() -> None:
    assert active_reasons(Asking(Answers()), known()) == {}
    told = Answers({"nvmlDeviceGetCurrentClocksEventReasons(0)": 0x4})
    assert active_reasons(Asking(told), known(None)) == {}


@pytest.mark.parametrize(
    ("driver", "hardware"),
    [
        ("470.82.01", None),
        ("570.172.08", None),
        ("575.51.03", 252),
        ("580.65.06", 252),
        ("580.76.05", None),
        ("580.82.07", 270),
        ("580.126.09", 270),
        ("595.71.05", 270),
        ("", None),
        ("beta", None),
    ],
)
def test_the_fields_of_the_hardware_are_where_the_driver_has_them(
    driver: str, hardware: int | None
) -> None:
    fields = counter_fields(driver)
    assert fields.get("hw_thermal") == hardware
    assert fields.get("hw_power_brake") == (None if hardware is None else hardware + 1)
    assert fields["power_cap"] == 74


def test_nanoseconds_become_seconds() -> None:
    values = {74: 1_412_000_000.0, 270: 5e8, 185: 25_920.0}
    seconds = throttled_seconds(Asking(Answers()), known(), values)
    assert seconds == {"power_cap": 1.412, "hw_thermal": 0.5}


def test_without_the_fields_the_violations_are_asked_for() -> None:
    asking = Asking(
        Answers(
            {
                "nvmlDeviceGetViolationStatus(0, 0)": {"referenceTime": 1, "violationTime": 25e8},
                "nvmlDeviceGetViolationStatus(0, 2)": Fails(Code.NOT_SUPPORTED),
            }
        )
    )
    assert throttled_seconds(asking, known(), {}) == {"power_cap": 2.5}
