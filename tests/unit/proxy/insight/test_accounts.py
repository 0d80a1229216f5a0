"""The accounts add up to wall-clock time, whoever tells what and when."""

import random
import time
from collections import Counter
from collections.abc import Iterable

import pytest

from ollama_observe.metrics import catalogue
from ollama_observe.metrics.catalogue import insight as m
from proxy.insight.accounts import LAG_SECONDS, Accounts
from proxy.insight.diary import Diary, Told
from proxy.insight.timelines import PHASES
from proxy.story import Story
from tests.ledgers import ReadLedger
from tests.stories import MODEL, facts, meter, story, told


def expected(_story: Story) -> tuple[float, float]:
    return 0.0, 0.0


class World:
    """Some processes, and who keeps the accounts for them."""

    def __init__(self, processes: int = 1, limit: int = 100) -> None:
        self.read = ReadLedger()
        self.accounts = Accounts(self.read.ledger, limit)
        self.diaries = [Diary() for _ in range(processes)]

    def ask(self, now: float, *in_flight: Story) -> None:
        """All processes are asked; the first has these requests in flight."""
        found: list[Told | None] = [
            diary.told(now, () if number else in_flight, expected)
            for number, diary in enumerate(self.diaries)
        ]
        self.settle(found)

    def settle(self, found: list[Told | None]) -> None:
        for one in found:
            self.accounts.take(one)
        self.accounts.settle(found)

    def seconds(self, model: str = MODEL) -> dict[str, float]:
        """By phase, those that are not 0."""
        values = {
            phase: self.read.value(m.MODEL_PHASE_SECONDS, model=model, phase=phase) or 0.0
            for phase in PHASES
        }
        return {phase: round(value, 6) for phase, value in values.items() if value}


def whole(sent_at: float, seconds: float, load: float = 0.0) -> Story:
    usage = told(seconds, load=load, prefill=seconds / 4, decode=seconds / 2)
    answer = meter("/api/chat", usage=usage)
    return story(sent_at=sent_at, ended_at=sent_at + seconds, meter=answer)


def named(model: str, sent_at: float) -> Story:
    answer = meter("/api/chat", usage=told(4.0, prefill=1.0, decode=2.0))
    return story(model=model, sent_at=sent_at, ended_at=sent_at + 4.0, meter=answer)


def test_a_models_time_begins_with_its_first_request() -> None:
    world = World()
    world.ask(5.0)
    assert world.seconds() == {}
    world.diaries[0].add(whole(10.0, 4.0))
    world.ask(20.0)
    assert world.seconds() == {"wait": 1.0, "prefill": 1.0, "answer": 2.0, "idle": 6.0}
    world.ask(25.0)
    assert world.seconds()["idle"] == 11.0


def test_all_phases_are_there_from_the_first_on() -> None:
    world = World()
    world.diaries[0].add(whole(10.0, 4.0))
    world.ask(20.0)
    for phase in PHASES:
        assert world.read.value(m.MODEL_PHASE_SECONDS, model=MODEL, phase=phase) is not None


def test_a_model_does_the_most_productive_of_what_its_requests_have_it_do() -> None:
    world = World(processes=2)
    one, other = world.diaries
    one.add(whole(10.0, 8.0, load=2.0))  # load 2, prefill 2, answer 4
    other.add(whole(13.0, 4.0))  # wait 1, prefill 1, answer 2
    world.ask(20.0)
    assert world.seconds() == {"load": 2.0, "prefill": 2.0, "answer": 4.0, "idle": 2.0}


def test_one_that_says_that_the_model_loads_says_it_for_those_that_say_nothing() -> None:
    world = World()
    (diary,) = world.diaries
    diary.add(whole(10.0, 8.0, load=2.0))
    silent = meter("/v1/chat/completions", answer=19.0)
    diary.add(story("/v1/chat/completions", sent_at=10.5, ended_at=20.0, meter=silent))
    world.ask(20.0)
    assert world.seconds() == {"load": 2.0, "prefill": 3.0, "answer": 5.0}


def test_what_a_request_in_flight_may_still_tell_is_not_settled() -> None:
    world = World()
    running = story(sent_at=12.0, upstream_status=None)
    world.diaries[0].add(whole(10.0, 2.0))
    world.ask(20.0, running)
    assert sum(world.seconds().values()) == 2.0
    running.meter = meter("/api/chat", answer=21.0, usage=told(9.5, load=6.0, prefill=2.0))
    running.upstream_status, running.ended_at = 200, 22.0
    world.diaries[0].add(running)
    world.ask(30.0)
    assert world.seconds() == {
        "wait": pytest.approx(0.5 + 1.0),
        "prefill": 0.5 + 2.0,
        "answer": 1.0 + 1.0,
        "load": 6.0,
        "idle": 8.0,
    }


def test_a_request_that_will_tell_nothing_holds_nothing_up() -> None:
    world = World()
    streaming = story("/v1/messages", sent_at=10.0, meter=meter("/v1/messages", answer=14.0))
    world.ask(20.0, streaming)
    assert world.seconds() == {"prefill": 4.0, "answer": 6.0}


def test_one_that_takes_very_long_holds_up_no_more_than_the_lag() -> None:
    world = World()
    waiting = story(sent_at=10.0, upstream_status=None)
    for now in range(15, 205, 5):
        world.ask(now, waiting)
        behind = now - 10.0 - sum(world.seconds().values())
        assert 0 <= behind <= LAG_SECONDS
    assert world.seconds() == {"prefill": 190 - LAG_SECONDS}
    waiting.meter = meter("/api/chat", answer=205.0, usage=told(195.0, load=180.0, prefill=10.0))
    waiting.upstream_status, waiting.ended_at = 200, 206.0
    world.diaries[0].add(waiting)
    world.ask(210.0)
    found = world.seconds()  # what was settled stays; of the rest it is known
    assert sum(found.values()) == 200.0
    assert found["prefill"] == 190 - LAG_SECONDS + 10.0
    assert found["load"] == 180 - (190 - LAG_SECONDS)


def test_a_process_that_does_not_answer_holds_up_no_more_than_the_lag() -> None:
    world = World()
    world.diaries[0].add(whole(10.0, 4.0))
    told_at = world.diaries[0].told(20.0, [], expected)
    world.settle([told_at, None])
    assert world.seconds() == {}
    world.settle([Told(20.0 + LAG_SECONDS, {}, []), None])
    assert world.seconds() == {"wait": 1.0, "prefill": 1.0, "answer": 2.0, "idle": 6.0}
    world.settle([None, None])
    world.settle([Told(100.0, {}, []), Told(99.0, {}, [])])
    assert sum(world.seconds().values()) == 89.0


def test_what_is_told_late_changes_nothing_that_was_settled() -> None:
    world = World()
    world.diaries[0].add(whole(10.0, 4.0))
    world.ask(20.0)
    world.diaries[0].add(whole(12.0, 12.0))
    world.ask(30.0)
    assert sum(world.seconds().values()) == 20.0
    assert world.seconds()["answer"] == 2.0 + 4.0


@pytest.mark.parametrize("total", [-5.0, 0.0, 1.0, 1e9])
@pytest.mark.parametrize("load", [-5.0, 0.0, 1e9])
@pytest.mark.parametrize("prefill", [-5.0, 0.0, 1e9])
@pytest.mark.parametrize("decode", [-5.0, 0.0, 1e9])
@pytest.mark.parametrize("first", [None, 9.0, 12.0])
def test_durations_that_cannot_be_change_no_sum(
    total: float, load: float, prefill: float, decode: float, first: float | None
) -> None:
    world = World()
    usage = told(total, load=load, prefill=prefill, decode=decode)
    answer = meter("/api/chat", answer=first, usage=usage)
    world.diaries[0].add(whole(10.0, 4.0))
    world.diaries[0].add(story(sent_at=11.0, ended_at=15.0, meter=answer))
    world.ask(20.0)
    began_at = 10.0 if first is None else min(10.0, first)
    assert sum(world.seconds().values()) == pytest.approx(20.0 - began_at)


def test_a_model_that_nobody_asks_is_idle_for_as_long_and_never_twice() -> None:
    world = World()
    world.diaries[0].add(whole(10.0, 4.0))
    world.ask(20.0)
    for now in (25.0, 24.0, 30.0):
        world.ask(now)
    assert world.seconds() == {"wait": 1.0, "prefill": 1.0, "answer": 2.0, "idle": 16.0}
    world.diaries[0].add(whole(31.0, 4.0))
    world.ask(40.0)
    assert world.seconds() == {"wait": 2.0, "prefill": 2.0, "answer": 4.0, "idle": 22.0}


def test_a_hundred_idle_models_take_less_than_thirty_at_work() -> None:
    idle, at_work = World(), World()
    for number in range(100):
        idle.diaries[0].add(named(str(number), 10.0))
    idle.ask(20.0)
    taken = [0.0, 0.0]
    for now in range(30, 130):
        for number in range(30):
            at_work.diaries[0].add(named(str(number), now - 5.0))
        for place, world in enumerate((idle, at_work)):
            told_at = world.diaries[0].told(float(now), [], expected)
            world.accounts.take(told_at)
            began = time.process_time()
            world.accounts.settle([told_at])
            taken[place] += time.process_time() - began
    assert taken[0] < taken[1]


def test_two_that_ask_at_once_count_nothing_twice() -> None:
    world = World()
    world.diaries[0].add(whole(10.0, 4.0))
    first, second = (world.diaries[0].told(20.0 + late, [], expected) for late in (0, 1))
    for one in (first, second):
        world.accounts.take(one)
    world.accounts.settle([second])
    world.accounts.settle([first])
    assert sum(world.seconds().values()) == 11.0


def test_what_a_client_writes_gets_no_account_but_may_be_of_one() -> None:
    world = World(limit=1)
    claimed = story(model="other", sent_at=10.0, upstream_status=None, facts=facts())
    world.ask(20.0, claimed)
    assert world.seconds() == {}
    world.diaries[0].add(whole(4.0, 4.0))
    world.diaries[0].add(story(model="another", sent_at=4.0, ended_at=5.0))
    world.ask(30.0, claimed)
    assert world.seconds("another") == world.seconds("other") == {}
    assert sum(world.seconds().values()) == 6.0  # the claimed one may yet tell of its silence


def ended(draw: random.Random, at: float) -> Story:
    """A request of any kind."""
    seconds = draw.expovariate(0.5)
    kind = draw.randrange(5)
    if kind == 0:
        return story(sent_at=at, ended_at=at + seconds, upstream_status=draw.choice((None, 500)))
    if kind == 1:
        path = "/v1/chat/completions"
        answer = meter(path, at + 0.3 * seconds, at + 0.6 * seconds)
        return story(path, sent_at=at, ended_at=at + seconds, meter=answer)
    if kind == 2:
        return story("/v1/messages", sent_at=at, ended_at=at + seconds, meter=meter("/v1/messages"))
    shares = [draw.random() for _ in range(4)]
    load, prefill, decode, _ = (share / sum(shares) * seconds for share in shares)
    usage = told(seconds, load=load, prefill=prefill, decode=decode)
    first = at + seconds - decode if kind == 3 else None
    answer = meter("/api/chat", None, first, usage)
    return story(sent_at=at, ended_at=at + seconds, meter=answer)


@pytest.mark.parametrize(("seed", "processes"), [(0, 1), (1, 3), (2, 3)])
def test_thousands_of_overlapping_requests_add_up_to_the_wall_clock_at_each_scrape(
    seed: int, processes: int
) -> None:
    draw, world = random.Random(seed), World(processes)
    stories = sorted((ended(draw, 10.0 + draw.random() * 400) for _ in range(2000)), key=_ended_at)
    began_at = min(one.sent_at or 0.0 for one in stories)
    before: Counter[str] = Counter()
    remaining = list(stories)
    for now in (*range(15, 430, 7), 1000):
        while remaining and _ended_at(remaining[0]) <= now:
            draw.choice(world.diaries).add(remaining.pop(0))
        world.ask(float(now), *in_flight(remaining, now))
        found = Counter(world.seconds())
        assert all(found[phase] >= before[phase] for phase in before)
        if found:
            behind = now - began_at - sum(found.values())
            assert -1e-5 <= behind <= LAG_SECONDS + 1e-5  # of each phase a sum of microseconds
        before = found
    assert sum(before.values()) == pytest.approx(1000 - began_at, abs=1e-4)
    assert before["answer"] > 0 < before["idle"]
    assert set(before) <= set(PHASES)


def in_flight(remaining: Iterable[Story], now: float) -> list[Story]:
    """Those that have been sent, as they were then: without what they will say."""
    found = []
    for one in remaining:
        if one.sent_at is not None and one.sent_at <= now:
            first = None if one.meter is None else one.meter.first_output
            answered = one.meter if first is not None and first <= now else None
            found.append(
                story(
                    one.endpoint.template,
                    sent_at=one.sent_at,
                    upstream_status=None if answered is None else 200,
                    meter=answered,
                )
            )
    return found


def _ended_at(one: Story) -> float:
    assert one.ended_at is not None
    return one.ended_at


def test_it_is_a_metric_of_the_proxys() -> None:
    assert m.MODEL_PHASE_SECONDS in catalogue.PROXY
