"""Asks the exporter what models run with, again and again, and tells what has changed of it."""

import asyncio
from collections.abc import Callable

import httpx2
import msgspec

from dashboard.asking import ask
from dashboard.configuration import Document, configuration_of
from dashboard.messages import Configuration
from ollama_observe.service.addresses import without_credentials

PATH = "/api/configuration"
WITHIN_SECONDS = 3.0

_document = msgspec.json.Decoder(Document).decode


class ConfigurationFeed:
    """What models run with, as an exporter tells it. `clock` is Unix time, in seconds.

    What was known stays, with the reason why it is not known now. Where nothing ever was there is
    nothing to show: an exporter that is away is said by the strip.
    """

    def __init__(
        self,
        http: httpx2.AsyncClient,
        exporter_url: str,
        show: Callable[[Configuration], None],
        clock: Callable[[], float],
        every_seconds: float,
        within_seconds: float = WITHIN_SECONDS,
    ) -> None:
        self._http = http
        self._url = f"{exporter_url.rstrip('/')}{PATH}" if exporter_url else ""
        self._where = without_credentials(self._url)
        self._show = show
        self._clock = clock
        self._every_seconds = every_seconds
        self._within_seconds = within_seconds
        self._shown: Configuration | None = None
        self._heard: float | None = None

    async def follow(self) -> None:
        """Ask without end; not at all where there is no exporter."""
        while self._url:
            found = await self._ask()
            if isinstance(found, Configuration):
                self._heard = found.at
                self._tell(found)
            else:
                self.failed(found)
            await asyncio.sleep(self._every_seconds)

    def failed(self, reason: str) -> None:
        """It is not known, for now."""
        if self._shown is not None:
            self._tell(msgspec.structs.replace(self._shown, at=self._heard, error=reason))

    def _tell(self, found: Configuration) -> None:
        """Show what is new in more than its time."""
        before = self._shown
        if before is None or msgspec.structs.replace(found, at=before.at) != before:
            self._shown = found
            self._show(found)

    async def _ask(self) -> Configuration | str:
        """What it says; a sentence where it does not."""
        answer = await ask(self._http, self._url, "", self._within_seconds)
        if isinstance(answer, str):
            return answer
        if answer.status_code != httpx2.codes.OK:
            return f"{self._where} answered {answer.status_code}, expected 200"
        try:
            return configuration_of(_document(answer.content), self._clock())
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            return f"expected what models run with at {self._where}: {error}"
