"""Rounds: every subject in turn, again and again, so that a noisy minute spoils none alone."""

import asyncio
import statistics
from collections.abc import Callable, Sequence

from bench.load import WrongAnswerError
from bench.plan import Plan
from bench.subjects import Subject
from bench.workloads import Sample, Take, Workload

SAMPLE_SECONDS = 60.0

Rounds = dict[str, dict[str, list[Sample]]]
"""Workload to subject to its samples, one a round."""


async def measure(
    plan: Plan, subjects: Sequence[Subject], progress: Callable[[str], None]
) -> Rounds:
    """Take every workload's rounds; one connection, one stream, one subject at a time."""
    taken: Rounds = {}
    for workload in plan.workloads:
        chosen = [subject for subject in subjects if _suits(workload, subject)]
        for subject in chosen:
            progress(f"{workload.title}: {subject.name} warms up")
            await _bounded(workload.prepare, subject)
        samples: dict[str, list[Sample]] = {subject.name: [] for subject in chosen}
        for number in range(plan.rounds):
            for subject in chosen:
                progress(f"{workload.title}: round {number + 1} of {plan.rounds}, {subject.name}")
                samples[subject.name].append(await _bounded(workload.take, subject))
        taken[workload.name] = samples
    return taken


def _suits(workload: Workload, subject: Subject) -> bool:
    if subject.gateway is not None:
        return workload.suits_gateway
    return not subject.has_cache or subject.name in workload.cached


async def _bounded(take: Take, subject: Subject) -> Sample:
    try:
        async with asyncio.timeout(SAMPLE_SECONDS):
            return await take(subject)
    except TimeoutError as error:
        said = f"{subject.name} did not finish within {SAMPLE_SECONDS:g} s"
        raise WrongAnswerError(said) from error


def medians(rounds: Rounds) -> dict[str, dict[str, Sample]]:
    """Workload to subject to the median of each measured name."""
    return {
        workload: {name: _median(samples) for name, samples in subjects.items()}
        for workload, subjects in rounds.items()
    }


def _median(samples: Sequence[Sample]) -> Sample:
    return {name: statistics.median(s[name] for s in samples) for name in samples[0]}
