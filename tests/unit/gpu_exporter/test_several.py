"""Several ways to read cards as one, and what becomes of the others' cards when one fails."""

import pytest

from gpu_exporter.errors import CardsMissing, Unavailable
from gpu_exporter.gpu import Backend
from gpu_exporter.several import Several
from tests.exporters import ScriptedBackend, a_gpu

GEFORCE = a_gpu("0", "GPU-a")
RADEON = a_gpu("0", "0000:03:00.0", "amd")


def two() -> tuple[ScriptedBackend, ScriptedBackend, Several]:
    nvml, sysfs = ScriptedBackend("nvml", [GEFORCE]), ScriptedBackend("sysfs", [RADEON])
    return nvml, sysfs, Several([nvml, sysfs])


def indices(backend: Backend) -> dict[str, str]:
    return {gpu.uuid: gpu.index for gpu in backend.read()}


def test_cards_of_all_ways_are_read_and_each_has_an_index_of_its_own() -> None:
    _, _, several = two()
    assert indices(several) == {"GPU-a": "0", "0000:03:00.0": "1"}
    assert several.name == "nvml+sysfs"


def test_where_no_way_finds_a_card_all_say_what_they_looked_for() -> None:
    nvml, sysfs, several = two()
    nvml.answer, sysfs.answer = Unavailable("no driver"), Unavailable("nothing in /sys")
    with pytest.raises(Unavailable, match="no driver; nothing in /sys"):
        several.read()
    assert several.name == "none"


def test_a_way_that_reads_no_card_has_found_none() -> None:
    nvml, sysfs, several = two()
    nvml.answer, sysfs.answer = (), ()
    with pytest.raises(Unavailable, match="no way found a card"):
        several.read()
    assert several.name == "none"


def test_a_way_that_is_absent_does_not_disturb_the_other() -> None:
    nvml, _, several = two()
    nvml.answer = Unavailable("no driver")
    assert indices(several) == {"0000:03:00.0": "0"}
    assert several.name == "sysfs"


def test_a_way_that_fails_leaves_the_other_cards_and_is_told() -> None:
    nvml, _, several = two()
    several.read()
    nvml.answer = OSError("the driver is gone")
    with pytest.raises(CardsMissing, match="nvml: OSError: the driver is gone") as missing:
        several.read()
    assert [(gpu.uuid, gpu.index) for gpu in missing.value.gpus] == [("0000:03:00.0", "1")]


def test_the_name_and_the_indices_stay_while_a_way_fails() -> None:
    nvml, _, several = two()
    before = indices(several)
    nvml.answer = OSError("gone")
    with pytest.raises(CardsMissing):
        several.read()
    assert several.name == "nvml+sysfs"
    nvml.answer = [GEFORCE]
    assert indices(several) == before


def test_a_card_that_comes_later_takes_no_index_from_another() -> None:
    nvml, _, several = two()
    nvml.answer = OSError("not yet")
    with pytest.raises(CardsMissing) as missing:
        several.read()
    assert [gpu.index for gpu in missing.value.gpus] == ["0"]
    nvml.answer = [GEFORCE, a_gpu("1", "GPU-b")]
    assert indices(several) == {"GPU-a": "1", "GPU-b": "2", "0000:03:00.0": "0"}


def test_where_all_fail_that_is_no_absence() -> None:
    nvml, sysfs, several = two()
    nvml.answer, sysfs.answer = OSError("gone"), Unavailable("nothing in /sys")
    with pytest.raises(CardsMissing) as missing:
        several.read()
    assert (str(missing.value), missing.value.gpus) == ("nvml: OSError: gone", [])


def test_a_card_that_two_ways_read_is_one() -> None:
    nvml, sysfs, several = two()
    sysfs.answer = [a_gpu("5", "GPU-a", "other")]
    (gpu,) = several.read()
    assert gpu is GEFORCE
    assert nvml.answer == [GEFORCE]


def test_cards_without_an_identity_are_not_taken_for_one() -> None:
    _, sysfs, several = two()
    sysfs.answer = [a_gpu("0", ""), a_gpu("1", "")]
    assert [gpu.index for gpu in several.read()] == ["0", "1", "2"]


def test_all_are_closed() -> None:
    nvml, sysfs, several = two()
    several.close()
    assert nvml.is_closed and sysfs.is_closed


def test_what_nvml_answered_is_found_wherever_it_is() -> None:
    nvml, _, several = two()
    assert several.return_code is None
    nvml.return_code = 0
    assert several.return_code == 0


def test_the_cards_that_a_way_still_has_stay_where_it_lost_one() -> None:
    nvml, _, several = two()
    nvml.answer = CardsMissing("GPU-b is lost", [GEFORCE])
    with pytest.raises(CardsMissing, match="nvml: GPU-b is lost") as missing:
        several.read()
    assert [gpu.uuid for gpu in missing.value.gpus] == ["GPU-a", "0000:03:00.0"]
