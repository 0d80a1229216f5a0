"""Whether a model fits: beside what is loaded, after it, in part, or not at all."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_exporter.fit.need import Need
from gpu_exporter.fit.places import Machine, Place
from gpu_exporter.fit.policy import Reckoning
from gpu_exporter.fit.residents import Resident
from gpu_exporter.fit.verdict import Kind, Question, Verdict, judge, layers_in, without

RESERVE = 2.0


def need(
    total: int, fixed: int = 1, layers: int = 10, unsure: int = 0, is_open: bool = False
) -> Need:
    """So much in all, of which `fixed` is room to compute in."""
    return Need(
        weights=total - fixed,
        cache=0,
        states=0,
        compute=fixed,
        output=0,
        process=0,
        total=total,
        on_card=total,
        spread=total - fixed,
        layers=layers,
        unsure=unsure,
        is_open=is_open,
    )


def card(
    free: float, index: str = "0", total: float = 100, used: float | None = None, **more: object
) -> Place:
    used = total - free if used is None else used
    told = {"id": index, "name": "x", "vendor": "nvidia", "total": total, "free": free}
    return Place(**{**told, "reserve": RESERVE, "used": used, **more})  # type: ignore[arg-type]


def host(free: float) -> Place:
    return Place("host", "main memory", "", 1000, free, RESERVE)


def on_card(name: str, size: int, at: float | None = 60.0, on_host: int = 0) -> Resident:
    return Resident(name, size, on_host, 4096, at)


def asked(need: Need, *cards: Place, free: float = 500, **more: object) -> Verdict:
    machine = Machine(sorted(cards, key=lambda one: -one.room), host(free))
    return judge(Question(need, machine, **more))  # type: ignore[arg-type]


def names(residents: Sequence[Resident]) -> list[str]:
    return [one.name for one in residents]


def test_what_has_room_on_a_card_fits_there() -> None:
    found = asked(need(40), card(50))
    assert (found.kind, [place.id for place in found.places]) == (Kind.FITS, ["0"])
    assert found.room == 48 and not found.gone


def test_what_is_left_alone_of_a_card_is_no_room() -> None:
    assert asked(need(48), card(50)).kind is Kind.FITS
    assert asked(need(49), card(50)).kind is Kind.FITS_PARTLY


def test_of_several_cards_one_that_holds_it_alone_is_taken() -> None:
    found = asked(need(40), card(30, "0"), card(90, "1"), card(50, "2"))
    assert [place.id for place in found.places] == ["1"]


def test_where_none_does_it_is_spread_and_each_needs_room_to_compute_in() -> None:
    cards = (card(50, "0"), card(40, "1"))
    found = asked(need(80, fixed=6), *cards)
    assert (found.kind, [place.id for place in found.places]) == (Kind.FITS, ["0", "1"])
    assert found.room == 86
    assert asked(need(81, fixed=6), *cards).kind is Kind.FITS_PARTLY


def test_it_is_not_spread_over_cards_of_two_makers() -> None:
    cards = (card(50, "0"), card(50, "1", vendor="amd"))
    assert asked(need(60), *cards).kind is Kind.FITS_PARTLY


def test_it_fits_after_the_first_that_goes_if_that_is_enough() -> None:
    others = [on_card("a", 20, 30.0), on_card("b", 30, 60.0)]
    found = asked(need(60), card(50), others=others)
    assert (found.kind, names(found.gone)) == (Kind.FITS_AFTER, ["a"])
    assert found.room == 68


def test_it_fits_after_all_if_need_be_also_those_that_stay() -> None:
    others = [on_card("a", 20, 30.0), on_card("pinned", 30, None)]
    found = asked(need(90), card(50), others=others)
    assert (found.kind, names(found.gone)) == (Kind.FITS_AFTER, ["a", "pinned"])


def test_in_part_so_many_layers_as_have_room() -> None:
    found = asked(need(101, fixed=1, layers=10), card(60))
    assert found.kind is Kind.FITS_PARTLY
    assert found.layers_on_cards == 5  # of ten each: 58 less 1 are room for five
    assert found.on_host == 51


def test_in_part_is_reckoned_with_all_others_gone_since_ollama_unloads_them() -> None:
    found = asked(need(200, layers=20), card(20), others=[on_card("a", 60)])
    assert (found.kind, names(found.gone)) == (Kind.FITS_PARTLY, ["a"])
    assert found.room == 78


def test_it_does_not_fit_where_main_memory_has_no_room_for_the_rest() -> None:
    assert asked(need(700), card(60), free=500).kind is Kind.DOES_NOT_FIT
    assert asked(need(540), card(60), free=500).kind is Kind.FITS_PARTLY


def test_on_a_card_that_shares_memory_there_is_no_part() -> None:
    assert asked(need(101), card(60, is_shared=True)).kind is Kind.DOES_NOT_FIT


def test_without_a_card_it_is_main_memory() -> None:
    assert asked(need(400)).kind is Kind.FITS
    assert asked(need(499)).kind is Kind.DOES_NOT_FIT
    others = [Resident("a", 0, 100, 4096, 9.0)]
    found = asked(need(550), others=others)
    assert (found.kind, names(found.gone)) == (Kind.FITS_AFTER, ["a"])


def test_where_nothing_is_known_of_the_machine_nothing_can_be_told() -> None:
    found = judge(Question(need(5), Machine((), None), [on_card("a", 7)]))
    assert found.kind is Kind.UNKNOWN
    assert judge(Question(need(50), Machine((card(10),), None))).kind is Kind.UNKNOWN


def test_what_is_loaded_with_other_settings_goes_first() -> None:
    found = asked(need(60), card(50), itself=on_card("x", 30))
    assert found.kind is Kind.FITS and not found.gone


def test_where_ollama_makes_more_room_than_is_needed_it_fits_only_after() -> None:
    others = [on_card("a", 20, 30.0), on_card("b", 10, 60.0)]
    found = asked(need(30), card(50), others=others, reckoning=Reckoning(40, 40))
    assert (found.kind, names(found.gone)) == (Kind.FITS_AFTER, ["a"])
    alone = asked(need(30), card(50), reckoning=Reckoning(47, 47))
    assert alone.kind is Kind.FITS


def test_ollama_s_reckoning_chooses_the_card() -> None:
    cards = (card(60, "0", is_shared=True), card(50, "1"))
    found = asked(need(30), *cards, reckoning=Reckoning(30, 30))
    assert [place.id for place in found.places] == ["1"]


def test_what_may_need_less_is_judged_for_both() -> None:
    assert asked(need(40, unsure=20), card(50)).kind is Kind.FITS
    assert asked(need(60, unsure=20), card(50)).kind is Kind.UNKNOWN
    assert asked(need(900, unsure=20), card(50)).kind is Kind.DOES_NOT_FIT


def test_what_may_need_more_never_fits_for_certain() -> None:
    assert asked(need(40, is_open=True), card(50)).kind is Kind.UNKNOWN
    assert asked(need(900, is_open=True), card(50)).kind is Kind.DOES_NOT_FIT


def test_what_goes_is_counted_on_the_card_where_so_much_is_in_use() -> None:
    machine = Machine((card(90, "0"), card(30, "1")), host(10))
    found = without(machine, on_card("a", 50, on_host=7))
    assert {one.id: one.free for one in found.cards} == {"0": 90, "1": 80}
    assert found.host is not None and found.host.free == 17
    again = without(found, on_card("b", 15))
    assert {one.id: one.free for one in again.cards} == {"0": 90, "1": 95}


def test_what_is_spread_over_several_cards_frees_all_of_them() -> None:
    cards = (card(20, "0", total=80), card(20, "1", total=80))
    found = without(Machine(cards, host(10)), on_card("big", 120))
    assert [(one.free, one.used) for one in found.cards] == [(80, 0), (80, 0)]
    verdict = asked(need(120), *cards, others=[on_card("big", 120)])
    assert (verdict.kind, names(verdict.gone)) == (Kind.FITS_AFTER, ["big"])


def test_a_card_that_shares_memory_frees_more_than_it_says_is_used_of_it() -> None:
    shared = Machine((card(40, total=100, used=1, is_shared=True),), host(40))
    assert without(shared, on_card("a", 30)).cards[0].free == 70
    untold = Machine((replace(card(40), total=None, used=None),), host(40))
    assert without(untold, on_card("a", 30)).cards[0].free == 70


def test_layers_are_taken_to_be_alike() -> None:
    assert layers_in(need(101, layers=10), [card(60)]) == 5
    assert layers_in(need(101, layers=10), [card(60), card(60, "1")]) == 10
    assert layers_in(need(101, layers=0), [card(60)]) == 0
    assert layers_in(need(101, layers=10), [card(1)]) == 0


sizes = st.integers(1, 200)
cards = st.lists(st.builds(card, st.floats(0, 100), st.sampled_from("0123")), max_size=3)
residents = st.lists(
    st.builds(on_card, st.sampled_from("abc"), sizes, st.none() | st.floats(0, 99)), max_size=3
)
ORDER = [Kind.FITS, Kind.FITS_AFTER, Kind.FITS_PARTLY, Kind.DOES_NOT_FIT]


@given(sizes, sizes, cards, residents, st.floats(0, 400))
def test_what_needs_more_never_fits_better(
    size: int, more: int, cards: list[Place], residents: list[Resident], free: float
) -> None:
    less = asked(need(size), *cards, free=free, others=residents)
    larger = asked(need(size + more), *cards, free=free, others=residents)
    assert ORDER.index(less.kind) <= ORDER.index(larger.kind)


@given(sizes, cards, residents, st.floats(0, 400), st.integers(0, 100))
def test_more_main_memory_never_makes_it_worse(
    size: int, cards: list[Place], residents: list[Resident], free: float, more: int
) -> None:
    before = asked(need(size), *cards, free=free, others=residents)
    after = asked(need(size), *cards, free=free + more, others=residents)
    assert ORDER.index(after.kind) <= ORDER.index(before.kind)


@given(sizes, cards, st.floats(0, 400))
def test_numbers_are_never_below_nothing(size: int, cards: list[Place], free: float) -> None:
    found = asked(replace(need(size)), *cards, free=free)
    assert found.room >= 0 and found.on_host >= 0 and (found.layers_on_cards or 0) >= 0


@pytest.mark.parametrize("kind", Kind)
def test_words_of_the_document_are_these(kind: Kind) -> None:
    assert kind.value in ("fits", "fits_after", "fits_partly", "does_not_fit", "unknown")
