"""Facts as `top` shows them, for tests of what is made of them."""

import math
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from stack.top.facts import Facts, Source
from stack.top.machine import Gpu, Host, Model
from stack.top.rates import Counts, Growth
from stack.top.table import Entry, Finished

NOON = datetime(2026, 11, 28, 12, 34, 56, tzinfo=UTC)
EVIL = "evil\x1b[2J\x07\u202emodel\n:1b"
"""A model's name that would clear a terminal, and turn its line round."""


def entry(model: str = "qwen3:8b", phase: str = "answering", **fields: Any) -> Entry:
    """A request in flight."""
    known: dict[str, Any] = {
        "request_id": "a1b2c3d4e5f6a7b8-1",
        "endpoint": "/api/chat",
        "routing": "direct",
        "age_seconds": 3.25,
        "sent_seconds": 3.2,
        "tokens": 120,
        "tokens_per_second": 45.1,
    }
    return Entry(model=model, phase=phase, **(known | fields))


def ended(outcome: str = "ok", **fields: Any) -> Finished:
    """A request that ended."""
    known: dict[str, Any] = {
        "request_id": "a1b2c3d4e5f6a7b8-0",
        "endpoint": "/api/generate",
        "model": "llama3.2:3b",
        "routing": "direct",
        "status": 200,
        "duration_seconds": 1.5,
        "tokens": 64,
        "ago_seconds": 4.0,
    }
    return Finished(outcome=outcome, **(known | fields))


def growth(tokens_per_second: float, ttft_seconds: float | None = None) -> Growth:
    """What happened in a slot: one request that began after so long."""
    edges = (0.25, 0.5, 1.0, math.inf)
    ttft = {edge: float(ttft_seconds is not None and ttft_seconds <= edge) for edge in edges}
    return Growth(5.0, 1.0, tokens_per_second * 5, {}, ttft)


UP = (
    Source("proxy", "http://127.0.0.1:8001"),
    Source("gpu-exporter", "http://127.0.0.1:8000"),
    Source("prometheus", "http://127.0.0.1:9090"),
)

FACTS = Facts(
    at=NOON,
    title="gpu-box",
    sources=UP,
    release="0.1.0",
    uptime_seconds=7500.0,
    ollama_up=True,
    ollama_version="0.33.0",
    proxies_read=1,
    requests=(entry(), entry("llama3.2:3b", "waiting", tokens=0, tokens_per_second=None)),
    finished=(ended(), ended("upstream_5xx", status=500, ago_seconds=9.0)),
    models=(
        Model("llama3.2:3b", 4e9, 4e9, 0.0, 8192, 252.0),
        Model("qwen3:8b", 6e9, 4.5e9, 1.5e9, 4096, None),
    ),
    gpus=(
        Gpu(
            "0", "NVIDIA GeForce RTX 4090", False, 0.87, 19.5e9, 25.7e9, 312.0, 71.0, ("power_cap",)
        ),
    ),
    host=Host(16, 0.23, 1.2, 21e9, 64e9, {"idle": 1.0}),
    totals=Counts(900, 50_000, 70_000, {"upstream_5xx": 9}, {0.5: 8, math.inf: 8}),
    now=Growth(10, 8, 580),
    lately=Growth(300, 40, 9000, {"upstream_5xx": 2.0}, {0.5: 10.0, 1.0: 20.0, math.inf: 20.0}),
    slots=(*([None] * 200), *(growth(number, 0.4) for number in range(40))),
)
"""A stack that is asked, with one failure."""

DOWN = replace(
    Facts(at=NOON, title="gpu-box", remedy="not running: make start"),
    sources=tuple(replace(source, problem="connection refused") for source in UP),
    slots=(None,) * 240,
)
"""A stack of which nothing answers."""
