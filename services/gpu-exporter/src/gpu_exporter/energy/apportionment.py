"""Whose the energy of an interval was: pure.

What the machine was doing is looked at once a turn. An interval is busy where a model worked at
a request at its beginning or at its end, so that all that a request makes a card draw is the
request's, also in the moments around it that nobody saw.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from gpu_exporter.energy.activity import Activity
from ollama_observe.metrics.metric import NONE
from ollama_observe.wire.loaded import LoadedModel


class State(StrEnum):
    """What the machine did. The value is the label's."""

    BUSY = "busy"
    MODEL_LOADED = "model_loaded"
    BARE = "bare"
    UNKNOWN = "unknown"


class Use(NamedTuple):
    """For which model, in which state."""

    model: str
    state: State


def shares(activities: Sequence[Activity], component: str) -> dict[Use, float]:
    """The uses of an interval, all of one state, with fractions that add up to 1.

    `activities` is what was seen from its beginning to its end. Of the component `gpu` idle energy
    goes by the memory on cards, else by all that a model takes.
    """
    requests: Counter[str] = Counter()
    for activity in activities:
        if activity.requests is None:
            return _alone(State.UNKNOWN)
        requests.update(activity.requests)
    if any(requests.values()):
        return _in_proportion(State.BUSY, requests.items())
    loaded = activities[-1].loaded if activities else None
    if loaded is None:
        return _alone(State.UNKNOWN)
    if not loaded:
        return _alone(State.BARE)
    return _in_proportion(State.MODEL_LOADED, _by_memory(loaded, component))


def _alone(state: State) -> dict[Use, float]:
    return {Use(NONE, state): 1.0}


def _in_proportion(state: State, sizes: Iterable[tuple[str, int]]) -> dict[Use, float]:
    of_model: Counter[str] = Counter()
    for model, size in sizes:
        of_model[model] += size
    whole = sum(of_model.values())
    return {Use(model, state): size / whole for model, size in of_model.items() if size}


def _by_memory(loaded: Sequence[LoadedModel], component: str) -> list[tuple[str, int]]:
    """Models with their memory; where Ollama tells of none, each counts the same."""
    on_card = [model.vram_bytes or 0 for model in loaded]
    in_all = [model.memory_bytes or 0 for model in loaded]
    same = [1] * len(loaded)
    preferred = (on_card, in_all) if component == "gpu" else (in_all, on_card)
    sizes = next(sizes for sizes in (*preferred, same) if any(size > 0 for size in sizes))
    return [(model.name, max(0, size)) for model, size in zip(loaded, sizes, strict=True)]
