"""Watches Prometheus's alerts, and lets others wait for one to fire and to resolve."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Protocol

from drill.prometheus import Active
from drill.scenario import Alert

_EVERY_SECONDS = 0.3
"""More often than rules are evaluated."""


class Alerts(Protocol):
    """What is asked for alerts."""

    async def active(self) -> list[Active]:
        """The alerts that are pending or firing now."""


class Watch:
    """Asks again and again while its block runs."""

    def __init__(self, alerts: Alerts, every_seconds: float = _EVERY_SECONDS) -> None:
        self._alerts = alerts
        self._every_seconds = every_seconds
        self._active: Sequence[Active] = ()
        self._asked = asyncio.Condition()

    @contextlib.asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Ask while the block runs. A question that fails ends the block."""
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self._keep_asking())
            try:
                yield
            finally:
                task.cancel()

    async def fires(self, alert: Alert, within_seconds: float) -> bool:
        """Wait until an alert fires; False where it does not."""
        return await self._until(lambda: self._has(alert), within_seconds)

    async def resolves(self, alert: Alert, within_seconds: float) -> bool:
        """Wait until an alert does not fire; False where it goes on."""
        return await self._until(lambda: not self._has(alert), within_seconds)

    async def quiet(self, within_seconds: float) -> frozenset[str]:
        """Wait until nothing is pending or firing; the names of what goes on all the same."""
        await self._until(lambda: not self._active, within_seconds)
        return frozenset(found.name for found in self._active)

    def _has(self, alert: Alert) -> bool:
        return any(
            found.is_firing and alert.matches(found.name, found.labels) for found in self._active
        )

    async def _until(self, reached: Callable[[], bool], within_seconds: float) -> bool:
        try:
            async with asyncio.timeout(within_seconds), self._asked:
                # what was found before it was asked for may be over
                await self._asked.wait()
                await self._asked.wait_for(reached)
        except TimeoutError:
            return False
        return True

    async def _keep_asking(self) -> None:
        while True:
            found = await self._alerts.active()
            async with self._asked:
                self._active = found
                self._asked.notify_all()
            await asyncio.sleep(self._every_seconds)
