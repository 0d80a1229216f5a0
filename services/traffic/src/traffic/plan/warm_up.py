"""The questions before the measured ones: so that models are loaded when those begin. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from traffic.bank.loading import Bank
from traffic.bank.questions import Kind
from traffic.choices import Preset
from traffic.plan.planned import PlannedQuestion
from traffic.plan.prefixes import prefix_of
from traffic.plan.proportions import digest
from traffic.plan.stages import both_ways, drafted
from traffic.settings import TrafficSettings

WARM_UPS: dict[Preset, int] = {"demo": 1, "stress": 3, "replay": 1}
"""How many questions warm up where nothing else is said; none for the other presets."""


def warming(
    bank: Bank,
    settings: TrafficSettings,
    kinds: Collection[Kind],
    measured: Sequence[PlannedQuestion],
    models: Sequence[str],
) -> tuple[PlannedQuestion, ...]:
    """Questions for every model in turn, at least one for each; none where none are wanted.

    Of the run's own kinds: rather of one turn than of several, and rather such as are not
    measured. In a mixed run each is asked both ways, which have connections of their own.
    """
    wanted = WARM_UPS.get(settings.preset, 0) if settings.warm_up is None else settings.warm_up
    if not wanted:
        return ()
    later = {question.question_id for question in measured}
    stack = sorted(
        (drafted(bank, question, settings) for question in bank.every(kinds)),
        key=lambda one: (
            len(one.turns) > 1,
            one.question_id in later,
            digest(settings.seed, "warm-up", one.question_id),
        ),
    )
    asked = [
        replace(
            stack[number % len(stack)],
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
