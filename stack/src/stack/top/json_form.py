"""What is known as a document for programs: docs/TOP.md lists its fields. Pure.

Names stay as they are, units are in them, and what is not known is null.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import msgspec

from stack.top.facts import Facts
from stack.top.machine import Gpu, Host, Model
from stack.top.rates import Counts, Growth, observations, quantile
from stack.top.table import Entry, Finished

VERSION = 1
_DIGITS = 4


def document(facts: Facts) -> dict[str, Any]:
    """The document."""
    has_proxy, has_exporter = facts.has_proxy, facts.has_exporter
    return {
        "version": VERSION,
        "at": facts.at.isoformat(timespec="milliseconds"),
        "at_unix_seconds": round(facts.at.timestamp(), 3),
        "target": facts.title,
        "sources": _sources(facts),
        "stack": {"release": facts.release, "uptime_seconds": _rounded(facts.uptime_seconds)},
        "ollama": {"is_up": facts.ollama_up, "version": facts.ollama_version},
        "proxies_asked": facts.proxies_asked,
        "proxies_in_prometheus": facts.proxies_read,
        "now": _rates(facts.now),
        "lately": _lately(facts.lately),
        "since_start": _totals(facts.totals),
        "in_flight": [_entry(one) for one in facts.requests] if has_proxy else None,
        "finished": [_finished(one) for one in facts.finished] if has_proxy else None,
        "models": [_model(one) for one in facts.models] if has_exporter else None,
        "gpus": [_gpu(one) for one in facts.gpus] if has_exporter else None,
        "host": _host(facts.host) if has_exporter else None,
        "history": _history(facts),
    }


def _sources(facts: Facts) -> list[dict[str, Any]]:
    asked = [
        {"part": one.part, "where": one.where, "is_up": one.is_up, "problem": one.problem or None}
        for one in facts.sources
    ]
    return asked + [
        {"part": part, "where": None, "is_up": None, "problem": why}
        for part, why in facts.missing.items()
    ]


def _rates(now: Growth) -> dict[str, Any]:
    return {
        "over_seconds": _rounded(now.seconds),
        "requests_per_second": _rounded(now.requests_per_second),
        "generated_tokens_per_second": _rounded(now.tokens_per_second),
    }


def _lately(lately: Growth) -> dict[str, Any]:
    is_known = lately.seconds > 0
    errors = {name: round(count) for name, count in lately.errors.items() if count > 0}
    return _rates(lately) | {
        "requests": round(lately.requests) if is_known else None,
        "generated_tokens": round(lately.generated_tokens) if is_known else None,
        "errors": sum(errors.values()) if is_known else None,
        "errors_by_type": errors if is_known else None,
        **_ttft(lately.ttft if is_known else None),
    }


def _totals(totals: Counts | None) -> dict[str, Any]:
    errors = {name: round(count) for name, count in totals.errors.items()} if totals else {}
    return {
        "requests": round(totals.requests) if totals else None,
        "generated_tokens": round(totals.generated_tokens) if totals else None,
        "prompt_tokens": round(totals.prompt_tokens) if totals else None,
        "errors": sum(errors.values()) if totals else None,
        "errors_by_type": errors if totals else None,
        **_ttft(totals.ttft if totals else None),
    }


def _ttft(buckets: Mapping[float, float] | None) -> dict[str, Any]:
    found = {} if buckets is None else buckets
    return {
        "ttft_count": None if buckets is None else round(observations(found)),
        "ttft_p50_seconds": _rounded(quantile(found, 0.5)),
        "ttft_p95_seconds": _rounded(quantile(found, 0.95)),
    }


def _entry(one: Entry) -> dict[str, Any]:
    known: dict[str, Any] = msgspec.structs.asdict(one)
    return {name: _rounded(value) for name, value in known.items()}


def _finished(one: Finished) -> dict[str, Any]:
    known: dict[str, Any] = msgspec.structs.asdict(one)
    return {name: _rounded(value) for name, value in known.items()} | {"is_error": one.is_error}


def _model(model: Model) -> dict[str, Any]:
    known = asdict(model) | {"gpu_ratio": model.gpu_ratio}
    return {name: _rounded(value) for name, value in known.items()}


def _gpu(gpu: Gpu) -> dict[str, Any]:
    known = asdict(gpu) | {"throttled_by": list(gpu.throttled_by)}
    return {name: _rounded(value) for name, value in known.items()}


def _host(host: Host) -> dict[str, Any]:
    known = asdict(host)
    del known["cpu_seconds"]
    return {name: _rounded(value) for name, value in known.items()}


def _history(facts: Facts) -> dict[str, Any]:
    slots = [Growth() if slot is None else slot for slot in facts.slots]
    return {
        "slot_seconds": facts.slot_seconds,
        "requests_per_second": [_rounded(slot.requests_per_second) for slot in slots],
        "generated_tokens_per_second": [_rounded(slot.tokens_per_second) for slot in slots],
        "ttft_p50_seconds": [_rounded(quantile(slot.ttft, 0.5)) for slot in slots],
        "ttft_p95_seconds": [_rounded(quantile(slot.ttft, 0.95)) for slot in slots],
    }


def _rounded(value: Any) -> Any:
    """A number without the digits that mean nothing; whole ones as such."""
    if not isinstance(value, float):
        return value
    return int(value) if value.is_integer() and abs(value) >= 1 else round(value, _DIGITS)
