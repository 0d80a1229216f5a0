"""An asker for a service that runs on: it lets requests end, and spares a server that is gone."""

import asyncio

from ollama_observe.service.tasks import spawn
from traffic.plan.planned import PlannedQuestion
from traffic.request.attempt import Attempt, Failure
from traffic.request.protocol import Message
from traffic.run.runner import Asker

PAUSE_SECONDS = 1.0
"""In a closed loop the next question comes as one ends, and a refused connection ends at once."""


class Gentle:
    """Hands on to another asker. When a run is cancelled, its requests in flight end first.

    `goes_on`: then the rest of their conversations is asked, too.
    """

    def __init__(self, asker: Asker, pause_seconds: float = 0.0) -> None:
        self.goes_on = False
        self._asker = asker
        self._pause_seconds = pause_seconds
        self._asking: set[asyncio.Task[str]] = set()
        self._is_ending = False

    async def unload(self, question: PlannedQuestion) -> bool:
        """Have the question's model unloaded."""
        return await self._asker.unload(question)

    async def ask(
        self, attempt: Attempt, question: PlannedQuestion, messages: list[Message]
    ) -> str:
        """Send one turn and read its whole answer, whoever cancels meanwhile."""
        asking = spawn(self._asker.ask(attempt, question, messages), name="ask")
        self._asking.add(asking)
        try:
            reply = await self._whole(asking)
        finally:
            self._asking.discard(asking)
        if self._is_ending and not self.goes_on:
            raise asyncio.CancelledError
        if attempt.failure is Failure.UNREACHABLE and self._pause_seconds:
            await asyncio.sleep(self._pause_seconds)
        return reply

    def leave(self) -> None:
        """Leave the requests in flight where they are."""
        for asking in self._asking:
            asking.cancel()

    async def _whole(self, asking: "asyncio.Task[str]") -> str:
        while True:
            try:
                return await asyncio.shield(asking)
            except asyncio.CancelledError:
                if asking.cancelled():
                    raise
                self._is_ending = True
