"""The questions before the measured ones: so that models are loaded when those begin. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from traffic.bank.loading import Bank
from traffic.bank.questions import Category
from traffic.choices import Preset
from traffic.plan.planned import PlannedQuestion
from traffic.plan.prefixes import prefix_of
from traffic.plan.proportions import digest
from traffic.plan.stages import both_ways, drafted
from traffic.settings import TrafficSettings

WARM_UPS: dict[Preset, int] = {"quick": 0, "demo": 1, "stress": 3, "continuous": 0, "replay": 1}
"""How many questions warm up where nothing else is said."""


def warming(
    bank: Bank,
    settings: TrafficSettings,
    categories: Collection[Category],
    measured: Sequence[PlannedQuestion],
    models: Sequence[str],
) -> tuple[PlannedQuestion, ...]:
    """Questions for every model in turn, at least one for each; none where none are wanted.

    Of the run's own kinds: rather of one turn than of several, and rather such as are not
    measured. In a mixed run each is asked both ways, which have connections of their own.
    """
    wanted = WARM_UPS[settings.preset] if settings.warm_up is None else settings.warm_up
    if not wanted:
        return ()
    later = {question.question_id for question in measured}
    stack = sorted(
        (question for question in bank.questions if question.category in categories),
        key=lambda one: (
            len(one.turns) > 1,
            one.id in later,
            digest(settings.seed, "warm-up", one.id),
        ),
    )
    asked = [
        replace(
            drafted(bank, stack[number % len(stack)], settings),
            model=models[number % len(models)],
            is_warm_up=True,
        )
        for number in range(max(wanted, len(models)))
    ]
    if settings.route == "mixed":
        asked = list(both_ways(asked, f"{settings.seed}:warm-up"))
    else:
        asked = [replace(question, route=settings.route) for question in asked]
    return tuple(
        # counted down from -1: their prefixes are none of the measured ones
        replace(question, index=-number, prefix=prefix_of(settings.prefix, settings.seed, -number))
        for number, question in enumerate(asked, start=1)
    )
