"""The cards under DCGM's names, in DCGM's units."""

from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gpu_exporter.dcgm import ALIASES, text
from gpu_exporter.gpu import Gpu
from tests.exporters import a_gpu

FULL = replace(
    a_gpu("1", "GPU-a"),
    pci_bus_id="00000000:07:00.0",
    driver_version="580.1",
    power_watts={"average": 90.5, "instant": 95.0},
    energy_joules=1234.5,
    utilization_ratio=0.42,
    memory_bandwidth_utilization_ratio=0.07,
    memory_used_bytes=512 * 2**20,
    temperature_celsius={"core": 61.0, "memory": 70.0},
    encoder_utilization_ratio=0.5,
    decoder_utilization_ratio=0.0,
    xid_errors={"31": 2.0, "79": 1.0},
    xid_last_timestamp_seconds={"31": 200.0, "79": 100.0},
    throttle_seconds={"power_cap": 1.5, "sw_thermal": 9.0},
)


def values(*gpus: Gpu) -> dict[str, float]:
    """By the names in the text: the parser gives counters the ending that DCGM's do not have."""
    families = text_string_to_metric_families(text(gpus))
    samples = [sample for family in families for sample in family.samples]
    return {sample.name.removesuffix("_total"): sample.value for sample in samples}


def test_values_are_in_the_units_of_dcgm() -> None:
    assert values(FULL) == pytest.approx(
        {
            "DCGM_FI_DEV_POWER_USAGE": 90.5,
            "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION": 1_234_500,
            "DCGM_FI_DEV_GPU_UTIL": 42,
            "DCGM_FI_DEV_MEM_COPY_UTIL": 7,
            "DCGM_FI_DEV_FB_USED": 512,
            "DCGM_FI_DEV_GPU_TEMP": 61,
            "DCGM_FI_DEV_ENC_UTIL": 50,
            "DCGM_FI_DEV_DEC_UTIL": 0,
            "DCGM_FI_DEV_XID_ERRORS": 31,
            "DCGM_FI_DEV_POWER_VIOLATION": 1.5e9,
        }
    )


def test_counters_have_the_names_of_dcgm_to_the_letter() -> None:
    assert "\nDCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{" in text([FULL])
    assert "# TYPE DCGM_FI_DEV_POWER_VIOLATION counter\n" in text([FULL])
    assert "_total" not in text([FULL])


def test_a_card_carries_the_labels_that_readers_of_dcgm_look_for() -> None:
    (family, *_) = text_string_to_metric_families(text([FULL]))
    assert family.samples[0].labels == {
        "gpu": "1",
        "UUID": "GPU-a",
        "pci_bus_id": "00000000:07:00.0",
        "device": "nvidia1",
        "modelName": "Card GPU-a",
        "DCGM_FI_DRIVER_VERSION": "580.1",
    }


def test_the_activity_of_multiprocessors_is_not_made_up_from_the_utilisation() -> None:
    assert "PROF" not in text([FULL])
    assert len(ALIASES) == 10


def test_what_a_card_cannot_say_is_absent() -> None:
    assert text([a_gpu()]) == text([]) == ""
    two = text([FULL, a_gpu("2", "GPU-b")])
    assert "GPU-b" not in two


def test_an_energy_counter_that_is_not_believed_is_not_passed_on() -> None:
    assert "ENERGY" not in text([replace(FULL, vendor="amd")])


def test_each_family_is_named_once_however_many_cards() -> None:
    told = text([FULL, replace(FULL, index="2", uuid="GPU-b")])
    assert told.count("# TYPE DCGM_FI_DEV_GPU_UTIL gauge\n") == 1
    assert told.count("\nDCGM_FI_DEV_GPU_UTIL{") == 2


def test_a_name_cannot_break_the_line() -> None:
    odd = replace(FULL, name='a "card"\n\\')
    (family, *_) = text_string_to_metric_families(text([odd]))
    assert family.samples[0].labels["modelName"] == 'a "card"\n\\'
