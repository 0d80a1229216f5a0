"""Who is next: on paper, with thousands of requests, and against a model that counts all anew.

The scenes are simulations (tests/lines.py): what docs/QUEUE.md says of the order is shown here.
"""

import dataclasses
import math
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from proxy.queue.line import Line
from proxy.queue.paces import MOST_MODELS
from proxy.queue.priorities import Priority
from proxy.queue.rules import Rules
from proxy.queue.shares import BOUND_SECONDS, FADING_SECONDS, GRAIN_SECONDS
from proxy.queue.tickets import Ticket
from tests.lines import ROOMY, Comer, Play, jain

LOW, NORMAL, HIGH = Priority.LOW, Priority.NORMAL, Priority.HIGH


def rules(**changes: object) -> Rules:
    return dataclasses.replace(ROOMY, **changes)  # type: ignore[arg-type]


def service_of(play: Play, until: float) -> dict[str, float]:
    """Seconds of a slot that each client had."""
    found: dict[str, float] = {}
    for comer in play.served:
        assert comer.turn_at is not None
        ended_at = until if comer.ended_at is None else comer.ended_at
        found[comer.client] = found.get(comer.client, 0.0) + min(ended_at, until) - comer.turn_at
    return found


# turns


def test_who_came_first_is_first_where_all_are_alike() -> None:
    comers = [Comer(0.1 * number, f"{number}") for number in range(20)]
    assert Play().run(comers).served == comers


def test_a_higher_class_goes_first() -> None:
    comers = [Comer(0.0), *(Comer(0.1, priority=priority) for priority in (LOW, NORMAL, HIGH))]
    served = Play().run(comers).served
    assert [comer.priority for comer in served[1:]] == [HIGH, NORMAL, LOW]


def test_clients_take_turns_however_many_requests_each_has() -> None:
    comers = [Comer(0.0, "many") for _ in range(50)] + [Comer(0.5, "few") for _ in range(3)]
    served = Play().run(comers).served
    assert [comer.client for comer in served[:8]].count("few") == 3


def test_who_needs_long_has_its_turn_less_often() -> None:
    comers = [Comer(0.0, "long", 10.0) for _ in range(100)]
    comers += [Comer(0.0, "short", 1.0) for _ in range(1000)]
    had = service_of(Play().run(comers, until=600.0), 600.0)
    assert had["long"] == pytest.approx(had["short"], rel=0.1)


def test_a_model_whose_slots_are_taken_holds_up_no_other() -> None:
    comers = [Comer(0.0, model="slow", seconds=1000.0, priority=HIGH) for _ in range(20)]
    comers += [Comer(1.0, model="fast") for _ in range(3)]
    fast = [one for one in Play().run(comers, until=100.0).served if one.model == "fast"]
    assert [one.wait_seconds for one in fast] == [0.0, 1.0, 2.0]


def test_a_total_holds_for_all_models_and_starves_none() -> None:
    flood = [Comer(0.0, "one", model="a") for _ in range(200)]
    play = Play(rules(per_model=2, total=2)).run([*flood, Comer(1.0, "one", model="b")])
    other = next(one for one in play.served if one.model == "b")
    assert other.wait_seconds <= 2.0


def test_of_several_slots_that_become_free_at_once_one_client_does_not_get_all() -> None:
    comers = [Comer(0.0, "first", 5.0) for _ in range(4)]
    comers += [Comer(1.0, client) for client in "aaaabbbb"]
    served = Play(rules(per_model=4)).run(comers).served
    assert sorted(comer.client for comer in served[4:8]) == ["a", "a", "b", "b"]


def test_a_flood_does_not_age_into_the_highest_class() -> None:
    """What a client that gets its turns has waiting waits since its last turn: one each minute."""

    def again(comer: Comer) -> Comer | None:
        assert comer.ended_at is not None
        return Comer(comer.ended_at, "people", 3.0) if comer.client == "people" else None

    flood = [Comer(0.0, "batch", 1.0, priority=LOW) for _ in range(500)]
    play = Play(rules(ageing_seconds=60.0), then=again)
    play.run([*flood, *(Comer(0.0, "people", 3.0) for _ in range(2))], until=6000.0)
    turns = [one.client for one in play.served].count("batch")
    assert 6000.0 / 66.0 <= turns <= 6000.0 / 60.0 + 1


# nobody starves


@dataclass
class Crowd:
    """Clients of the highest class that have everything busy, each with so many requests."""

    clients: int
    each: int
    seed: int
    longest_seconds: float = 8.0
    _chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)

    def comes(self) -> list[Comer]:
        return [self.again(f"{n}", 0.0) for n in range(self.clients) for _ in range(self.each)]

    def again(self, client: str, at: float) -> Comer:
        seconds = min(self.longest_seconds, self._chance.expovariate(0.5) + 0.1)
        return Comer(at, client, seconds, priority=HIGH)

    def then(self, comer: Comer) -> Comer | None:
        assert comer.ended_at is not None
        return self.again(comer.client, comer.ended_at) if comer.priority is HIGH else None


def longest_wait_seconds(
    ageing: float, longest: float, slots: int, clients: int, ahead: int
) -> float:
    """The longest that the first of a low lane can wait; docs/QUEUE.md says why.

    Until it is of the highest class and its client as far behind as counts, from as far ahead as
    counts; then the slot in use, and one turn for each lane that was there before it.
    """
    behind = longest + 2 * BOUND_SECONDS * clients / slots
    return max(2 * ageing, behind) + longest + ahead * longest / slots


@pytest.mark.parametrize(
    ("slots", "clients", "each", "seed"), [(1, 5, 4, 0), (1, 5, 4, 1), (2, 20, 3, 0), (4, 40, 2, 1)]
)
def test_a_low_request_has_its_turn_within_the_bound_however_much_is_above_it(
    slots: int, clients: int, each: int, seed: int
) -> None:
    crowd = Crowd(clients, each, seed)
    lows = [Comer(100.0 + 97.0 * n, f"low {n % 7}", 2.0, priority=LOW) for n in range(40)]
    play = Play(rules(per_model=slots, ageing_seconds=30.0), then=crowd.then)
    play.run([*crowd.comes(), *lows], until=4500.0)
    assert len(play.served) > 1800
    for low in lows:
        bound = longest_wait_seconds(30.0, crowd.longest_seconds, slots, clients + 7, low.ahead)
        assert low.wait_seconds <= bound
    # the bound is for the worst; where the clients have had their part it is as ageing says
    assert max(low.wait_seconds for low in lows) <= 60.0 + 3 * crowd.longest_seconds


def test_without_ageing_it_would_never_have_it() -> None:
    crowd = Crowd(5, 4, 1)
    low = Comer(100.0, "low", priority=LOW)
    Play(rules(ageing_seconds=1e9), then=crowd.then).run([*crowd.comes(), low], until=10_000.0)
    assert low.turn_at is None


def test_clients_that_are_new_each_time_do_not_push_a_known_one_back() -> None:
    """More than there is room for, of the highest class, each of another client."""
    slots, longest = 2, 3.0
    strangers = [
        Comer(number * 1.2, f"new {number}", longest, priority=HIGH) for number in range(2000)
    ]
    before = [Comer(10.0 * n, f"known {n}", 2.0) for n in range(10)]
    known = [Comer(500.0 + 100.0 * n, f"known {n}", 2.0, priority=LOW) for n in range(10)]
    play = Play(rules(per_model=slots, ageing_seconds=60.0))
    play.run([*strangers, *before, *known], until=2600.0)
    for one in known:
        assert one.wait_seconds <= 2 * 60.0 + longest + one.ahead * longest / slots
    assert any(play.waiting())  # there was no room for all


def test_who_asks_for_two_models_starves_on_neither() -> None:
    def again(comer: Comer) -> Comer:
        assert comer.ended_at is not None
        return Comer(comer.ended_at, comer.client, 1.0, comer.model, comer.priority)

    high = [Comer(0.0, "one", model="a", priority=HIGH) for _ in range(10)]
    low = Comer(5.0, "one", model="b", priority=LOW)
    Play(rules(total=1, ageing_seconds=20.0), then=again).run([*high, low], until=500.0)
    assert low.wait_seconds <= 42.0


@pytest.mark.parametrize("flooding", [NORMAL, HIGH])
def test_who_has_a_place_in_a_full_line_keeps_it_whoever_comes_again_and_again(
    flooding: Priority,
) -> None:
    """A client with more in hand than there is room for, which tries again each second."""
    lost: list[Comer] = []

    def then(comer: Comer) -> Comer:
        assert comer.ended_at is not None
        return Comer(comer.ended_at, comer.client, 2.0, priority=comer.priority)

    def again(comer: Comer, now: float) -> Comer:
        lost.append(comer)
        return Comer(now + 1.0, comer.client, 2.0, priority=comer.priority)

    flood = [Comer(0.0, "flood", 2.0, priority=flooding) for _ in range(75)]
    low = Comer(5.0, "low", 2.0, priority=LOW)
    play = Play(rules(length=64, ageing_seconds=60.0), then=then, again=again)
    play.run([*flood, low], until=600.0)
    turns = [one.client for one in play.served].count("low")
    assert not any(one.client == "low" for one in lost)
    assert len(lost) > 4000
    needed = 62.0 if flooding is NORMAL else 122.0  # it ages, and has its 2 s
    assert turns >= int(600.0 / (needed + 2.0)) - 1


# fairness


@pytest.mark.parametrize(("slots", "are_alike"), [(1, True), (1, False), (4, True), (4, False)])
def test_clients_have_equal_parts_however_much_they_ask_for(slots: int, are_alike: bool) -> None:
    """Twenty clients with one to twenty requests at a time; of some an answer takes ten times as
    long as of others.
    """
    chance, until = random.Random(7), 6_000.0

    def of(number: int, at: float) -> Comer:
        mean = 5.0 if are_alike else 1.0 + number / 2
        return Comer(at, f"{number}", chance.expovariate(1 / mean) + 0.1)

    def again(comer: Comer) -> Comer:
        assert comer.ended_at is not None
        return of(int(comer.client), comer.ended_at)

    def index(first_come: bool) -> float:
        play = Play(rules(per_model=slots), first_come, again)
        play.run([of(number, 0.0) for number in range(1, 21) for _ in range(number)], until)
        return jain(service_of(play, until).values())

    assert index(first_come=False) >= 0.99
    assert index(first_come=True) <= 0.8


def test_a_client_that_had_an_idle_machine_owes_nothing_to_those_who_come_later() -> None:
    alone = [Comer(10.0 * n, "early", 10.0) for n in range(100)]
    both = [Comer(1000.0, client, 2.0) for _ in range(50) for client in ("early", "late")]
    play = Play().run([*alone, *both], until=1100.0)
    turns = [one.client for one in play.served if 1000.0 <= (one.turn_at or 0.0) < 1100.0]
    assert abs(turns.count("early") - turns.count("late")) <= 3


def test_parts_are_equal_by_class_as_long_as_nobody_above_waits() -> None:
    def again(comer: Comer) -> Comer:
        assert comer.ended_at is not None
        return Comer(comer.ended_at, comer.client, comer.seconds, priority=comer.priority)

    lows = [Comer(0.0, f"{n}", 1.0 + n, priority=LOW) for n in range(5) for _ in range(n + 1)]
    play = Play(rules(per_model=2), then=again).run(lows, until=5000.0)
    assert jain(service_of(play, 5000.0).values()) >= 0.99


# bounds


@pytest.mark.parametrize("total", [0, 5])
def test_no_bound_is_ever_passed_and_no_slot_is_free_while_somebody_could_have_it(
    total: int,
) -> None:
    keeps_to = rules(per_model=2, total=total, length=40, size_bytes=60_000)
    chance, looked = random.Random(3), count()

    def look(play: Play) -> None:
        line, models = play.line, ("a", "b", "c", "d")
        waiting, running = list(line), [len(line.running(model)) for model in models]
        assert line.waiting == len(waiting) <= 40
        assert line.waiting_bytes == sum(one.size_bytes for one in waiting) <= 60_000
        assert line.in_turn == sum(running)
        assert max(running) <= 2
        assert not total or sum(running) <= total
        could = [one for one in waiting if line.has_room(one.model)]
        assert not could
        next(looked)

    comers = [
        Comer(
            chance.uniform(0.0, 1000.0),
            chance.choice("stuvwxyz"),
            chance.uniform(0.1, 8.0),
            chance.choice("abcd"),
            chance.choice(list(Priority)),
            chance.choice((100, 1000, 5000)),
        )
        for _ in range(3000)
    ]
    play = Play(keeps_to, looks=look).run(comers)
    assert next(looked) > 3000
    assert len(play.served) + len(play.refused) == 3000
    assert all(one.ended_at is not None for one in play.served)
    assert len(play.refused) > 250
    assert not play.line.models()


def test_one_client_does_not_keep_others_out_of_a_full_line() -> None:
    flood = [Comer(0.0, "flood", 5.0) for _ in range(1000)]
    others = [Comer(1.0 + n, f"{n}", 1.0) for n in range(20)]
    Play(rules(length=50)).run([*flood, *others])
    assert not any(one.is_refused for one in others)
    assert 949 < sum(one.is_refused for one in flood) <= 949 + 20


def test_a_line_of_no_length_lets_through_what_there_is_room_for() -> None:
    play = Play(rules(length=0, per_model=2)).run([Comer(0.0) for _ in range(5)])
    assert (len(play.served), len(play.refused)) == (2, 3)


def test_models_and_clients_that_are_made_up_leave_nothing_behind() -> None:
    line = Line(rules())
    for number in range(3 * MOST_MODELS):
        ticket = Ticket(f"{number}", f"{number}", HIGH, float(number))
        line.take(ticket, float(number))
        line.done(ticket, float(number))
    assert not line.models()
    assert len(line._shares) <= MOST_MODELS
    assert line.ahead_of("0", "0", 1e6) == 0.0


# against a model of it


class Naive:
    """The same rules, by lists: everything is worked out anew each time."""

    def __init__(self, keeps_to: Rules) -> None:
        self.rules = keeps_to
        self.waiting: list[Ticket] = []
        self.running: list[Ticket] = []
        self.last_turn: dict[tuple[str, str, Priority], float] = {}
        self.ahead: dict[tuple[str, str], float] = {}
        self.now = 0.0

    def moves_to(self, now: float) -> None:
        dt, self.now = now - self.now, now
        for domain in {self.domain(one) for one in (*self.waiting, *self.running)}:
            active = self.active(domain)
            slots = [one for one in self.running if self.domain(one) == domain]
            for client in active:
                own = sum(one.client == client for one in slots)
                moved = self.ahead.get((domain, client), 0.0)
                moved += dt * (own - len(slots) / len(active))
                self.ahead[domain, client] = max(-BOUND_SECONDS, min(BOUND_SECONDS, moved))
        for domain, client in self.ahead:
            if client not in self.active(domain):
                self.ahead[domain, client] *= math.exp(-dt / FADING_SECONDS)

    def domain(self, ticket: Ticket) -> str:
        return "" if self.rules.total else ticket.model

    def active(self, domain: str) -> set[str]:
        there = (*self.waiting, *self.running)
        return {one.client for one in there if self.domain(one) == domain}

    def forget(self, ticket: Ticket) -> None:
        place = self.domain(ticket), ticket.client
        is_idle = ticket.client not in self.active(place[0])
        if is_idle and abs(self.ahead.get(place, 0.0)) <= GRAIN_SECONDS:
            self.ahead.pop(place, None)

    def candidates(self) -> list[Ticket]:
        firsts: dict[tuple[str, str, Priority], Ticket] = {}
        for one in sorted(self.waiting, key=lambda one: one.number):
            firsts.setdefault((one.model, one.client, one.priority), one)
        has_room = not self.rules.total or len(self.running) < self.rules.total
        return [
            one
            for one in firsts.values()
            if has_room
            and sum(other.model == one.model for other in self.running) < self.rules.per_model
        ]

    def key(self, one: Ticket, highest: int) -> tuple[int, float, float, int]:
        lane = one.model, one.client, one.priority
        idle_since = max(one.since, self.last_turn.get(lane, -math.inf))
        rank = max(highest, one.priority - int((self.now - idle_since) / self.rules.ageing_seconds))
        domain = self.domain(one)
        in_hand = sum(
            other.cost_seconds
            for other in self.running
            if self.domain(other) == domain and other.client == one.client
        )
        ahead = self.ahead.get((domain, one.client), 0.0) + in_hand
        return rank, ahead / GRAIN_SECONDS, idle_since, one.number


@examples(max_examples=60, derandomize=True)
@given(st.integers(0, 1 << 32), st.sampled_from([(1, 0), (2, 0), (2, 3), (1, 1)]))
def test_turns_are_those_of_a_model_that_works_out_everything_anew(
    seed: int, slots: tuple[int, int]
) -> None:
    keeps_to = rules(per_model=slots[0], total=slots[1], ageing_seconds=4.0)
    line, naive, now, chance = Line(keeps_to), Naive(keeps_to), 0.0, random.Random(seed)
    for _ in range(150):
        now += chance.choice((0.0, 0.17, 0.5, 1.3, 2.9))
        naive.moves_to(now)
        what = chance.choice(("come", "come", "come", "end", "end", "leave"))
        if what == "come":
            # an idle client that comes back is what it was, less what has faded
            clients = "xyz" if chance.random() < 0.9 else "w"
            ticket = Ticket(
                chance.choice("ab"), chance.choice(clients), chance.choice(list(Priority)), now
            )
            _come(line, naive, ticket, now)
        elif what == "end" and naive.running:
            ended = naive.running.pop(chance.randrange(len(naive.running)))
            line.done(ended, now)
            naive.forget(ended)
            _turns(line, naive, now)
        elif what == "leave" and naive.waiting:
            gone = naive.waiting.pop(chance.randrange(len(naive.waiting)))
            line.leave(gone, now)
            naive.forget(gone)
        assert set(line) == set(naive.waiting)


def _come(line: Line, naive: Naive, ticket: Ticket, now: float) -> None:
    if line.has_room(ticket.model):
        line.take(ticket, now)
        naive.running.append(ticket)
    else:
        line.wait(ticket)
        naive.waiting.append(ticket)


def _turns(line: Line, naive: Naive, now: float) -> None:
    while True:
        candidates = naive.candidates()
        highest = min((one.priority for one in candidates), default=0)
        keys = {one: naive.key(one, highest) for one in candidates}
        chosen = line.next(now)
        assert (chosen is None) == (not candidates)
        if chosen is None:
            return
        assert _whole(keys[chosen]) == min(map(_whole, keys.values())) or _is_close(keys.values())
        naive.waiting.remove(chosen)
        naive.running.append(chosen)
        naive.last_turn[chosen.model, chosen.client, chosen.priority] = now


def _whole(key: tuple[int, float, float, int]) -> tuple[int, int, float, int]:
    return key[0], round(key[1]), key[2], key[3]


def _is_close(keys: Iterable[tuple[int, float, float, int]]) -> bool:
    """Whether two ways of adding up may come to different grains."""
    return any(abs(key[1] % 1.0 - 0.5) < 1e-6 for key in keys)
