"""Whether a model fits beside what is loaded, after what has gone, in part, or not at all. Pure.

Loaded models are taken away one after another, in the order in which they go by themselves and
last those that stay, until the model fits. Which card a loaded model is on Ollama does not say:
what it gives back is counted where most is in use, and what is more than that on the next card:
one that is larger than a card is spread over several.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import inf

from gpu_exporter.fit.need import Need
from gpu_exporter.fit.places import Machine, Place
from gpu_exporter.fit.policy import Reckoning
from gpu_exporter.fit.residents import Resident


class Kind(StrEnum):
    """What comes of it. Values stand in the JSON document."""

    FITS = "fits"
    FITS_AFTER = "fits_after"
    """Once loaded models have gone: by themselves, or because Ollama unloads them for it."""
    FITS_PARTLY = "fits_partly"
    """Some of its layers on cards, the others in main memory."""
    DOES_NOT_FIT = "does_not_fit"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Units: bytes.

    `places` are where it would be, `room` what it may take there. `gone` are the loaded models that
    have to go for it. `layers_on_cards` None: all, or none where there is no card. `may_take` is
    what it loads at most beside others, `loads_beside` whether that is enough; None: there are no
    others, or how it decides is not known.
    """

    kind: Kind
    places: Sequence[Place] = ()
    room: float = 0.0
    gone: Sequence[Resident] = ()
    layers_on_cards: int | None = None
    on_host: int = 0
    may_take: float | None = None
    loads_beside: bool | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What is judged. `itself` is the model where it is loaded with other settings: it goes first.

    `reckoning` None: how Ollama decides is not known, or it decides by other things.
    """

    need: Need
    machine: Machine
    others: Sequence[Resident] = ()
    itself: Resident | None = None
    reckoning: Reckoning | None = None


def judge(question: Question) -> Verdict:
    """The verdict, and UNKNOWN where it is not the same for all that the model may need."""
    verdict, reckoning = _for_all(question), question.reckoning
    if reckoning is None or not question.others:
        return verdict
    cards = considered(_before(question), reckoning)
    return replace(
        verdict, may_take=reckoning.may_take(cards), loads_beside=reckoning.loads_beside(cards)
    )


def considered(machine: Machine, reckoning: Reckoning) -> Sequence[Place]:
    """The cards among which Ollama chooses: all where one holds the model, else one vendor's."""
    return machine.cards if reckoning.best_card(machine.cards) else _group(machine.cards)


def _for_all(question: Question) -> Verdict:
    most = _judge(question)
    if most.kind is Kind.FITS and not question.need.is_open:
        return most
    least = _judge(replace(question, need=question.need.less()))
    if least.kind is Kind.DOES_NOT_FIT:
        return least
    if question.need.is_open or least.kind is not most.kind:
        return Verdict(Kind.UNKNOWN, most.places, most.room)
    return most


def _judge(question: Question) -> Verdict:
    machine = _before(question)
    first = _whole(question, machine, question.others)
    if first.kind is Kind.FITS:
        return first
    for count in range(1, len(question.others) + 1):
        machine = without(machine, question.others[count - 1])
        found = _whole(question, machine, question.others[count:])
        if found.kind is Kind.FITS:
            gone = question.others[:count]
            return replace(found, kind=Kind.FITS_AFTER, gone=gone)
    return replace(_in_part(question.need, machine), gone=question.others)


def _before(question: Question) -> Machine:
    """The machine that Ollama finds: what is loaded with other settings goes before it looks."""
    itself = question.itself
    return question.machine if itself is None else without(question.machine, itself)


def without(machine: Machine, gone: Resident) -> Machine:
    """The machine when a loaded model has gone."""
    host = machine.host.with_freed(gone.on_host) if machine.host else None
    left, cards = float(gone.on_cards), list[Place]()
    for card in sorted(machine.cards, key=_held, reverse=True):
        freed = min(_held(card), left)
        used = None if card.used is None else max(0.0, card.used - freed)
        cards.append(replace(card.with_freed(freed), used=used))
        left -= freed
    return replace(machine, cards=sorted(cards, key=lambda card: -card.room), host=host)


def _held(card: Place) -> float:
    """What may be given back of a card. Of one that shares the machine's memory what is in use is
    often told of a part alone.
    """
    if card.used is not None and not card.is_shared:
        return card.used
    return inf if card.total is None else max(0.0, card.total - card.free)


def _whole(question: Question, machine: Machine, left: Sequence[Resident]) -> Verdict:
    """FITS where all of the model has room; else DOES_NOT_FIT."""
    need, cards = question.need, machine.cards
    if not cards:
        return _in_main_memory(need, machine)
    places = _placed(need, cards, question.reckoning)
    room = sum(place.room for place in places)
    if not places:
        return Verdict(Kind.DOES_NOT_FIT, cards, sum(card.room for card in cards))
    reckoning = question.reckoning
    if (
        left
        and reckoning is not None
        and not reckoning.loads_beside(considered(machine, reckoning))
    ):
        return Verdict(Kind.DOES_NOT_FIT, places, room)
    return Verdict(Kind.FITS, places, room)


def _placed(need: Need, cards: Sequence[Place], reckoning: Reckoning | None) -> Sequence[Place]:
    """The card that holds all of it, or all of a vendor's together; none where it has no room."""
    best = reckoning.best_card(cards) if reckoning else None
    single = next((card for card in (best, *cards) if card and need.on_card <= card.room), None)
    if single is not None:
        return (single,)
    group = _group(cards)
    needed = need.on_card + (len(group) - 1) * need.fixed
    return group if needed <= sum(card.room for card in group) else ()


def _group(cards: Sequence[Place]) -> Sequence[Place]:
    """The cards of one vendor that have most room together: a model is not spread over more."""
    vendors = {card.vendor for card in cards}
    groups = [[card for card in cards if card.vendor == vendor] for vendor in sorted(vendors)]
    return max(groups, key=lambda group: sum(card.room for card in group), default=())


def _in_main_memory(need: Need, machine: Machine) -> Verdict:
    if machine.host is None:
        return Verdict(Kind.UNKNOWN)
    kind = Kind.FITS if need.total <= machine.host.room else Kind.DOES_NOT_FIT
    return Verdict(kind, (machine.host,), machine.host.room)


def _in_part(need: Need, machine: Machine) -> Verdict:
    """So many layers on cards as have room there, and the others in main memory, if they have."""
    cards, host = _group(machine.cards), machine.host
    room = sum(card.room for card in cards)
    if not cards or host is None:
        return _in_main_memory(need, machine)
    layers = layers_in(need, cards)
    on_host = need.total - round(layers * need.spread / need.layers) if need.layers else need.total
    is_shared = any(card.is_shared for card in cards)
    if is_shared or on_host > host.room:
        return Verdict(Kind.DOES_NOT_FIT, cards, room, layers_on_cards=0, on_host=on_host)
    return Verdict(Kind.FITS_PARTLY, cards, room, layers_on_cards=layers, on_host=on_host)


def layers_in(need: Need, cards: Sequence[Place]) -> int:
    """How many layers there is room for on cards, about: all are taken to be alike."""
    if not need.layers or need.spread <= 0:
        return 0
    room = sum(max(0.0, card.room - need.fixed) for card in cards)
    return min(need.layers, int(room * need.layers / need.spread))
