"""What of a card never changes."""

import pytest

from gpu_exporter.nvidia.asking import Asking
from gpu_exporter.nvidia.identity import Identity, identify
from gpu_exporter.nvidia.library import Code, NvmlError
from tests.nvml_answers import Answers, Fails, a_card


def identity(**answers: object) -> Identity:
    """Of a card that gives these answers besides, with `_0` for `(0)`."""
    asked = {name.replace("_of_0", "(0)").replace("_now", "()"): v for name, v in answers.items()}
    return identify(Asking(Answers(a_card() | asked)), 0)


def test_a_card_that_can_say_little_is_known_by_what_it_says() -> None:
    card = identity()
    assert (card.uuid, card.name, card.driver_version) == ("GPU-0", "NVIDIA L40S", "595.71.05")
    assert (card.cuda_version, card.pci_bus_id, card.arch) == ("", "", "")
    assert (card.fans, card.throttle_reasons, card.pcie_width) == (None, None, None)
    assert not card.power_limit_watts
    assert not card.clock_max_hertz
    assert not card.is_integrated


def test_numbers_become_base_units() -> None:
    card = identify(
        Asking(
            Answers(
                a_card()
                | {
                    "nvmlDeviceGetPowerManagementDefaultLimit(0)": 350_000,
                    "nvmlDeviceGetPowerManagementLimitConstraints(0)": [100_000, 350_000],
                    "nvmlDeviceGetTemperatureThreshold(0, 1)": 92,
                    "nvmlDeviceGetMaxClockInfo(0, 2)": 9001,
                    "nvmlDeviceGetPciInfo(0)": {"busId": "00000000:41:00.0"},
                }
            )
        ),
        0,
    )
    assert card.power_limit_watts == {"default": 350, "min": 100, "max": 350}
    assert card.temperature_threshold_celsius == {"slowdown": 92}
    assert card.clock_max_hertz == {"memory": 9.001e9}
    assert card.pci_bus_id == "00000000:41:00.0"


@pytest.mark.parametrize(("number", "version"), [(12040, "12.4"), (13000, "13.0"), (9020, "9.2")])
def test_cuda_is_named_as_people_name_it(number: int, version: str) -> None:
    assert identity(nvmlSystemGetCudaDriverVersion_v2_now=number).cuda_version == version


def test_an_older_driver_names_its_cuda_too() -> None:
    assert identity(nvmlSystemGetCudaDriverVersion_now=9000).cuda_version == "9.0"


@pytest.mark.parametrize(("number", "arch"), [(4, "pascal"), (8, "ada"), (10, "blackwell")])
def test_an_architecture_has_its_name(number: int, arch: str) -> None:
    assert identity(nvmlDeviceGetArchitecture_of_0=number).arch == arch


def test_an_architecture_of_the_future_has_none() -> None:
    assert identity(nvmlDeviceGetArchitecture_of_0=99).arch == ""


@pytest.mark.parametrize(
    ("capability", "averages"),
    [([6, 1], False), ([7, 5], False), ([8, 0], False), ([8, 6], True), ([9, 0], True)],
)
def test_power_is_averaged_on_ampere_and_newer_but_not_on_ga100(
    capability: list[int], averages: bool
) -> None:
    card = identity(nvmlDeviceGetCudaComputeCapability_of_0=capability)
    assert card.averages_power is averages


@pytest.mark.parametrize(
    ("name", "is_integrated"),
    [
        ("NVIDIA GB10", True),
        ("Orin (nvgpu)", True),
        ("NVIDIA Thor", True),
        ("NVIDIA GB100", False),
        ("NVIDIA GH200 480GB", False),
    ],
)
def test_cards_without_memory_of_their_own_are_known_by_name(
    name: str, is_integrated: bool
) -> None:
    assert identity(nvmlDeviceGetName_of_0=name).is_integrated is is_integrated


def test_a_card_without_a_uuid_gets_a_name_of_its_own() -> None:
    assert identity(nvmlDeviceGetUUID_of_0=Fails(3)).uuid == "nvidia-0"


def test_a_card_that_cannot_be_talked_to_is_an_exception() -> None:
    with pytest.raises(NvmlError, match="no permission"):
        identity(nvmlDeviceGetHandleByIndex_of_0=Fails(Code.NO_PERMISSION))
