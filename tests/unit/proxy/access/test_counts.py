"""The numbers of aliases: of all processes together, each writing its own."""

import pytest

from proxy.access.counts import MOST_ALIASES, OVERFLOW, RESERVED, Counts, table_bytes
from proxy.shared import Shared
from tests.clock import Clock


def counts(**told: object) -> Counts:
    return Counts(clock=Clock(), wall_clock=Clock(1_795_435_200.0), **told)  # type: ignore[arg-type]


def of_processes(number: int) -> list[Counts]:
    """The counts of several processes over one memory."""
    shared = Shared(access_bytes=table_bytes(number))
    return [
        counts(memory=Shared(shared.descriptor).access, processes=number, index=index)
        for index in range(number)
    ]


def test_what_is_in_flight_is_counted_exactly() -> None:
    found = counts()
    alice, bob = found.place("alice"), found.place("bob")
    found.enter(alice)
    found.enter(alice)
    found.enter(bob)
    assert (found.in_flight(alice), found.in_flight(bob)) == (2, 1)
    found.leave(alice)
    found.leave(bob)
    assert (found.in_flight(alice), found.in_flight(bob)) == (1, 0)
    assert sum(found.requests_by_step(alice)) == found.requests_today(alice) == 2


def test_processes_see_each_others_numbers() -> None:
    first, second, third = of_processes(3)
    for one in (first, second, second):
        one.enter(one.place("alice"))
    second.use(second.place("alice"), 10, 5, 1.5)
    third.refuse(third.place("alice"))
    place = third.place("alice")
    assert [one.in_flight(place) for one in (first, second, third)] == [3, 3, 3]
    assert sum(first.tokens_by_step(place)) == third.tokens_today(place) == 15
    totals = first.totals(place)
    assert (totals.requests, totals.refused) == (3, 1)
    assert (totals.prompt_tokens, totals.generated_tokens, totals.model_seconds) == (10, 5, 1.5)


def test_who_only_reads_sees_the_same_and_takes_nothing() -> None:
    shared = Shared(access_bytes=table_bytes(2))
    writer = counts(memory=shared.access, processes=2, index=1)
    writer.enter(writer.place("alice"))
    reader = counts(memory=shared.access, processes=2, index=None)
    assert list(reader.aliases()) == [("alice", writer.place("alice"))]
    assert reader.in_flight(writer.place("alice")) == 1


def test_what_a_process_had_in_flight_ends_with_it_and_what_it_counted_stays() -> None:
    shared = Shared(access_bytes=table_bytes(2))
    first = counts(memory=shared.access, processes=2, index=0)
    killed = counts(memory=shared.access, processes=2, index=1)
    place = first.place("alice")
    for one in (first, killed, killed):
        one.enter(one.place("alice"))
    next_one = counts(memory=shared.access, processes=2, index=1)
    assert next_one.in_flight(place) == first.in_flight(place) == 1
    assert next_one.totals(place).requests == 3


def test_names_are_told_as_they_are() -> None:
    found = counts()
    names = ["alice", "Jürgen Müller", "x" * 120, "bob@example.org"]
    places = [found.place(name) for name in names]
    assert len(set(places)) == 4
    assert {name for name, _ in found.aliases()} == set(names)
    assert [found.place(name) for name in names] == places


def test_a_name_that_ends_within_a_letter_is_told_all_the_same() -> None:
    found = counts()
    found.place("ü" * 100)
    assert [name[:60] for name, _ in found.aliases()] == ["ü" * 60]


def test_those_that_find_no_place_share_the_last() -> None:
    found = counts()
    most = MOST_ALIASES - RESERVED
    places = [found.place(f"user {number}") for number in range(most + 50)]
    assert len(set(places)) == most
    late = places[-51:]
    assert set(late) == {MOST_ALIASES - 1}
    found.enter(late[0])
    assert found.in_flight(found.place(f"user {most + 20}")) == 1
    assert dict(found.aliases())[OVERFLOW] == MOST_ALIASES - 1
    for number in range(2 * MOST_ALIASES):
        found.place(f"another {number}")
    assert len(found._places) <= 2 * MOST_ALIASES + 1
    assert found.place("user 0") == places[0]


def test_those_of_the_file_have_a_place_of_their_own_however_many_come_before() -> None:
    found = counts()
    found.expect(["alice"])
    for number in range(MOST_ALIASES):
        found.place(f"user {number}")
    assert found.place("bob") == MOST_ALIASES - 1
    later = ["bob", *(f"alias {number}" for number in range(RESERVED - 2))]
    found.expect(["alice", *later])  # as many as a file may have
    places = {found.place(alias) for alias in ("alice", *later)}
    assert len(places) == RESERVED and MOST_ALIASES - 1 not in places
    assert found.place("one more") == MOST_ALIASES - 1
    told = dict(found.aliases())
    assert told["bob"] == found.place("bob")


def test_a_file_read_anew_changes_no_number_of_an_alias() -> None:
    first, second = of_processes(2)
    for one in (first, second):
        one.expect(["alice", "bob"])
        one.enter(one.place("alice"))
    for one in (first, second):
        one.expect(["bob"])
    assert first.in_flight(first.place("alice")) == 2
    first.expect(["alice"])
    assert second.in_flight(first.place("alice")) == 2


@pytest.mark.parametrize("tokens", [1 << 40, 1 << 64, 10**400])
def test_no_number_of_an_upstreams_is_too_large_to_count(tokens: int) -> None:
    found = counts()
    place = found.place("alice")
    for _ in range(3):
        found.use(place, tokens, tokens, 1.0)
    totals = found.totals(place)
    assert totals.prompt_tokens == totals.generated_tokens == 3 * ((1 << 40) - 1)
    assert found.tokens_today(place) == (1 << 40) - 1
    found.own(place).totals[2] = (1 << 63) - 2
    found.use(place, tokens, 0, 1.0)
    assert found.totals(place).prompt_tokens == (1 << 63) - 1


def test_a_number_below_zero_gives_nothing_back() -> None:
    found = counts()
    place = found.place("alice")
    found.use(place, 5, 5, 1.0)
    found.use(place, -(10**30), -1, -1.0)
    assert found.tokens_today(place) == 10
    assert found.totals(place).model_seconds == 1.0


def test_of_two_that_take_a_place_at_once_the_other_finds_another() -> None:
    first, second = of_processes(2)
    place = first.place("alice")
    begin = place * first._width
    kept = first._memory[begin]
    first._memory[begin] = kept + 1  # as if another alias had come at the same instant
    assert first.place("alice") == (place + 1) % (MOST_ALIASES - 1)
    assert second.place("alice") == first.place("alice")


def test_one_whose_place_was_taken_in_that_instant_finds_so_at_its_next_use() -> None:
    class Late(Counts):
        """Another process comes a moment later, and has the first place that alice takes."""

        lost = -1

        def _name(self, begin: int, alias: str, key: int) -> None:
            super()._name(begin, alias, key)
            if alias == "alice" and self.lost < 0:
                self.lost = begin // self._width
                super()._name(begin, "mallory", key + 1)

    found = Late(clock=Clock(), wall_clock=Clock(1_795_435_200.0))
    assert found.place("alice") == found.lost
    own = found.place("alice")
    assert own == found.lost + 1
    assert found.place("alice") == own
    assert dict(found.aliases()) == {"mallory": found.lost, "alice": own}


def test_a_table_is_as_large_as_is_said() -> None:
    processes = 4
    memory = memoryview(bytearray(table_bytes(processes))).cast("q")
    found = counts(memory=memory, processes=processes, index=processes - 1)
    for number in range(MOST_ALIASES + 5):
        found.enter(found.place(f"user {number}"))
    assert sum(found.in_flight(place) for place in range(MOST_ALIASES)) == MOST_ALIASES + 5
