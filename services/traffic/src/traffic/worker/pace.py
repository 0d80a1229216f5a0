"""The questions of a plan with instants that can be moved closer or apart while they are asked.

The whole schedule goes faster or slower, as a recording does: a constant or Poisson rate is then
another such rate, and what is left of a ramp or a spike is shorter or longer.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from traffic.plan.planned import PlannedQuestion


class Pace:
    """A source for the runner. `stream` goes on where the stream before it was left."""

    def __init__(
        self,
        questions: Iterator[PlannedQuestion],
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._questions = questions
        self._clock = clock
        self._factor = 1.0
        self._place = 0.0
        """How far the plan had come when it got its present pace, by its own time."""
        self._since: float | None = None
        """When that was."""
        self.begun: float | None = None
        """When the schedule began; None while the warm-up is asked."""
        self._held: PlannedQuestion | None = None
        """What was taken from the plan and is not known to be asked."""

    def change(self, factor: float) -> None:
        """Go so many times as fast as planned, from now on."""
        if self._since is not None:
            now = self._clock()
            self._place += (now - self._since) * self._factor
            self._since = now
        self._factor = factor

    def stream(self) -> Iterator[PlannedQuestion]:
        """What has not been asked. A question counts as asked when the next one is taken."""
        while (question := self._held or next(self._questions, None)) is not None:
            self._held = question
            yield self._placed(question)
            self._held = None

    def _placed(self, question: PlannedQuestion) -> PlannedQuestion:
        if question.is_warm_up or question.at_seconds is None:
            return question
        if self._since is None:
            self._since = self.begun = self._clock()
        left = max(0.0, question.at_seconds - self._place)
        return replace(question, at_seconds=left / self._factor)
