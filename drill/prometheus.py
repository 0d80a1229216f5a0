"""Alerts, as Prometheus's HTTP API tells of them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2

ANSWERS_WITHIN_SECONDS = 10.0

_GAP_SECONDS = 2.5
"""Rules are evaluated every second: what is further apart fired twice."""


class PrometheusError(Exception):
    """It cannot be asked; the message says why."""


@dataclass(frozen=True, slots=True)
class Active:
    """An alert that is pending or firing."""

    name: str
    labels: Mapping[str, str]
    is_firing: bool


@dataclass(frozen=True, slots=True)
class Firing:
    """A time in which an alert fired. Units: Unix seconds of the evaluation that it began with."""

    name: str
    labels: Mapping[str, str]
    began: float


class Prometheus:
    """A Prometheus that answers over `http`. Every question raises PrometheusError."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self._http = http

    async def active(self) -> list[Active]:
        """The alerts that are pending or firing now."""
        return active_in(await self._get("/api/v1/alerts", {}))

    async def fired(self, seconds: float) -> list[Firing]:
        """Every time that an alert fired in the last `seconds`."""
        query = f'ALERTS{{alertstate="firing"}}[{max(1, round(seconds))}s]'
        return firings_in(await self._get("/api/v1/query", {"query": query}))

    async def knows(self, query: str) -> bool:
        """Whether an expression has a series now."""
        return bool((await self._get("/api/v1/query", {"query": query}))["result"])

    async def _get(self, path: str, params: dict[str, str]) -> Any:
        try:
            answer = await self._http.get(path, params=params)
            answer.raise_for_status()
        except httpx2.HTTPError as error:
            said = str(error) or type(error).__name__
            raise PrometheusError(f"Prometheus does not answer {path}: {said}") from error
        return answer.json()["data"]


def active_in(data: Any) -> list[Active]:
    """What /api/v1/alerts tells."""
    return [
        Active(found["labels"]["alertname"], found["labels"], found["state"] == "firing")
        for found in data["alerts"]
    ]


def firings_in(data: Any) -> list[Firing]:
    """What a range of ALERTS tells: a sample for each evaluation at which one fired."""
    return [
        Firing(series["metric"]["alertname"], series["metric"], began)
        for series in data["result"]
        for began in _beginnings([float(instant) for instant, _ in series["values"]])
    ]


def _beginnings(instants: list[float]) -> list[float]:
    before = [-math.inf, *instants]
    return [
        instant
        for earlier, instant in zip(before, instants, strict=False)
        if instant - earlier > _GAP_SECONDS
    ]
