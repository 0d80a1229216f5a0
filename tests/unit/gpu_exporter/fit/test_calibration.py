"""What a loaded model really holds: near to what was reckoned, or a sign that it runs otherwise."""

import pytest

from gpu_exporter.fit.cache import CacheTypes, Slots
from gpu_exporter.fit.calibration import Measured, explanations, measured
from gpu_exporter.fit.need import Manner, need_of
from gpu_exporter.fit.residents import Resident
from tests.anatomies import LLAMA32_3B

NEED = need_of(LLAMA32_3B.facts(), LLAMA32_3B.size_bytes, Manner(Slots(8192)))


def resident(on_cards: int, on_host: int = 0, tokens: int | None = 8192) -> Resident:
    return Resident("x", on_cards, on_host, tokens, None)


def test_what_is_on_a_card_is_compared_with_what_a_card_needs() -> None:
    found = measured(resident(2 * NEED.on_card), NEED)
    assert found == Measured(2 * NEED.on_card, NEED.on_card, 8192, True)
    found = measured(resident(0, 7), NEED)
    assert found == Measured(7, NEED.total, 8192, True)


def test_without_a_size_or_a_context_there_is_nothing_to_compare() -> None:
    assert measured(resident(0), NEED) is None
    assert measured(resident(7, tokens=None), NEED) is None


@pytest.mark.parametrize(
    ("ratio", "is_near"), [(1.0, True), (0.95, True), (1.08, True), (0.8, False), (1.2, False)]
)
def test_a_small_difference_corrects_the_need_by_as_much(ratio: float, is_near: bool) -> None:
    size = round(NEED.on_card * ratio)
    found = measured(resident(size), NEED)
    assert found is not None and found.is_near is is_near
    other = need_of(LLAMA32_3B.facts(), 0, Manner(Slots(16384)))
    corrected = found.corrected(other)
    shift = size - NEED.on_card if is_near else 0
    assert corrected.on_card == other.on_card + shift
    assert corrected.total == other.total + shift


def test_what_is_divided_cannot_be_compared() -> None:
    found = measured(resident(NEED.on_card // 2, NEED.on_card // 2), NEED)
    assert found is not None and not found.is_whole and not found.is_near


def test_the_error_says_by_how_much_too_much_was_reckoned() -> None:
    assert Measured(100, 110, 1, True).error_ratio == pytest.approx(0.1)
    assert Measured(100, 90, 1, True).error_ratio == pytest.approx(-0.1)
    assert Measured(0, 90, 1, True).error_ratio == 0


def test_settings_that_would_explain_a_size_are_found() -> None:
    def with_settings(parallel: int, types: CacheTypes) -> int:
        manner = Manner(Slots(8192, parallel), types)
        return need_of(LLAMA32_3B.facts(), LLAMA32_3B.size_bytes, manner).on_card

    four = with_settings(4, CacheTypes())
    found = list(explanations(Measured(four, NEED.on_card, 8192, True), with_settings))
    assert (4, CacheTypes()) in found
    assert (1, CacheTypes()) not in found
