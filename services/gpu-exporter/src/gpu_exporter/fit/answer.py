"""A question and what was seen, to an answer. Pure: nobody is asked here."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gpu_exporter.fit.cache import CacheTypes
from gpu_exporter.fit.calibration import Measured, explanations, measured
from gpu_exporter.fit.facts import ModelFacts
from gpu_exporter.fit.layers import layout_of
from gpu_exporter.fit.manner import Chosen, as_loaded, choose, number_set
from gpu_exporter.fit.need import Need, batch_tokens, need_of
from gpu_exporter.fit.places import Machine, machine_of
from gpu_exporter.fit.policy import (
    MODELS_OF_ENGINE,
    MODELS_PER_CARD,
    USUAL_BATCH_TOKENS,
    Reckoning,
    batch_beside,
    is_engine,
    is_known,
    reckoning_of,
)
from gpu_exporter.fit.question import Asked
from gpu_exporter.fit.residents import Resident, residents_of
from gpu_exporter.fit.verdict import Kind, Question, Verdict, considered, judge, without
from gpu_exporter.gpu import Gpu
from gpu_exporter.ollama.absence import ROOM_ELSEWHERE
from gpu_exporter.ollama.configuration import Configuration
from ollama_observe.wire.loaded import LoadedModel


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of Ollama and the machine.

    Units: bytes; `unix_seconds` by Ollama's clock. `host_available` None: the machine is not the
    one that Ollama runs on, or its memory cannot be read.
    """

    loaded: Sequence[LoadedModel]
    gpus: Sequence[Gpu]
    host_available: float | None
    host_total: float | None
    unix_seconds: float
    version: str = ""
    configuration: Configuration | None = None
    is_elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class HeadRoom:
    """What is free, and who holds what. `notes` are sentences."""

    machine: Machine
    residents: Sequence[Resident]
    vram_bytes: float
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Limit:
    """How many models Ollama keeps loaded. `is_set`: somebody said so."""

    models: int
    is_set: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What is to be said of a model. `itself` is the model where it is loaded.

    `measured` is its size held against what was reckoned; `also` settings that would explain it.
    """

    chosen: Chosen
    need: Need
    verdict: Verdict
    head_room: HeadRoom
    limit: Limit
    itself: Resident | None = None
    measured: Measured | None = None
    also: Sequence[tuple[int, CacheTypes]] = ()
    reckoning: Reckoning | None = None


def head_room(seen: Seen) -> HeadRoom:
    """What is free for a model."""
    residents = residents_of(seen.loaded)
    are_used = any(one.on_cards for one in residents)
    overhead = number_set(seen.configuration, "OLLAMA_GPU_OVERHEAD")
    host = None if seen.is_elsewhere else seen.host_available
    gpus = () if seen.is_elsewhere or is_engine(seen.version) else seen.gpus
    machine = machine_of(gpus, host, seen.host_total, overhead, are_used)
    vram = sum(card.total or 0.0 for card in machine.cards)
    notes = list[str]()
    if seen.is_elsewhere:
        notes.append(ROOM_ELSEWHERE)
    elif are_used and not machine.cards:
        notes.append("loaded models are on cards that are not seen from here")
        machine = replace(machine, host=None)
    elif machine.cards and residents and not are_used:
        notes.append("no loaded model is on a card: Ollama is taken to use main memory alone")
        machine = replace(machine, cards=())
    notes += [
        f"{name} is a processor's own graphics, which Ollama leaves alone unless it is told "
        "otherwise: left out"
        for name in machine.unused
    ]
    notes += [f"{name} does not say what is free of it: left out" for name in machine.silent]
    return HeadRoom(machine, residents, vram, tuple(notes))


def answer(asked: Asked, facts: ModelFacts, size_bytes: int, seen: Seen) -> Answer:
    """Whether a model fits whose files have so many bytes."""
    room = head_room(seen)
    engine = is_engine(seen.version)
    chosen = choose(asked, facts, seen.configuration, room.vram_bytes, engine)
    itself = next((one for one in room.residents if one.name == asked.model), None)
    others = [one for one in room.residents if one.name != asked.model]
    reckoning = _reckoning(facts, size_bytes, chosen, seen, room)
    if reckoning is not None and not facts.is_for_embeddings:
        chosen = _with_batch(chosen, reckoning, room, itself)
        reckoning = _reckoning(facts, size_bytes, chosen, seen, room)
    need = need_of(facts, size_bytes, chosen.manner)
    compared, also = None, list[tuple[int, CacheTypes]]()
    if itself is not None:
        compared, also = _compared(itself, facts, size_bytes, chosen, seen)
        need = compared.corrected(need) if compared else need
    told = Answer(
        chosen,
        need,
        Verdict(Kind.UNKNOWN),
        room,
        _limit(seen, room),
        itself,
        compared,
        also,
        reckoning,
    )
    if itself is not None and _runs_so(itself, asked, chosen):
        is_split = bool(itself.on_cards and itself.on_host)
        return replace(told, verdict=Verdict(Kind.FITS_PARTLY if is_split else Kind.FITS))
    question = Question(need, room.machine, others, itself, reckoning)
    return replace(told, verdict=judge(question))


def _limit(seen: Seen, room: HeadRoom) -> Limit:
    engine = is_engine(seen.version)
    name = "ENGINE_MAX_LOADED_MODELS" if engine else "OLLAMA_MAX_LOADED_MODELS"
    said = number_set(seen.configuration, name)
    usual = MODELS_OF_ENGINE if engine else MODELS_PER_CARD * max(1, len(room.machine.cards))
    return Limit(said or usual, bool(said))


def _reckoning(
    facts: ModelFacts, size_bytes: int, chosen: Chosen, seen: Seen, room: HeadRoom
) -> Reckoning | None:
    """Ollama's own; None where it makes none, or another than is known here."""
    if not room.machine.cards or is_engine(seen.version) or not is_known(seen.version):
        return None
    return reckoning_of(facts, size_bytes, chosen.manner.slots, layout_of(facts).layers)


def _with_batch(
    chosen: Chosen, reckoning: Reckoning, room: HeadRoom, itself: Resident | None
) -> Chosen:
    slots = chosen.manner.slots
    machine = without(room.machine, itself) if itself else room.machine
    free = reckoning.room(considered(machine, reckoning))
    batch = batch_beside(slots.batch_tokens, reckoning.model, free)
    if not chosen.manner.has_flash:
        batch = min(batch, USUAL_BATCH_TOKENS)
    return replace(chosen, manner=replace(chosen.manner, slots=replace(slots, batch_tokens=batch)))


def _compared(
    itself: Resident, facts: ModelFacts, size_bytes: int, chosen: Chosen, seen: Seen
) -> tuple[Measured | None, list[tuple[int, CacheTypes]]]:
    """Its size against what would have been reckoned; and what else could explain it."""
    context = itself.context_tokens or chosen.manner.slots.context_tokens
    manner = as_loaded(itself.name, context, chosen.manner, facts, seen.configuration)

    def with_settings(parallel: int, types: CacheTypes) -> int:
        slots = replace(manner.slots, parallel=parallel)
        batch = batch_tokens(facts, slots, manner.is_engine)
        other = replace(manner, slots=replace(slots, batch_tokens=batch), types=types)
        return _of(itself, need_of(facts, size_bytes, other))

    found = measured(itself, need_of(facts, size_bytes, manner))
    if found is None or found.is_near or not found.is_whole:
        return found, []
    return found, list(explanations(found, with_settings))


def _runs_so(itself: Resident, asked: Asked, chosen: Chosen) -> bool:
    """Whether what is asked for runs already; only a context can be asked of Ollama for once."""
    is_other = asked.parallel or asked.types or asked.has_flash is not None
    return not is_other and itself.context_tokens == chosen.manner.slots.context_tokens


def _of(itself: Resident, need: Need) -> int:
    return need.on_card if itself.on_cards else need.total
