"""Asks Prometheus over HTTP. What goes wrong is a sentence, with what helps."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import httpx2
import msgspec

from dashboard.alerts import Firing
from dashboard.books import Books
from dashboard.views import Grid
from ollama_observe.service.addresses import without_credentials

Sample = tuple[float, str]

START = "`make start` starts it"
PATIENCE_SECONDS = 2.0
"""Beyond the time that Prometheus is given for a query."""
VOICE_SECONDS = 3.0
"""How long it may take to say anything."""
MOST_BYTES = 32 * 1024 * 1024
"""Of one answer."""
SHORTER = "a shorter range asks less of it"
WAIT = "it reads its log after a start: wait a moment"


class QueryError(Exception):
    """No answer. `kind` is of a metric's closed set, `remedy` may be empty."""

    def __init__(self, kind: str, sentence: str, remedy: str = "") -> None:
        super().__init__(sentence)
        self.kind = kind
        self.remedy = remedy


class SilenceError(QueryError):
    """It gave no answer at all, not even that it takes too long."""

    def __init__(self, sentence: str, remedy: str) -> None:
        super().__init__("timeout", sentence, remedy)


class Found(msgspec.Struct):
    """A series of an answer. `values` of a matrix, `value` of a vector."""

    metric: dict[str, str] = {}
    values: list[Sample] = []
    value: Sample | None = None


class _Data(msgspec.Struct):
    result: list[Found] = []
    alerts: list[Firing] = []


class _Answer(msgspec.Struct):
    status: str
    data: _Data | list[str] = msgspec.field(default_factory=_Data)
    errorType: str = ""  # noqa: N815 (Prometheus's spelling)
    error: str = ""


_decode = msgspec.json.Decoder(_Answer).decode


class Prometheus:
    """One Prometheus. An empty `url`: there is none."""

    def __init__(
        self, http: httpx2.AsyncClient, url: str, timeout_seconds: float, books: Books
    ) -> None:
        self._http = http
        self._url = url.rstrip("/")
        self._timeout_seconds = timeout_seconds
        self._books = books

    async def range(self, expr: str, grid: Grid, look_back_seconds: float) -> Sequence[Found]:
        """What an expression was at each instant of a grid. Raises: QueryError.

        `look_back_seconds` is how old a sample may be that stands for an instant; Prometheus 2.42
        does not know it, and takes its five minutes.
        """
        given = {
            "query": expr,
            "start": str(grid.start),
            "end": str(grid.end),
            "step": str(grid.step),
            "lookback_delta": f"{look_back_seconds:g}s",
            "timeout": f"{self._timeout_seconds:g}",  # with a letter it must be a whole number
        }
        return (await self._data("range", "query_range", given)).result

    async def instant(self, expr: str, /) -> Sequence[tuple[Mapping[str, str], float]] | None:
        """What an expression is now; None where no answer came."""
        try:
            data = await self._data("instant", "query", {"query": expr})
            return [
                (one.metric, float(one.value[1])) for one in data.result if one.value is not None
            ]
        except (QueryError, ValueError):
            return None

    async def is_heard(self) -> bool:
        """Whether it answers at all, within a moment."""
        try:
            async with asyncio.timeout(VOICE_SECONDS):
                return await self.instant("vector(1)") is not None
        except TimeoutError:
            return False

    async def values(self, label: str, series: str, start: float) -> Sequence[str] | None:
        """What a label has been since a time, of a series; None where no answer came."""
        asked = urlencode({"match[]": series, "start": f"{start:.0f}"})
        try:
            data = await self._ask("values", f"label/{label}/values?{asked}", None)
        except QueryError:
            return None
        return data if isinstance(data, list) else None

    async def alerts(self) -> Sequence[Firing] | None:
        """The alerts that fire, or are about to; None where no answer came."""
        try:
            return (await self._data("alerts", "alerts", None)).alerts
        except QueryError:
            return None

    async def _data(self, kind: str, what: str, given: dict[str, str] | None) -> _Data:
        data = await self._ask(kind, what, given)
        return _Data() if isinstance(data, list) else data

    async def _ask(self, kind: str, what: str, given: dict[str, str] | None) -> _Data | list[str]:
        if not self._url:
            raise QueryError("unreachable", "there is no Prometheus", START)
        began = time.perf_counter()
        try:
            return await self._answered(f"{self._url}/api/v1/{what}", given)
        except QueryError as error:
            self._books.query_failed(error.kind)
            raise
        finally:
            self._books.queried(kind, time.perf_counter() - began)

    async def _answered(self, url: str, given: dict[str, str] | None) -> _Data | list[str]:
        where = without_credentials(self._url)
        try:
            # by itself Prometheus ends it first, and says so
            async with asyncio.timeout(self._timeout_seconds + PATIENCE_SECONDS):
                status, body = await self._exchange(url, given)
        except (httpx2.TimeoutException, TimeoutError) as error:
            raise SilenceError(
                f"Prometheus at {where} gave no answer within {self._timeout_seconds:g} s",
                SHORTER,
            ) from error
        except httpx2.HTTPError as error:
            raise QueryError("unreachable", f"Prometheus at {where} is not there", START) from error
        return _read(status, body, where)

    async def _exchange(self, url: str, given: dict[str, str] | None) -> tuple[int, bytes]:
        # a query may be longer than an address can be
        method = "GET" if given is None else "POST"
        limit = self._timeout_seconds + PATIENCE_SECONDS
        async with self._http.stream(method, url, data=given, timeout=limit) as answer:
            body = bytearray()
            async for piece in answer.aiter_bytes():
                body += piece
                if len(body) > MOST_BYTES:
                    raise QueryError(
                        "unreadable",
                        f"Prometheus's answer is longer than {MOST_BYTES // 2**20} MiB",
                        "a shorter range or fewer models ask less of it",
                    )
            return answer.status_code, bytes(body)


def _read(status: int, body: bytes, where: str) -> _Data | list[str]:
    """What an answer carries. Raises: QueryError."""
    if status == httpx2.codes.SERVICE_UNAVAILABLE and not body.startswith(b"{"):
        raise QueryError("unreachable", f"Prometheus at {where} is not ready", WAIT)
    try:
        answer = _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise QueryError(
            "unreadable",
            f"expected Prometheus's JSON from {where}, found something else (status {status})",
            "DASHBOARD_PROMETHEUS_URL says where it is asked",
        ) from error
    if answer.status != "success":
        kind = "timeout" if answer.errorType == "timeout" else "refused"
        is_too_much = kind == "timeout" or answer.errorType == "execution"
        said = f"Prometheus says: {_line(answer.error)}"
        raise QueryError(kind, said, SHORTER if is_too_much else "")
    return answer.data


def _line(text: Any) -> str:
    return " ".join(str(text).split())[:500]
