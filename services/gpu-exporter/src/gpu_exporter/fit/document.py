"""An answer as JSON has it: numbers, and the sentences that say what they mean. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime

from gpu_exporter.fit import sentences
from gpu_exporter.fit.answer import Answer, HeadRoom
from gpu_exporter.fit.places import Place
from gpu_exporter.fit.residents import Resident, freeings
from gpu_exporter.fit.verdict import Kind, Verdict

Document = Mapping[str, object]


def of_head_room(found: HeadRoom, now: float) -> Document:
    """What is free and what frees itself when. `now` is Unix time by Ollama's clock."""
    machine = found.machine
    return {
        "cards": [_place(card) for card in machine.cards],
        "host": _place(machine.host) if machine.host else None,
        "loaded": [_resident(one, now) for one in found.residents],
        "frees": [
            {
                "at": _instant(one.at),
                "in_seconds": _seconds(one.at - now),
                "model": one.model,
                "on_cards_bytes": one.on_cards,
                "on_host_bytes": one.on_host,
            }
            for one in freeings(found.residents)
        ],
        "sentences": list(sentences.of_head_room(found, now)),
    }


def of_answer(model: str, found: Answer, version: str, now: float) -> Document:
    """Whether a model fits, and why."""
    return {
        "model": model,
        "verdict": found.verdict.kind.value,
        "summary": sentences.summary(model, found, version, now),
        "reasons": list(sentences.reasons(found, version)),
        "assumptions": list(sentences.assumptions(found, version)),
        "asked": _asked(found),
        "need": _need(found),
        "placement": _placement(found.verdict, found.need.layers),
        "ollama": _policy(found, version),
        "measured": _measured(found),
        "head_room": of_head_room(found.head_room, now),
    }


def of_nothing(model: str, verdict: Kind, summary: str, found: HeadRoom, now: float) -> Document:
    """What can be said of a model that needs nothing here, or of which nothing is known."""
    return {
        "model": model,
        "verdict": verdict.value,
        "summary": summary,
        "reasons": [],
        "assumptions": [],
        "head_room": of_head_room(found, now),
    }


def _asked(found: Answer) -> Document:
    manner = found.chosen.manner
    return {
        "context_tokens": manner.slots.context_tokens,
        "context_from": found.chosen.context_from,
        "parallel": manner.slots.parallel,
        "kv_cache_type": str(manner.types),
        "flash_attention": manner.has_flash,
        "batch_tokens": manner.slots.batch_tokens,
    }


def _need(found: Answer) -> Document:
    need = found.need
    needed = need.on_card if found.head_room.machine.cards else need.total
    return {
        "bytes": needed,
        "at_least_bytes": needed - need.unsure,
        "at_most_bytes": None if need.is_open else needed,
        "on_cards_bytes": need.on_card,
        "on_host_alone_bytes": need.total,
        "parts": {
            "weights_bytes": need.weights,
            "kv_cache_bytes": need.cache,
            "recurrent_state_bytes": need.states,
            "compute_bytes": need.compute,
            "output_bytes": need.output,
            "process_bytes": need.process,
        },
    }


def _placement(verdict: Verdict, layers: int) -> Document | None:
    if not verdict.places:
        return None
    return {
        "places": [place.id for place in verdict.places],
        "room_bytes": round(verdict.room),
        "goes_first": [one.name for one in verdict.gone],
        "layers": layers,
        "layers_on_cards": verdict.layers_on_cards,
        "on_host_bytes": verdict.on_host,
    }


def _policy(found: Answer, version: str) -> Document:
    reckoning, may_take = found.reckoning, found.verdict.may_take
    return {
        "version": version,
        "reckons_bytes": reckoning.load if reckoning else None,
        "may_take_bytes": None if may_take is None else round(may_take),
        "loads_beside_others": found.verdict.loads_beside,
    }


def _measured(found: Answer) -> Document | None:
    compared = found.measured
    if compared is None:
        return None
    return {
        "context_tokens": compared.context_tokens,
        "measured_bytes": compared.measured,
        "reckoned_bytes": compared.reckoned,
        "error_ratio": round(compared.error_ratio, 4),
        "corrects": compared.is_near,
    }


def _place(place: Place) -> Document:
    return {
        "id": place.id,
        "name": place.name,
        "vendor": place.vendor or None,
        "total_bytes": None if place.total is None else round(place.total),
        "free_bytes": round(place.free),
        "room_bytes": round(place.room),
        "is_shared": place.is_shared,
    }


def _resident(one: Resident, now: float) -> Document:
    return {
        "model": one.name,
        "on_cards_bytes": one.on_cards,
        "on_host_bytes": one.on_host,
        "context_tokens": one.context_tokens,
        "frees_at": None if one.frees_at is None else _instant(one.frees_at),
        "frees_in_seconds": None if one.frees_at is None else _seconds(one.frees_at - now),
    }


def _instant(unix_seconds: float) -> str:
    return datetime.fromtimestamp(unix_seconds, UTC).isoformat(timespec="seconds")


def _seconds(seconds: float) -> float:
    return round(max(0.0, seconds), 1)
