"""The parts of a card that MIG set aside."""

from gpu_exporter.gpu import MigInstance
from gpu_exporter.nvidia.asking import Asking
from gpu_exporter.nvidia.library import Code
from gpu_exporter.nvidia.mig import list_devices, read_devices
from tests.nvml_answers import Answers, Fails


def part(number: int, instance: int, name: str = "MIG 1g.10gb") -> dict[str, object]:
    """The answers of a MIG device of card 0."""
    return {
        f"nvmlDeviceGetMigDeviceHandleByIndex(0, {number})": True,
        f"nvmlDeviceGetGpuInstanceId([0, {number}])": instance,
        f"nvmlDeviceGetUUID([0, {number}])": f"MIG-{number}",
        f"nvmlDeviceGetName([0, {number}])": f"NVIDIA H100 80GB HBM3 {name}",
        f"nvmlDeviceGetMemoryInfo_v2([0, {number}])": {"total": 1000, "used": 100 + number},
    }


def test_places_that_are_free_are_passed_over() -> None:
    library = Answers({"nvmlDeviceGetMaxMigDeviceCount(0)": 7, **part(1, 9), **part(4, 3)})
    found = list_devices(Asking(library), 0)
    assert [(device.number, device.gpu_instance_id, device.uuid) for device in found] == [
        (1, "9", "MIG-1"),
        (4, "3", "MIG-4"),
    ]


def test_a_part_that_comes_later_is_found_then() -> None:
    library = Answers({"nvmlDeviceGetMaxMigDeviceCount(0)": 7})
    library.answers["nvmlDeviceGetMigDeviceHandleByIndex(0, 2)"] = Fails(Code.NOT_FOUND)
    asking = Asking(library)
    assert list_devices(asking, 0) == ()
    library.answers |= part(2, 5)
    assert [device.uuid for device in list_devices(asking, 0)] == ["MIG-2"]


def test_a_part_has_its_profile_and_memory() -> None:
    library = Answers({"nvmlDeviceGetMaxMigDeviceCount(0)": 1, **part(0, 9)})
    asking = Asking(library)
    assert read_devices(asking, list_devices(asking, 0)) == (
        MigInstance("9", "MIG-0", "1g.10gb", memory_used_bytes=100, memory_total_bytes=1000),
    )


def test_an_older_driver_does_not_name_the_profile() -> None:
    library = Answers({"nvmlDeviceGetMaxMigDeviceCount(0)": 1, **part(0, 9, "")})
    assert list_devices(Asking(library), 0)[0].profile == ""


def test_parts_of_one_instance_do_not_count_its_memory_twice() -> None:
    library = Answers({"nvmlDeviceGetMaxMigDeviceCount(0)": 2, **part(0, 9), **part(1, 9)})
    asking = Asking(library)
    first, second = read_devices(asking, list_devices(asking, 0))
    assert (first.memory_used_bytes, second.memory_used_bytes) == (100, None)
    assert first.uuid != second.uuid


def test_the_memory_of_an_older_driver_is_asked_for_in_the_older_way() -> None:
    library = Answers({"nvmlDeviceGetMaxMigDeviceCount(0)": 1, **part(0, 9)})
    del library.answers["nvmlDeviceGetMemoryInfo_v2([0, 0])"]
    library.answers["nvmlDeviceGetMemoryInfo([0, 0])"] = {"total": 1000, "used": 7}
    asking = Asking(library)
    assert read_devices(asking, list_devices(asking, 0))[0].memory_used_bytes == 7


def test_a_part_that_is_gone_has_no_memory() -> None:
    library = Answers({"nvmlDeviceGetMaxMigDeviceCount(0)": 1, **part(0, 9)})
    asking = Asking(library)
    devices = list_devices(asking, 0)
    del library.answers["nvmlDeviceGetMemoryInfo_v2([0, 0])"]
    assert read_devices(asking, devices)[0].memory_total_bytes is None


def test_a_card_that_cannot_be_divided_has_no_parts() -> None:
    assert list_devices(Asking(Answers()), 0) == ()
