"""Plays rounds of scenarios, and notes what came of each."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from drill.scenario import Alert, Condition, Scenario
from drill.watch import Watch
from drill.world import World

Wait = Callable[[Alert, float], Awaitable[bool]]


@dataclass(slots=True)
class Record:
    """What came of a scenario. Units: instants are seconds of one monotonic clock.

    `fired` and `resolved` are by the alert's place in the scenario; one that did not is missing.
    """

    scenario: Scenario
    began: float
    fired: dict[int, float] = field(default_factory=dict)
    cleared: float | None = None
    resolved: dict[int, float] = field(default_factory=dict)
    ended: float | None = None
    """From then on it accounts for no alert."""


@dataclass(slots=True)
class Drill:
    """`within_seconds`: the longest wait for an alert to fire, and for one to resolve."""

    world: World
    watch: Watch
    within_seconds: float
    say: Callable[[str], None]
    records: list[Record] = field(default_factory=list)
    restless: set[str] = field(default_factory=set)
    """Alerts that went on after their round."""
    _rested_at: float = 0.0

    async def rest(self, condition: Condition, seconds: float) -> None:
        """Nothing is wrong for so long."""
        async with condition(self.world):
            await asyncio.sleep(seconds)
        self._rested_at = _now()

    async def play(self, rounds: Sequence[Sequence[Scenario]]) -> None:
        """Play all rounds; each begins when the one before it is over and quiet."""
        for number, scenarios in enumerate(rounds, 1):
            await self._rest_until(max(s.rests_seconds for s in scenarios))
            about = dict.fromkeys(alert.name for s in scenarios for alert in s.fires)
            self.say(f"round {number} of {len(rounds)}: {', '.join(about)}")
            async with asyncio.TaskGroup() as group:
                for scenario in scenarios:
                    group.create_task(self._play(scenario))
            await self._calm_down()

    async def _rest_until(self, rests_seconds: float) -> None:
        seconds = self._rested_at + rests_seconds - _now()
        if seconds > 0:
            self.say(f"waiting {seconds:.0f} s, so that there is a past to compare with")
            await asyncio.sleep(seconds)

    async def _play(self, scenario: Scenario) -> None:
        record = Record(scenario, _now())
        self.records.append(record)
        async with scenario.condition(self.world):
            every = dict(enumerate(scenario.fires))
            await self._each(every, self.watch.fires, record.fired, "fires", "fire")
        record.cleared = _now()
        fired = {place: alert for place, alert in every.items() if place in record.fired}
        await self._each(fired, self.watch.resolves, record.resolved, "has resolved", "resolve")

    async def _each(
        self,
        alerts: Mapping[int, Alert],
        wait: Wait,
        instants: dict[int, float],
        done: str,
        verb: str,
    ) -> None:
        """Wait for each of these alerts, and note when. `done` and `verb` are for progress."""

        async def note(place: int, alert: Alert) -> None:
            if await wait(alert, self.within_seconds):
                instants[place] = _now()
                self.say(f"{alert.name} {done}")
            else:
                self.say(f"{alert.name} did not {verb} within {self.within_seconds:g} s")

        async with asyncio.TaskGroup() as group:
            for place, alert in alerts.items():
                group.create_task(note(place, alert))

    async def _calm_down(self) -> None:
        """Wait until nothing is pending or firing: from then on the round accounts for nothing."""
        self.restless |= await self.watch.quiet(self.within_seconds)
        for record in self.records:
            record.ended = record.ended or _now()


def _now() -> float:
    return asyncio.get_running_loop().time()
