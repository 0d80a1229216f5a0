"""One run that can be given another rate, and stopped so that what it began still ends.

The runner plays a plan to its end or is cancelled. So another rate is another part: the one
before asks nothing any more and ends what it has begun, the next one asks what is left.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from ollama_observe.service.tasks import spawn
from traffic.plan.plan import Plan
from traffic.run.runner import Asker, Observer, play
from traffic.settings import TrafficSettings
from traffic.worker.drain import PAUSE_SECONDS, Gentle
from traffic.worker.pace import Pace

_NEVER = 1e-6
"""A duration that is over: it lets nothing begin."""


@dataclass(frozen=True, slots=True)
class _Part:
    task: "asyncio.Task[None]"
    gentle: Gentle


class Parts:
    """Plays a plan. `settings` are those of now: a change of rate is in them."""

    def __init__(
        self,
        plan: Plan,
        settings: TrafficSettings,
        asker: Asker,
        observer: Observer,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.settings = settings
        self.is_stopped = False
        self._planned_rate = settings.rate_per_second
        self._asker = asker
        self._observer = observer
        self._clock = clock
        self._pace = Pace(plan.stream(), clock)
        self._parts: list[_Part] = []

    async def run(self) -> None:
        """Play until the plan ends, or is stopped; when this is cancelled, requests are left."""
        self._go_on()
        try:
            while going := [part.task for part in self._parts if not part.task.done()]:
                await asyncio.wait(going)
        except asyncio.CancelledError:
            await self.stop(0.0)
            raise
        for part in self._parts:
            if not part.task.cancelled():
                part.task.result()

    def change_rate(self, rate_per_second: float) -> None:
        """Ask what is left at another rate, from now on."""
        self._pace.change(rate_per_second / self._planned_rate)
        self.settings = self.settings.model_copy(update={"rate_per_second": rate_per_second})
        if self._pace.begun is not None and not self.is_stopped:
            part = self._parts[-1]
            part.gentle.goes_on = True
            part.task.cancel()
            self._go_on()

    async def stop(self, within_seconds: float) -> None:
        """Ask nothing more. Requests in flight that take longer than that are left."""
        self.is_stopped = True
        for part in self._parts:
            part.gentle.goes_on = False
            part.task.cancel()
        tasks = [part.task for part in self._parts]
        if tasks and (await asyncio.wait(tasks, timeout=within_seconds))[1]:
            for part in self._parts:
                part.gentle.leave()
            await asyncio.wait(tasks)

    def _go_on(self) -> None:
        has_closed_loop = not self.settings.is_scheduled
        gentle = Gentle(self._asker, PAUSE_SECONDS if has_closed_loop else 0.0)
        work = play(self._pace, gentle, self._rest(), self._observer, self._clock)
        self._parts = [part for part in self._parts if not part.task.done()]
        self._parts.append(_Part(spawn(work, name="play"), gentle))

    def _rest(self) -> TrafficSettings:
        """The settings for a part: its duration is what is left of the whole."""
        begun, whole = self._pace.begun, self.settings.duration_seconds
        if begun is None or whole is None:
            return self.settings
        left = max(_NEVER, begun + whole - self._clock())
        return self.settings.model_copy(update={"duration_seconds": left})
