"""What has ended is kept as little as it can be, and told once."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from proxy.insight.diary import (
    MOST_STRETCHES,
    PENDING,
    Diary,
    Done,
    Told,
    add_done,
    nothing_done,
)
from proxy.insight.spans import lay, layers, past_of
from proxy.insight.timelines import Doing, whole
from proxy.portkey.passages import Passage
from proxy.story import Story
from tests.stories import MODEL, meter, story, told


def expected(_story: Story) -> tuple[float, float]:
    return 0.0, 0.0


def ended(sent_at: float, seconds: float, **given: Any) -> Story:
    usage = told(seconds, prefill=seconds / 2, decode=seconds / 2)
    return story(
        sent_at=sent_at, ended_at=sent_at + seconds, meter=meter("/api/chat", usage=usage), **given
    )


def done_of(found: Told, doing: Doing) -> list[tuple[int, int]]:
    return list(zip(*found.done[MODEL][doing], strict=True))


def test_what_has_ended_is_told_once_in_whole_microseconds() -> None:
    diary = Diary()
    diary.add(ended(10.0, 2.0))
    found = diary.told(13.0, [], expected)
    assert found.at == 13.0
    assert done_of(found, Doing.PREFILL) == [(10_000_000, 11_000_000)]
    assert done_of(found, Doing.ANSWER) == [(11_000_000, 12_000_000)]
    assert diary.told(14.0, [], expected) == Told(14.0, {}, [])


def kept(number: int) -> Story:
    """One that says nothing of its silence."""
    path, at = "/v1/chat/completions", 10.0 + number * 0.01
    return story(path, sent_at=at, ended_at=at + 2, meter=meter(path, answer=at + 1))


@pytest.mark.parametrize("one", [lambda number: ended(10.0 + number * 0.01, 2.0), kept])
def test_what_overlaps_becomes_one_however_much_there_is(one: Callable[[int], Story]) -> None:
    diary = Diary()
    for number in range(3 * PENDING + 1):
        diary.add(one(number))
    stretches = done_of(diary.told(99.0, [], expected), Doing.ANSWER)
    assert len(stretches) == 4  # one of each so many, and one of the rest
    assert (stretches[0][0], stretches[-1][1]) == (11_000_000, 42_720_000)


@pytest.mark.parametrize("first", [None, 10.5, 19.0])
def test_what_is_usual_is_told_as_all_else_is(first: float | None) -> None:
    """Also where more was told than there was."""
    usage = told(8.0, load=0.001, prefill=2.997, decode=5.0)
    answer = meter("/api/chat", answer=first, usage=usage)
    one = story(sent_at=10.0, ended_at=20.0, meter=answer)
    past, laid, diary = past_of(one), layers(), Diary()
    assert past is not None
    lay(laid, past)
    diary.add(one)
    found = diary.told(30.0, [], expected).done[MODEL]
    for doing in Doing:
        assert found[doing] == (whole(laid[2 * doing]), whole(laid[2 * doing + 1])), doing


def test_models_are_told_apart_and_those_without_a_name_not_at_all() -> None:
    diary = Diary()
    for model in ("a", "b", "other"):
        diary.add(ended(10.0, 2.0, model=model))
    assert diary.told(13.0, [], expected).done.keys() == {"a", "b"}


def test_only_what_took_half_a_second_may_teach_anything() -> None:
    diary = Diary()
    assert diary.add(ended(10.0, 0.5)) is True
    assert diary.add(ended(10.0, 0.4)) is False
    assert diary.add(story(ended_at=10.5, upstream_status=None)) is True
    assert diary.add(story(ended_at=10.4, upstream_status=None)) is False
    assert diary.add(story("/api/tags", ended_at=20.0)) is False


def test_a_request_is_told_by_whatever_way_it_went() -> None:
    passage = Passage(b"token", True, b"localhost", {}, lambda: None)
    passage.upstream_sent_at = 10.5
    diary = Diary()
    diary.add(ended(10.0, 2.0, passage=passage, routing="portkey"))
    diary.add(story(sent_at=20.0, ended_at=21.0, upstream_status=None))
    found = diary.told(30.0, [], expected)
    assert done_of(found, Doing.PREFILL) == [(10_500_000, 11_500_000)]
    assert done_of(found, Doing.SILENCE) == [(20_000_000, 21_000_000)]


def test_a_model_that_computes_elsewhere_is_not_loaded_here() -> None:
    diary = Diary()
    usage = told(9.0, load=5.0, prefill=2.0, decode=2.0)
    answer = meter("/api/chat", usage=usage)
    diary.add(story(sent_at=10.0, ended_at=19.0, meter=answer, is_cloud=True))
    found = diary.told(30.0, [], expected)
    assert done_of(found, Doing.LOAD) == []
    assert done_of(found, Doing.PREFILL) == [(10_000_000, 17_000_000)]


def test_what_is_in_flight_is_told_each_time() -> None:
    diary, running = Diary(), story()
    for _ in range(2):
        (one,) = diary.told(11.0, [running], expected).present
        assert (one.model, one.sent_at) == (MODEL, 10.0)


def test_it_passes_between_processes_as_json() -> None:
    diary = Diary()
    diary.add(ended(10.0, 2.0))
    found = diary.told(13.0, [story()], expected)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Told) == found


def test_where_nobody_asks_the_oldest_goes() -> None:
    done, many = nothing_done(), list(range(0, 2 * MOST_STRETCHES, 2))
    more: Done = [(many, many) for _ in Doing]
    add_done(done, more)
    add_done(done, [*more[:-1], ([2 * MOST_STRETCHES], [2 * MOST_STRETCHES])])
    starts, ends = done[-1]
    assert len(starts) == len(ends) == MOST_STRETCHES
    assert (starts[0], ends[-1]) == (2, 2 * MOST_STRETCHES)
