"""Models that came and went: how often, and why."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_exporter.ollama.residency import (
    UNDECIDED_SECONDS,
    Cause,
    Reason,
    Residency,
    Seen,
    cause,
)
from ollama_observe.wire.loaded import LoadedModel

INTERVAL = 5.0
DECIDED_TURNS = 4
"""With nothing new, after which it is known why each model went."""

UNIX = 1_795_416_000.0
LATER = 300.0
"""Seconds until a model expires, where a test does not say."""


def model(name: str, **fields: Any) -> LoadedModel:
    known = {"digest": "d", "memory_bytes": 100, "vram_bytes": 100, "context_tokens": 4096}
    return LoadedModel(**{"name": name, "expires_at": UNIX + 1e6, **known, **fields})


class Poll:
    """Readings on an interval. Times of Ollama's clock are counted from the first one."""

    def __init__(self, limit: int = 100) -> None:
        self.residency = Residency(limit)
        self.now = 0.0

    def see(self, *models: LoadedModel, room: float | None = None) -> None:
        self.residency.add(Seen(self.now, UNIX + self.now, models, room))
        self.now += INTERVAL

    def see_none(self) -> None:
        self.residency.lose()
        self.now += INTERVAL

    @property
    def went(self) -> dict[str, list[str]]:
        """Reasons by model."""
        found: dict[str, list[str]] = {}
        for (name, reason), count in sorted(self.residency.unloads.items()):
            found.setdefault(name, []).extend([reason.value] * count)
        return found

    @property
    def gained(self) -> int:
        """How many came more than went."""
        return sum(self.residency.loads.values()) - sum(self.residency.unloads.values())

    @property
    def came(self) -> dict[str, int]:
        return dict(self.residency.loads)

    @property
    def evicted(self) -> dict[tuple[str, str], int]:
        return {(name, why.value): count for (name, why), count in self.evictions.items() if count}

    @property
    def evictions(self) -> dict[tuple[str, Cause], int]:
        return self.residency.evictions


def expiring(name: str, at: float) -> LoadedModel:
    """A model that expires so many seconds after the first reading."""
    return model(name, expires_at=UNIX + at)


def test_what_is_loaded_when_the_exporter_starts_was_not_seen_to_come() -> None:
    poll = Poll()
    poll.see(model("a"), model("b"))
    assert poll.came == {"a": 0, "b": 0}
    assert poll.went == {}


def test_a_model_that_comes_is_counted_once() -> None:
    poll = Poll()
    poll.see()
    poll.see(model("a"))
    poll.see(model("a"), model("b"))
    assert poll.came == {"a": 1, "b": 1}
    assert poll.went == {}


@pytest.mark.parametrize("expires_at", [-9.0, 0.0, 2.5, INTERVAL, INTERVAL + 1])
def test_a_model_whose_time_was_up_is_expired(expires_at: float) -> None:
    poll = Poll()
    poll.see(expiring("a", expires_at))
    poll.see()
    assert poll.went == {"a": ["expired"]}


@pytest.mark.parametrize("expires_at", [INTERVAL + 2, LATER, -60.0, None])
def test_a_model_that_goes_before_its_time_was_asked_to(expires_at: float | None) -> None:
    at = None if expires_at is None else UNIX + expires_at
    poll = Poll()
    poll.see(model("a", expires_at=at))
    poll.see()
    poll.see()
    assert poll.went == {}
    poll.see()
    assert poll.went == {"a": ["requested"]}


def test_a_model_that_makes_room_is_evicted_by_the_one_that_comes() -> None:
    poll = Poll()
    poll.see(model("a"))
    poll.see(model("b"))
    assert poll.went == {"a": ["evicted"]}
    assert poll.evicted == {("a", "unknown"): 1}


def test_a_model_that_comes_while_memory_is_still_given_back_evicts_too() -> None:
    poll = Poll()
    poll.see(model("a"))
    poll.see()
    poll.see()
    poll.see(model("b"))
    assert poll.went == {"a": ["evicted"]}


def test_a_model_that_comes_much_later_evicts_nobody() -> None:
    poll = Poll()
    poll.see(model("a"))
    poll.see()
    while poll.now < 2 * INTERVAL + UNDECIDED_SECONDS:
        poll.see()
    poll.see(model("b"))
    assert poll.went == {"a": ["requested"]}
    assert poll.came == {"a": 0, "b": 1}


def test_a_busy_model_whose_time_was_not_put_off_is_evicted_all_the_same() -> None:
    poll = Poll()
    for _ in range(20):
        poll.see(expiring("a", 10.0))  # it answers since, and stays
    poll.see(model("b"))
    assert poll.went == {"a": ["evicted"]}


def test_a_model_that_expires_while_another_comes_is_not_evicted() -> None:
    poll = Poll()
    poll.see(expiring("a", 3.0))
    poll.see(model("b"))
    assert (poll.went, poll.evicted) == ({"a": ["expired"]}, {})


def test_several_models_may_make_room_for_one() -> None:
    poll = Poll()
    poll.see(model("a"), model("b"), model("c"))
    poll.see(model("c"), model("big"))
    assert poll.went == {"a": ["evicted"], "b": ["evicted"]}


def test_two_models_that_do_not_fit_together_evict_each_other_again_and_again() -> None:
    poll = Poll()
    for _ in range(5):
        poll.see(model("a"))
        poll.see(model("b"))
    assert poll.went == {"a": ["evicted"] * 5, "b": ["evicted"] * 4}
    assert poll.came == {"a": 4, "b": 5}


@pytest.mark.parametrize("changed", [{"context_tokens": 512}, {"digest": "e"}])
def test_another_context_or_file_is_a_reload(changed: dict[str, Any]) -> None:
    poll = Poll()
    poll.see(model("a"))
    poll.see(model("a", **changed))
    assert (poll.came, poll.went) == ({"a": 1}, {"a": ["reloaded"]})


def test_a_model_that_is_gone_for_a_moment_is_reloaded() -> None:
    poll = Poll()
    poll.see(model("a"))
    poll.see()
    poll.see(model("a"))
    assert (poll.came, poll.went) == ({"a": 1}, {"a": ["reloaded"]})


def test_a_reload_with_a_larger_context_evicts_others() -> None:
    poll = Poll()
    poll.see(model("a"), model("b"))
    poll.see(model("a", context_tokens=100_000))
    assert poll.went == {"a": ["reloaded"], "b": ["evicted"]}


@pytest.mark.parametrize(
    "change",
    [
        {"memory_bytes": 7, "vram_bytes": None},
        {"expires_at": None},
        {"context_tokens": None},
        {"digest": ""},
    ],
)
def test_what_else_changes_is_no_reload(change: dict[str, Any]) -> None:
    poll = Poll()
    poll.see(model("a"))
    poll.see(model("a", **change))
    assert (poll.came, poll.went) == ({"a": 0}, {})


def test_what_is_gone_after_ollama_was_down_went_with_it() -> None:
    poll = Poll()
    poll.see(expiring("a", 2.0), model("b"), model("c"))
    poll.see_none()
    poll.see_none()
    poll.see(model("b"), model("d"))
    assert poll.went == {"a": ["ollama_down"], "c": ["ollama_down"]}
    assert poll.came == {"a": 0, "b": 0, "c": 0, "d": 1}
    assert poll.evicted == {}


def test_another_context_after_ollama_was_down_is_no_reload() -> None:
    poll = Poll()
    poll.see(model("a"))
    poll.see_none()
    poll.see(model("a", context_tokens=7))
    assert (poll.came, poll.went) == ({"a": 1}, {"a": ["ollama_down"]})


def test_models_that_go_just_before_ollama_ends_go_with_it() -> None:
    poll = Poll()
    poll.see(model("a"))
    poll.see()
    poll.see_none()
    assert poll.went == {"a": ["ollama_down"]}


def test_an_ollama_that_was_never_there_takes_nothing_away() -> None:
    poll = Poll()
    poll.see_none()
    poll.see(model("a"))
    assert (poll.came, poll.went) == ({"a": 0}, {})


def test_after_it_was_down_a_model_goes_for_its_own_reasons_again() -> None:
    poll = Poll()
    poll.see_none()
    poll.see(model("a"))
    poll.see(model("b"))
    assert poll.went == {"a": ["evicted"]}


@pytest.mark.parametrize(
    ("room", "why"),
    [(None, Cause.UNKNOWN), (0.0, Cause.MEMORY), (105.0, Cause.MEMORY), (110.5, Cause.LIMIT)],
)
def test_the_cause_is_in_what_was_free_before(room: float | None, why: Cause) -> None:
    poll = Poll()
    poll.see(model("a"), room=room)
    poll.see(room=1e9)  # what was free when it had gone says nothing
    poll.see(model("b"), room=1e9)
    assert poll.evicted == {("a", why.value): 1}


@pytest.mark.parametrize(
    "arrived",
    [
        [model("b", vram_bytes=0)],
        [model("b", vram_bytes=None)],
        [model("b", memory_bytes=None)],
    ],
)
def test_a_model_beside_the_cards_says_nothing_of_them(arrived: Sequence[LoadedModel]) -> None:
    assert cause(arrived, 1e9) is Cause.UNKNOWN


def test_what_a_model_spills_it_would_have_needed() -> None:
    assert cause([model("b", vram_bytes=10)], 50.0) is Cause.MEMORY


def test_beyond_a_bound_models_are_counted_together() -> None:
    poll = Poll(limit=2)
    poll.see()
    poll.see(model("a"), model("b"), model("c"), model("d"))
    poll.see(model("e"))
    assert poll.came == {"a": 1, "b": 1, "other": 3}
    assert poll.went == {"a": ["evicted"], "b": ["evicted"], "other": ["evicted"] * 2}
    assert poll.residency.models == ("a", "b", "other")


def test_models_that_are_expected_are_counted_from_none_on() -> None:
    poll = Poll(limit=3)
    poll.see()
    assert poll.residency.counted("ab") == ("a", "b")
    poll.see(model("b"))
    assert poll.residency.counted("ab") == ("b", "a")
    assert poll.came == {"b": 1}
    assert [poll.residency.has_place(name) for name in "ab"] == [False, True]


def test_no_model_is_counted_under_other_that_has_a_series_of_its_own() -> None:
    poll = Poll(limit=2)
    poll.see()
    assert poll.residency.counted("abcd") == ("a", "b")
    poll.see(model("c"))
    assert poll.residency.counted("abcd") == ("c", "a")
    poll.see(model("a"), model("c"))
    assert poll.residency.counted("abcd") == ("c", "a", "other")
    poll.see(model("b"), model("d"))
    assert poll.residency.counted("abcd") == ("c", "a", "other")
    assert poll.came == {"c": 1, "a": 1, "other": 2}


MODELS = st.builds(
    lambda name, context, expires: model(name, context_tokens=context, expires_at=expires),
    st.sampled_from("abcd"),
    st.sampled_from([512, 4096]),
    st.none() | st.floats(UNIX, UNIX + 100),
)
READINGS = st.lists(
    st.none() | st.lists(MODELS, unique_by=lambda model: model.name, max_size=4), max_size=30
)


@given(READINGS, st.integers(0, 5))
def test_what_came_less_what_went_is_what_changed(
    readings: list[list[LoadedModel] | None], limit: int
) -> None:
    poll = Poll(limit)
    first: Sequence[LoadedModel] | None = None
    now: Sequence[LoadedModel] = ()
    for models in readings:
        if models is None:
            poll.see_none()
        else:
            first, now = models if first is None else first, models
            poll.see(*models)
        residency = poll.residency
        # what is gone is counted with its reason, which may take a while
        assert poll.gained >= len(now) - len(first or ())
        evicted = [count for (_, why), count in residency.unloads.items() if why is Reason.EVICTED]
        assert sum(evicted) == sum(residency.evictions.values())
        assert all(count >= 0 for count in [*residency.loads.values(), *evicted])
    first = now if first is None else first
    for _ in range(DECIDED_TURNS):
        poll.see(*now)
    assert poll.gained == len(now) - len(first)


@given(READINGS)
def test_the_same_holds_for_each_model_once_all_is_decided(
    readings: list[list[LoadedModel] | None],
) -> None:
    poll = Poll()
    seen = [models for models in readings if models is not None]
    for models in readings:
        poll.see_none() if models is None else poll.see(*models)
    last = seen[-1] if seen else []
    for _ in range(DECIDED_TURNS):
        poll.see(*last)
    before = {model.name for model in (seen[0] if seen else [])}
    after = {model.name for model in last}
    for name in "abcd":
        went = sum(count for (model, _), count in poll.residency.unloads.items() if model == name)
        changed = (name in after) - (name in before)
        assert poll.residency.loads[name] - went == changed
