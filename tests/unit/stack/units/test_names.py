from stack.parts import STOP_ORDER
from stack.units.names import TARGET, ours, part_of, unit_of


def test_a_part_and_its_unit_name_each_other() -> None:
    assert unit_of("gpu-exporter") == "ollama-observe-gpu-exporter.service"
    assert [part_of(unit_of(part)) for part in STOP_ORDER] == list(STOP_ORDER)


def test_of_a_folder_only_what_the_stack_writes_is_ours_the_target_first() -> None:
    there = ["ollama.service", unit_of("proxy"), "ollama-observe-mine.service", TARGET]
    assert ours(there) == [TARGET, unit_of("proxy")]
