"""Whose an interval's energy was."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_exporter.energy.activity import Activity
from gpu_exporter.energy.apportionment import State, Use, shares
from ollama_observe.wire.loaded import LoadedModel

UNKNOWN = {Use("none", State.UNKNOWN): 1.0}
BARE = {Use("none", State.BARE): 1.0}


def model(name: str, memory: int | None = None, vram: int | None = None) -> LoadedModel:
    return LoadedModel(name, "", memory, vram, None, None)


def busy(**requests: int) -> Activity:
    return Activity(requests, [model("idle", 5, 5)])


def idle(*loaded: LoadedModel) -> Activity:
    return Activity({}, loaded)


def split(*loaded: LoadedModel, component: str = "gpu") -> dict[str, float]:
    return {use.model: share for use, share in shares([idle(*loaded)], component).items()}


def test_requests_share_alike_and_a_model_has_its_requests_together() -> None:
    assert shares([busy(a=3, b=1)], "gpu") == {
        Use("a", State.BUSY): 0.75,
        Use("b", State.BUSY): 0.25,
    }


def test_a_request_at_one_end_has_the_whole_interval() -> None:
    for activities in ([busy(a=1), busy()], [busy(), busy(a=1)], [busy(), busy(a=1), busy()]):
        assert shares(activities, "gpu") == {Use("a", State.BUSY): 1.0}


def test_what_followed_on_each_other_shares_the_interval() -> None:
    assert shares([busy(a=1), busy(b=1)], "gpu") == {
        Use("a", State.BUSY): 0.5,
        Use("b", State.BUSY): 0.5,
    }


def test_unnamed_models_are_models_like_others() -> None:
    assert shares([busy(other=1, none=1)], "gpu") == {
        Use("other", State.BUSY): 0.5,
        Use("none", State.BUSY): 0.5,
    }


def test_a_cards_idle_energy_goes_by_the_memory_on_cards() -> None:
    models = (model("a", 8, 6), model("b", 2, 2), model("on_cpu", 90, 0))
    assert split(*models, component="gpu") == {"a": 0.75, "b": 0.25}


def test_a_cpus_idle_energy_goes_by_the_whole_memory() -> None:
    models = (model("a", 6, 0), model("b", 2, 2))
    assert split(*models, component="cpu") == {"a": 0.75, "b": 0.25}


def test_where_one_measure_is_not_told_the_other_does() -> None:
    assert split(model("a", 3, 0), model("b", 1), component="gpu") == {"a": 0.75, "b": 0.25}
    assert split(model("a", None, 3), model("b", 0, 1), component="cpu") == {"a": 0.75, "b": 0.25}


@pytest.mark.parametrize("component", ["gpu", "cpu"])
def test_models_of_no_known_size_share_alike(component: str) -> None:
    assert split(model("a"), model("b", 0, 0), component=component) == {"a": 0.5, "b": 0.5}


def test_a_size_below_nothing_takes_from_nobody() -> None:
    assert split(model("a", -4), model("b", 4), component="cpu") == {"b": 1.0}


def test_sizes_below_nothing_tell_nothing() -> None:
    assert split(model("a", -4, -4), model("b", -1, -1)) == {"a": 0.5, "b": 0.5}


def test_with_nothing_loaded_the_machine_is_bare() -> None:
    assert shares([idle(model("a", 1)), idle()], "gpu") == BARE


@pytest.mark.parametrize(
    "activities",
    [
        [],
        [Activity(None, [])],
        [busy(a=1), Activity(None, [])],
        [Activity(None, []), busy(a=1)],
        [Activity({}, None)],
        [idle(model("a", 1)), Activity({}, None)],
    ],
    ids=repr,
)
def test_what_was_not_seen_is_not_known(activities: Sequence[Activity]) -> None:
    assert shares(activities, "gpu") == UNKNOWN


def test_a_busy_time_needs_not_to_be_told_what_is_loaded() -> None:
    assert shares([Activity({"a": 1}, None)], "gpu") == {Use("a", State.BUSY): 1.0}


SIZES = st.none() | st.integers(-5, 10**12)
LOADED = st.lists(st.builds(model, st.sampled_from("abc"), SIZES, SIZES), max_size=4)
REQUESTS = st.dictionaries(st.sampled_from(["a", "b", "other", "none"]), st.integers(0, 9))
ACTIVITIES = st.builds(Activity, st.none() | REQUESTS, st.none() | LOADED)


@given(st.lists(ACTIVITIES, max_size=4), st.sampled_from(["gpu", "cpu"]))
def test_shares_are_of_one_state_and_make_a_whole(
    activities: list[Activity], component: str
) -> None:
    found = shares(activities, component)
    assert len({use.state for use in found}) == 1
    assert all(share > 0 for share in found.values())
    assert sum(found.values()) == pytest.approx(1.0)
