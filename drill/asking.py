"""Questions from the bank to one model, through the proxy, by the traffic generator."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ollama_observe.service.tasks import spawn
from traffic.bank.loading import Bank
from traffic.plan.plan import SIZES, Plan, PlannedQuestion, make_plan
from traffic.request.attempt import Attempt
from traffic.request.client import Client, open_http
from traffic.run.runner import play
from traffic.settings import TrafficSettings

_MAX_TOKENS = 64


@dataclass(frozen=True, slots=True)
class Load:
    """Some questions to a model. `timeout_seconds`: how long a client waits for an answer."""

    model: str
    questions: int = SIZES["quick"]
    at_once: int = 2
    timeout_seconds: float = 60.0


class _Nobody:
    """An observer that looks at nothing: what is to be seen is Prometheus's to tell."""

    def asked(self, question: PlannedQuestion) -> None:
        pass

    def answered(self, attempt: Attempt) -> None:
        pass

    def dropped(self, question: PlannedQuestion) -> None:
        pass


class Asker:
    """Plays loads against a proxy, with the API key that a file holds."""

    def __init__(self, url: str, bank: Bank, key_file: Path) -> None:
        self._url = url
        self._bank = bank
        self._key_file = key_file
        self._plan = cache(self._planned)

    async def ask(self, load: Load) -> None:
        """Ask the questions of a load; return when each has its answer, or none."""
        settings = self._settings(load)
        async with open_http(settings) as http:
            await play(self._plan(load), Client(http, settings), settings, _Nobody())

    @contextlib.asynccontextmanager
    async def asking(
        self, *loads: Load, every_seconds: float = 1.0, patience_seconds: float = 15.0
    ) -> AsyncIterator[None]:
        """Ask in the background while the block runs, one load after the other, over and over.

        A load begins every `every_seconds`, or when the one before it has ended. At the end the
        one that runs has `patience_seconds` to end: a client that is cut off is an abort.
        """
        stop = asyncio.Event()
        task = spawn(self._keep_asking(loads, every_seconds, stop), name="ask")
        try:
            yield
        except BaseException:
            task.cancel()
            raise
        stop.set()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(task, patience_seconds)

    async def _keep_asking(
        self, loads: tuple[Load, ...], every_seconds: float, stop: asyncio.Event
    ) -> None:
        clock = asyncio.get_running_loop().time
        for load in itertools.cycle(loads):
            due = clock() + every_seconds
            await self.ask(load)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), max(0.0, due - clock()))
            if stop.is_set():
                return

    def _planned(self, load: Load) -> Plan:
        return make_plan(self._bank, self._settings(load))

    def _settings(self, load: Load) -> TrafficSettings:
        return _settings(self._url, self._key_file, load)


def _settings(url: str, key_file: Path, load: Load) -> TrafficSettings:
    """What was set for the operator's own runs is nothing to a drill."""
    defaults: dict[str, Any] = {
        name: field.get_default() for name, field in TrafficSettings.model_fields.items()
    }
    return TrafficSettings.model_validate(
        defaults
        | {
            "base_url": url,
            "api_key_file": key_file,
            "model": load.model,
            "questions": load.questions,
            "concurrency": load.at_once,
            "max_tokens": _MAX_TOKENS,
            "request_timeout_seconds": load.timeout_seconds,
            # a gateway would try those that fail again
            "route": "direct",
        }
    )
