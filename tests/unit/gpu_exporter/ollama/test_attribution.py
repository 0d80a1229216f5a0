"""Who holds the memory of cards, from what is known of processes and models."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_exporter.gpu import Gpu
from gpu_exporter.ollama.attribution import (
    Level,
    Share,
    counts,
    level,
    seen_cards,
    shares,
    unattributed_bytes,
)
from gpu_exporter.ollama.runners import Holder, Role
from ollama_observe.wire.loaded import LoadedModel
from tests.ollamas import card

RUNNER, OLLAMA, OTHER = Holder(Role.RUNNER, "w"), Holder(Role.OLLAMA), Holder(Role.OTHER)


def model(vram: int | None) -> LoadedModel:
    return LoadedModel("m:latest", "", 100, vram, None, None)


def test_without_a_card_that_tells_of_memory_there_is_what_ollama_reports() -> None:
    assert level([], []) is Level.REPORTED
    blind = card(processes={7: 1})
    assert level([blind], [blind]) is Level.REPORTED


def test_cards_that_tell_of_memory_are_the_second_level() -> None:
    assert level([card(used=1)], []) is Level.MEASURED


def test_the_third_level_needs_the_processes_of_every_card_with_memory() -> None:
    first, second, integrated = card("0", used=1), card("1", used=1), card("2")
    assert level([first, second], [first]) is Level.MEASURED
    assert level([first, second, integrated], [first, second]) is Level.BY_PROCESS


def test_memory_that_is_the_machine_s_as_well_says_nothing_of_models() -> None:
    own, shared = card("0", used=1000, processes={}), card("1", used=64_000, unified=True)
    assert level([shared], [shared]) is Level.REPORTED
    assert level([own, shared], [own]) is Level.BY_PROCESS
    assert unattributed_bytes([shared], [model(400)]) is None
    assert unattributed_bytes([own, shared], [model(400)]) == 600


@pytest.mark.parametrize(
    ("listed", "sees_all", "is_seen"),
    [
        (None, True, False),  # the driver does not list processes
        ({}, True, True),  # an idle card
        ({}, False, False),  # a container: nobody knows
        ({7: 1}, False, True),
        ({8: 1}, False, False),  # numbers that lead nowhere here
        ({7: 1, 8: 1}, False, True),
        ({8: 1}, True, True),  # it has just ended
    ],
)
def test_a_list_is_believed_where_its_processes_can_be_seen(
    listed: dict[int, int | None] | None, sees_all: bool, is_seen: bool
) -> None:
    gpu = card(processes=listed)
    assert seen_cards([gpu], {7: RUNNER, 8: None}, sees_all) == ([gpu] if is_seen else [])


@pytest.mark.parametrize(
    ("used", "vram", "left"),
    [
        ([1000.0], [400, 300], 300.0),
        ([1000.0, 500.0], [400], 1100.0),
        ([1000.0, None], [400], 600.0),
        ([300.0], [400], -100.0),
        ([300.0], [], 300.0),
        ([None], [400], None),
        ([], [400], None),
        ([300.0], [100, None], None),
    ],
)
def test_what_ollama_does_not_report_is_left(
    used: list[float | None], vram: list[int | None], left: float | None
) -> None:
    gpus = [card(str(index), used=bytes_) for index, bytes_ in enumerate(used)]
    assert unattributed_bytes(gpus, [model(bytes_) for bytes_ in vram]) == left


def test_processes_are_summed_up_by_card_role_and_model() -> None:
    gpus = [
        card("0", processes={1: 10, 2: 20, 3: 5, 4: 1, 5: 2, 6: None}),
        card("1", processes={1: 7}),
    ]
    holders = {1: RUNNER, 2: RUNNER, 3: Holder(Role.RUNNER, "unheard of"), 4: OLLAMA, 5: None}
    assert shares(gpus, holders, {"w": "m:latest"}) == [
        Share(("0", "GPU-0"), Role.RUNNER, "m:latest", 30),
        Share(("0", "GPU-0"), Role.RUNNER, "other", 5),
        Share(("0", "GPU-0"), Role.OLLAMA, "none", 1),
        Share(("0", "GPU-0"), Role.OTHER, "none", 2),
        Share(("1", "GPU-1"), Role.RUNNER, "m:latest", 7),
    ]


def test_a_process_without_a_known_amount_adds_nothing_but_is_counted() -> None:
    gpus = [card("0", processes={1: None, 2: 5})]
    holders = {1: RUNNER, 2: OTHER}
    assert shares(gpus, holders, {}) == [Share(("0", "GPU-0"), Role.OTHER, "none", 5)]
    found = {role.value: count for (_, role), count in counts(gpus, holders).items()}
    assert found == {"ollama_runner": 1, "ollama": 0, "other": 1}


def test_an_idle_card_has_no_process_of_any_role() -> None:
    assert set(counts([card(processes={})], {}).values()) == {0}
    assert len(counts([card(processes={})], {})) == len(Role)


HOLDERS = st.dictionaries(
    st.integers(1, 9), st.none() | st.builds(Holder, st.sampled_from(Role), st.sampled_from("ab"))
)
CARDS = st.lists(
    st.dictionaries(st.integers(1, 9), st.integers(0, 99)), min_size=1, max_size=3
).map(lambda cards: [card(str(at), processes=dict(listed)) for at, listed in enumerate(cards)])


@given(CARDS, HOLDERS)
def test_no_byte_is_lost_and_none_is_counted_twice(
    gpus: list[Gpu], holders: dict[int, Holder | None]
) -> None:
    listed = [process for gpu in gpus for process in gpu.processes or ()]
    found = shares(gpus, holders, {"a": "m"})
    assert sum(share.memory_bytes for share in found) == sum(
        process.memory_bytes or 0 for process in listed
    )
    assert len({(share.card, share.role, share.model) for share in found}) == len(found)
    assert sum(counts(gpus, holders).values()) == len(listed)
