"""What a run asks, in which order and when: made from bank and settings, and hashed.

Two plans with the same hash send the same questions at the same instants. What is the run's and
not the plan's: the API, the address, num_ctx and keep_alive, how many are in flight, and the
model where there is only one, so that two models can be asked the same plan.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import chain, islice
from typing import Any

from traffic.bank.loading import Bank
from traffic.bank.questions import Kind
from traffic.choices import Preset, Route
from traffic.plan.hashing import sha256_of
from traffic.plan.mixes import FIXTURES, kinds
from traffic.plan.planned import PlanError, PlannedQuestion, described
from traffic.plan.replay import replayed
from traffic.plan.sampling import ask_in_turn
from traffic.plan.stages import drafted, dressed, due, placed, sent
from traffic.plan.trace import read_trace
from traffic.plan.warm_up import warming
from traffic.settings import TrafficSettings

__all__ = ["SIZES", "Endless", "Plan", "PlanError", "PlannedQuestion", "make_plan", "shard"]

SIZES: dict[Preset, int] = {"quick": 10, "demo": 50, "stress": 1000}
"""Questions of the presets that have a number of their own."""

MOST_HELD = 100_000
"""What `continuous` is to ask in its time is planned as a whole up to so many questions."""


@dataclass(frozen=True, slots=True)
class Endless:
    """Questions that are made as they are asked. `recipe` names all that they follow from."""

    recipe: str
    questions: Callable[[], Iterator[PlannedQuestion]]


@dataclass(frozen=True)
class Plan:
    """What a run will ask, in order. A question that is asked two ways is in it twice.

    `questions` are those that are measured; empty where they are `endless`. The `warm_up` comes
    before them, outside any schedule. `models` are those that are asked, by name.
    """

    preset: Preset
    seed: int
    questions: tuple[PlannedQuestion, ...]
    route: Route = "default"
    warm_up: tuple[PlannedQuestion, ...] = ()
    endless: Endless | None = None
    models: tuple[str, ...] = ()

    def stream(self) -> Iterator[PlannedQuestion]:
        """The warm-up, then what is measured; from the beginning at every call."""
        measured = self.endless.questions() if self.endless else self.questions
        return chain(self.warm_up, measured)

    @property
    def requests(self) -> int | None:
        """How many measured requests the plan takes: a question sends one for each of its turns.

        None where nobody knows: it goes on until it is stopped, or its time is up.
        """
        return None if self.endless else sum(len(question.turns) for question in self.questions)

    @cached_property
    def repeats(self) -> int:
        """How many measured questions had been asked before, by the same way.

        The bank is gone through again, in another order, where it holds too few of a category.
        """
        return len(self.questions) - len({(one.question_id, one.route) for one in self.questions})

    @cached_property
    def sha256(self) -> str:
        """The hash of everything in the plan."""
        return sha256_of(_description(self))


def shard(plan: Plan, index: int, count: int) -> Plan:
    """Every `count`-th question of a plan, from the one at `index`: the share of one process.

    The shares are together the plan, its warm-up too, and each keeps the plan's instants.
    """
    if not 0 <= index < count:
        raise ValueError(f"expected a share from 0 to {count - 1}, found {index}")
    return replace(
        plan,
        questions=plan.questions[index::count],
        warm_up=plan.warm_up[index::count],
        endless=plan.endless and _every(plan.endless, index, count),
    )


def _every(endless: Endless, index: int, count: int) -> Endless:
    return Endless(
        f"{endless.recipe}, {index} of {count}",
        lambda: islice(endless.questions(), index, None, count),
    )


def make_plan(bank: Bank, settings: TrafficSettings) -> Plan:
    """The plan of a run.

    Raises: BankError for a bank without the questions, TraceError for an unusable recording,
    PlanError where nothing would be asked.
    """
    trace = _trace(bank, settings)
    count = _count(settings, trace, _most(bank, settings))
    make = partial(_measured, bank, settings, trace, count)
    questions = () if count is None else tuple(make())
    if count is not None and not questions:
        raise PlanError(
            f"no question is due within the {settings.duration_seconds:g} seconds of the run"
        )
    models = tuple(dict.fromkeys(one.model for one in questions)) or tuple(settings.models)
    return Plan(
        settings.preset,
        settings.seed,
        questions,
        settings.route,
        warm_up=warming(bank, settings, _kinds(settings), questions, models),
        endless=Endless(_recipe(bank, settings), make) if count is None else None,
        models=models,
    )


def _trace(bank: Bank, settings: TrafficSettings) -> Sequence[PlannedQuestion] | None:
    if settings.preset != "replay" or settings.trace is None:
        return None
    return replayed(bank, settings, read_trace(settings.trace))


def _kinds(settings: TrafficSettings) -> dict[Kind, float]:
    return kinds(settings.preset, settings.mix, settings.categories)


def _most(bank: Bank, settings: TrafficSettings) -> int | None:
    """How many questions are asked if there is time; None where they have no end."""
    if settings.questions is None and (fixture := FIXTURES.get(settings.preset)):
        return len(bank.every({fixture}))
    return settings.questions or SIZES.get(settings.preset)


def _count(
    settings: TrafficSettings, trace: Sequence[PlannedQuestion] | None, most: int | None
) -> int | None:
    """How many questions are planned; None where they are made as they are asked."""
    if trace is not None:
        return len(trace) if most is None else min(most, len(trace))
    if settings.arrival == "closed" or settings.duration_seconds is None:
        return most
    ways = 2 if settings.route == "mixed" else 1
    limit = (MOST_HELD if most is None else most) * ways
    in_time = sum(1 for _ in islice(due(settings), limit + 1))
    if most is None and in_time > limit:
        return None
    return min(in_time, limit) // ways


def _measured(
    bank: Bank,
    settings: TrafficSettings,
    trace: Sequence[PlannedQuestion] | None,
    count: int | None,
) -> Iterator[PlannedQuestion]:
    drafts: Iterator[PlannedQuestion]
    if trace is None:
        asked = ask_in_turn(bank, _kinds(settings), settings.seed)
        drafts = (drafted(bank, question, settings) for question in asked)
    else:
        drafts = iter(trace)
    some = dressed(islice(drafts, count), settings, count)
    return placed(sent(some, settings, count), settings)


_NOT_PLANNED = frozenset(
    {
        *("log_level", "log_format", "dry_run", "allow_remote", "base_url", "portkey_url"),
        "api_key_file",
        *("ollama_url", "api", "num_ctx", "keep_alive", "concurrency", "max_in_flight", "warm_up"),
        *("request_timeout_seconds", "connect_timeout_seconds", "questions_directory", "note"),
        *("results_directory", "slo", "workers", "trace", "trace_speed", "preset", "seed", "route"),
        *("worker_host", "worker_port", "worker_autostart", "worker_drain_seconds"),
    }
)
"""Settings that the questions of an endless plan do not depend on, or that its description has."""


def _recipe(bank: Bank, settings: TrafficSettings) -> str:
    """The hash of all that questions without end are made from."""
    wanted = _kinds(settings)
    unnamed = _NOT_PLANNED if len(settings.models) > 1 else _NOT_PLANNED | {"model"}
    return sha256_of(
        {
            "settings": settings.model_dump(mode="json", exclude=set(unnamed)),
            "bank": described(
                (
                    drafted(bank, item, settings)
                    for item in bank.questions
                    if item.category in wanted
                ),
                has_models=False,
            ),
        }
    )


def _description(plan: Plan) -> dict[str, Any]:
    has_models = len(plan.models) > 1
    said: dict[str, Any] = {
        "preset": plan.preset,
        "seed": plan.seed,
        "questions": described(plan.questions, has_models=has_models),
    }
    if plan.route != "default":
        said["route"] = plan.route
    if plan.warm_up:
        said["warm_up"] = described(plan.warm_up, has_models=has_models)
    if plan.endless:
        said["endless"] = plan.endless.recipe
    return said
