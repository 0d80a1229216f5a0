"""What a model could have, and what others would give back: read off what others have read."""

from typing import Any

import pytest

from gpu_exporter.board import Fact
from gpu_exporter.collector import Context
from gpu_exporter.collectors.ollama_headroom import CARDS, HOST, OllamaHeadroom
from gpu_exporter.errors import Unavailable
from gpu_exporter.fit.asking import HostMemory
from ollama_observe.metrics.catalogue import headroom as m
from ollama_observe.wire.loaded import LoadedModel
from tests.clock import Clock
from tests.exporters import context_of
from tests.fits import GIB, card, loaded
from tests.machines import Series, read
from tests.ollamas import pin

MEMORY = HostMemory(30.0 * GIB, 32.0 * GIB)


def read_with(*models: LoadedModel, cards: tuple[Any, ...] = ()) -> dict[Series, float]:
    context = context_of(clock=Clock())
    context.board.loaded = Fact(context.clock(), models)
    if cards:
        pin(context, *cards)
    return read(OllamaHeadroom(context, lambda: MEMORY))


def test_what_may_be_taken_is_told_of_cards_and_of_main_memory() -> None:
    found = read_with(cards=(card(20), card(9, index="1")))
    assert found[m.ROOM.name, CARDS] == 29 * GIB - 2 * (1024 + 457) * 2**20
    assert found[m.ROOM.name, HOST] == 29 * GIB


def test_without_cards_there_is_no_series_of_them() -> None:
    found = read_with()
    assert (m.ROOM.name, CARDS) not in found
    assert found[m.EXPIRING.name, CARDS] == found[m.PINNED.name, HOST] == 0


def test_what_goes_by_itself_and_what_stays_are_told_apart() -> None:
    models = (loaded("a", 6, 4), loaded("b", 3, 3), loaded("c", 10, 8, at=None))
    found = read_with(*models, cards=(card(20),))
    assert found[m.EXPIRING.name, CARDS] == 7 and found[m.EXPIRING.name, HOST] == 2
    assert found[m.PINNED.name, CARDS] == 8 and found[m.PINNED.name, HOST] == 2


def test_beside_the_embedded_engine_cards_are_no_room_as_the_endpoint_has_it() -> None:
    context = context_of(clock=Clock())
    context.board.loaded = Fact(context.clock(), ())
    context.board.version = Fact(context.clock(), "0.33.0+embedded")
    pin(context, card(20))
    found = read(OllamaHeadroom(context, lambda: MEMORY))
    assert (m.ROOM.name, CARDS) not in found and found[m.ROOM.name, HOST] == 29 * GIB


def why(context: Context) -> str:
    with pytest.raises(Unavailable) as raised:
        read(OllamaHeadroom(context, lambda: MEMORY))
    return str(raised.value)


def test_while_ollama_is_down_there_is_nothing_and_no_password_in_the_reason() -> None:
    context = context_of(ollama_url="http://me:secret@127.0.0.1:9/")
    assert why(context) == "no Ollama answers at http://127.0.0.1:9"


def test_of_another_machine_there_is_nothing() -> None:
    context = context_of(ollama_elsewhere=True)
    context.board.loaded = Fact(context.clock(), ())
    assert "GPU_EXPORTER_OLLAMA_ELSEWHERE" in why(context)
