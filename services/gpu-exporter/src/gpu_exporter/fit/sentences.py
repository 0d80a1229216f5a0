"""An answer in sentences: what comes of it, why, and what was assumed. Pure."""

from collections.abc import Iterator

from gpu_exporter.fit.answer import Answer, HeadRoom
from gpu_exporter.fit.calibration import Measured
from gpu_exporter.fit.places import Place
from gpu_exporter.fit.policy import is_engine, is_known
from gpu_exporter.fit.residents import Resident
from gpu_exporter.fit.verdict import Kind, Verdict
from gpu_exporter.fit.words import listed, several, size, until

_CLOSE_RATIO = 0.03
"""Where it is decided by less than this, it may as well turn out the other way."""


def summary(model: str, found: Answer, version: str, now: float) -> str:
    """What comes of it, in one sentence."""
    verdict, itself = found.verdict, found.itself
    context = f"{found.chosen.manner.slots.context_tokens} tokens of context"
    if not verdict.places and verdict.kind in (Kind.FITS, Kind.FITS_PARTLY) and itself:
        return f"{model} is loaded with {context}{_split(itself)}: it takes nothing more"
    match verdict.kind:
        case Kind.FITS:
            return f"{model} with {context} fits {_beside(found)} on {_places(verdict)}"
        case Kind.FITS_AFTER:
            return f"{model} with {context} fits {_after(verdict, now)}{_evicting(found, version)}"
        case Kind.FITS_PARTLY:
            return f"{model} with {context} {_in_part(found)}{_once_alone(verdict)}"
        case Kind.DOES_NOT_FIT:
            return f"{model} with {context} does not fit{_even_alone(verdict)}"
        case Kind.UNKNOWN:
            return f"whether {model} with {context} fits cannot be told"


def reasons(found: Answer, version: str) -> Iterator[str]:
    """Why, in the order in which one would ask."""
    need, verdict = found.need, found.verdict
    yield _needs(found)
    if found.measured is not None:
        yield from _measured(found.measured, found)
    if verdict.places:
        is_short = verdict.kind in (Kind.FITS_PARTLY, Kind.DOES_NOT_FIT)
        when = "with all other models gone" if verdict.gone and is_short else "then"
        when = when if verdict.gone else "now"
        yield f"{when} a model may take {size(verdict.room)} of {_places(verdict)}"
        yield from _close(found)
    if verdict.kind is Kind.FITS_PARTLY and verdict.on_host:
        yield f"about {size(verdict.on_host)} of it would be in main memory"
    if need.unsure:
        yield f"it may be {size(need.unsure)} less: see what was assumed"
    if need.is_open:
        yield "it is more than that, and nobody can tell how much: see what was assumed"
    yield from _by_policy(found)
    yield from _by_number(found, version)


def assumptions(found: Answer, version: str) -> Iterator[str]:
    """What was taken to be so."""
    slots, manner = found.chosen.manner.slots, found.chosen.manner
    flash = "with" if manner.has_flash else "without"
    yield (
        f"context {slots.context_tokens} ({found.chosen.context_from}), "
        f"{several(slots.parallel, 'request')} at a time, cache of {manner.types}, {flash} flash "
        f"attention, {slots.batch_tokens} tokens a batch"
    )
    yield from found.chosen.notes
    yield from found.need.notes
    yield from found.head_room.notes
    if found.head_room.machine.cards:
        yield (
            "of each card a gigabyte and a half is left alone, as Ollama does: for the driver, and "
            "what nobody reckons with"
        )
    if len(found.head_room.machine.cards) > 1 and found.head_room.residents:
        yield (
            "which card a loaded model is on is not told: what it frees is counted where most is "
            "in use"
        )
    if not is_engine(version) and not is_known(version):
        yield f"Ollama {version} may size and place models otherwise than 0.33, whose way this is"


def of_head_room(found: HeadRoom, now: float) -> Iterator[str]:
    """What is free, and what frees itself when."""
    cards, host = found.machine.cards, found.machine.host
    for card in cards:
        yield f"{_place(card)}: {_free(card)}, of which a model may take {size(card.room)}"
    if host is not None:
        more = "" if cards else f", of which a model may take {size(host.room)}"
        yield f"main memory: {_free(host)}{more}"
    if not found.residents:
        yield "no model is loaded"
    for one in found.residents:
        gone = "stays until it is unloaded" if one.frees_at is None else _at(one.frees_at, now)
        yield f"{one.name} holds {size(one.memory)}{_split(one)}, {gone}"
    yield from found.notes


def _needs(found: Answer) -> str:
    need, is_on_cards = found.need, bool(found.head_room.machine.cards)
    total = need.on_card if is_on_cards else need.total
    parts = [f"weights {size(need.weights - (need.total - need.on_card if is_on_cards else 0))}"]
    parts += [f"key-value cache {size(need.cache)}"] if need.cache else []
    parts += [f"recurrent states {size(need.states)}"] if need.states else []
    parts += [f"room to compute in {size(need.fixed)}"] if need.fixed else []
    parts += [f"its process {size(need.process)}"] if need.process else []
    return f"it needs {size(total)}: {', '.join(parts)}"


def _measured(compared: Measured, found: Answer) -> Iterator[str]:
    """What its size now says of what was reckoned."""
    now = f"loaded with {compared.context_tokens} tokens it holds {size(compared.measured)}"
    error = f"reckoned {size(compared.reckoned)}, {compared.error_ratio:+.1%}"
    if compared.is_near:
        yield f"{now} ({error}): the need is corrected by that"
    elif not compared.is_whole:
        yield f"{now}, divided between cards and main memory, which cannot be compared"
    elif found.also:
        ways = [f"{parallel} at a time with {types}" for parallel, types in found.also]
        yield f"{now} ({error}): it seems to run otherwise, as {' or '.join(ways)} would"
    else:
        yield f"{now} ({error}): it runs otherwise than is known here"


def _close(found: Answer) -> Iterator[str]:
    verdict, need = found.verdict, found.need
    needed = need.on_card if found.head_room.machine.cards else need.total
    if abs(needed - verdict.room) <= _CLOSE_RATIO * needed:
        yield "that is so close that it may turn out the other way"


def _by_policy(found: Answer) -> Iterator[str]:
    reckoning, may_take = found.reckoning, found.verdict.may_take
    if reckoning is None or may_take is None:
        return
    if not found.verdict.loads_beside:
        then = "asked now, it unloads idle models first"
    elif found.verdict.kind in (Kind.FITS, Kind.UNKNOWN):
        then = "they stay"
    else:
        then = "asked now, it unloads nobody, and what has no room on cards goes to main memory"
    yield (
        f"Ollama itself reckons {size(reckoning.load)}, and loads beside others what is at most "
        f"{size(may_take)}: {then}"
    )


def _by_number(found: Answer, version: str) -> Iterator[str]:
    """Models go by their number, too."""
    loaded = len(found.head_room.residents) - (found.itself is not None)
    limit, engine = found.limit, is_engine(version)
    if not loaded or found.itself is not None or loaded < limit.models:
        return
    who, name = ("the embedded engine", "ENGINE") if engine else ("Ollama", "OLLAMA")
    name = f"{name}_MAX_LOADED_MODELS"
    if limit.is_set:
        yield f"{who} keeps {several(limit.models, 'model')} at most ({name}): one goes first"
    elif loaded == limit.models:
        kept = f"{who} keeps {several(limit.models, 'model')} at most"
        yield f"{kept}, unless {name} says otherwise: one goes first"


def _beside(found: Answer) -> str:
    loaded = [one.name for one in found.head_room.residents if one is not found.itself]
    return f"beside {listed(loaded)}" if loaded else "as the only model"


def _after(verdict: Verdict, now: float) -> str:
    gone = verdict.gone
    have, last = "has" if len(gone) == 1 else "have", gone[-1].frees_at
    names = listed([one.name for one in gone])
    if last is None:
        return f"once {names} {have} been unloaded"
    return f"once {names} {have} gone, {until(last - now)}"


def _in_part(found: Answer) -> str:
    verdict, layers = found.verdict, found.need.layers
    if not verdict.layers_on_cards:
        return "fits in main memory alone, with no layer on a card: it runs on the CPU, slowly"
    if verdict.layers_on_cards >= layers:
        return (
            f"fits on {_places(verdict)} with its layers, but not with all that is beside them; "
            "the rest runs on the CPU, slowly"
        )
    return (
        f"fits on {_places(verdict)} with about {verdict.layers_on_cards} of "
        f"{several(layers, 'layer')}; the others run on the CPU, slowly"
    )


def _evicting(found: Answer, version: str) -> str:
    # of others than these it reckons that there is room, and finds out later that there is none
    if is_engine(version) or found.reckoning is None or found.verdict.loads_beside:
        return ""
    return "; asked now, Ollama unloads idle models for it"


def _once_alone(verdict: Verdict) -> str:
    if not verdict.gone:
        return ""
    return f", once {listed([one.name for one in verdict.gone])} made room"


def _even_alone(verdict: Verdict) -> str:
    names = listed([one.name for one in verdict.gone])
    return f", also not without {names}" if names else ""


def _places(verdict: Verdict) -> str:
    return listed([_place(place) for place in verdict.places])


def _place(place: Place) -> str:
    return place.name if not place.vendor else f"card {place.id} ({place.name})"


def _free(place: Place) -> str:
    return f"{size(place.free)} free" + (f" of {size(place.total)}" if place.total else "")


def _split(one: Resident) -> str:
    if one.on_cards and one.on_host:
        return f", {one.on_cards / one.memory:.0%} of it on cards"
    return ""


def _at(frees_at: float, now: float) -> str:
    return f"which it gives back {until(frees_at - now)} if nobody asks it anything"
