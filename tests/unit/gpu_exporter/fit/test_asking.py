"""Asking a written Ollama over real HTTP, and what is refused."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import pytest

from gpu_exporter.board import Fact
from gpu_exporter.collector import Context
from gpu_exporter.fit.asking import Fitting, HostMemory, Refused, host_memory
from gpu_exporter.ollama.configuration import Configuration
from gpu_exporter.ollama.environment import Setting
from tests.anatomies import LLAMA32_3B
from tests.clock import Clock
from tests.fakes.server import Call
from tests.fits import GIB, card
from tests.ollamas import NOON, WrittenOllama, asking, pin, serving
from tests.ports import free_port

A = "llama3.2:3b"
MEMORY = HostMemory(30.0 * GIB, 32.0 * GIB)


@dataclass
class World:
    """A written Ollama with one model on its disk, and an exporter that has seen a card."""

    script: WrittenOllama
    context: Context
    fitting: Fitting = field(init=False)

    def __post_init__(self) -> None:
        self.fitting = Fitting(self.context, memory=lambda: MEMORY)
        self.script.install(A, size=LLAMA32_3B.size_bytes)
        self.script.shown[A] = LLAMA32_3B.shown()

    def ask(self, **words: str) -> Any:
        return self.fitting.ask([*words.items()])

    def refused(self, **words: str) -> tuple[HTTPStatus, str]:
        with pytest.raises(Refused) as raised:
            self.ask(**words)
        return raised.value.status, str(raised.value)


@contextmanager
def making(**settings: Any) -> Iterator[World]:
    script = WrittenOllama()
    with serving(script) as server:
        yield World(script, asking(server.url, Clock(), **settings))


@pytest.fixture
def world() -> Iterator[World]:
    with making() as made:
        pin(made.context, card(20))
        yield made


def test_a_model_is_judged_by_what_ollama_and_the_cards_say(world: World) -> None:
    world.script.load("other", size=3 * GIB, size_vram=3 * GIB)
    found = world.ask(model=A, context="8192")
    assert (found["verdict"], found["need"]["parts"]["kv_cache_bytes"]) == ("fits", 896 * 2**20)
    assert "fits beside other:latest on card 0 (RTX)" in found["summary"]
    assert world.script.asked == ["/api/ps", "/api/version", "/api/tags", "/api/show"]


def test_without_a_model_it_is_head_room_alone(world: World) -> None:
    world.script.load("other", size=3 * GIB, size_vram=3 * GIB)
    found = world.ask()
    assert found["version"] == "0.33.0"
    assert [one["model"] for one in found["head_room"]["frees"]] == ["other:latest"]
    assert found["head_room"]["frees"][0]["in_seconds"] == 300
    assert world.script.asked == ["/api/ps", "/api/version"]


def test_a_name_is_found_in_any_spelling(world: World) -> None:
    assert world.ask(model="Registry.ollama.ai/library/Llama3.2:3B")["model"] == A


def test_what_ollama_is_set_to_counts_where_it_is_seen(world: World) -> None:
    settings = {"OLLAMA_NUM_PARALLEL": Setting("OLLAMA_NUM_PARALLEL", "4")}
    told = Configuration(settings=settings)
    world.context.board.configuration = Fact(world.context.clock(), told)
    assert world.ask(model=A, context="8192")["asked"]["parallel"] == 4


def test_cards_that_were_read_too_long_ago_are_none() -> None:
    with making() as world:
        pin(world.context, card(20))
        clock = world.context.clock
        assert isinstance(clock, Clock)
        clock.now += 60
        assert world.ask(model=A)["placement"]["places"] == ["host"]


def test_a_model_that_is_not_there_is_404_with_names_that_are_near(world: World) -> None:
    world.script.install("qwen3:8b")
    status, said = world.refused(model="lama3.2:3b")
    assert status == 404
    assert said.startswith("Ollama has no model lama3.2:3b (did you mean llama3.2:3b?)")
    assert "one that is not pulled cannot be judged" in said
    _, said = world.refused(model="zzz")
    assert "there are llama3.2:3b, qwen3:8b" in said


def test_where_there_is_no_model_at_all_that_is_said() -> None:
    with making() as world:
        world.script.installed.clear()
        status, said = world.refused(model="x")
        assert status == 404 and "nor any other: pull it first" in said


def test_what_makes_no_sense_is_400_and_ollama_is_not_asked(world: World) -> None:
    status, said = world.refused(model=A, context="many")
    assert status == 400 and said.startswith("context: expected a whole number")
    assert world.script.asked == []


def test_where_nothing_answers_it_is_503() -> None:
    address = f"http://127.0.0.1:{free_port()}"
    fitting = Fitting(asking(address, Clock()), memory=lambda: MEMORY)
    with pytest.raises(Refused) as raised:
        fitting.ask([])
    assert raised.value.status == 503
    assert str(raised.value).startswith(f"{address} gave no answer")


@pytest.mark.parametrize("path", ["/api/ps", "/api/tags", "/api/show"])
def test_where_something_else_answers_it_is_502(world: World, path: str) -> None:
    def instead(call: Call) -> bytes | None:
        return b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]" if call.target == path else None

    world.script.instead = instead
    status, said = world.refused(model=A)
    assert status == 502 and f"answered something else to {path}" in said


@pytest.mark.parametrize("name", ["kimi-k2:cloud", "gpt-oss:120b-cloud"])
def test_a_model_of_the_cloud_takes_nothing_here(world: World, name: str) -> None:
    found = world.ask(model=name)
    assert found["verdict"] == "fits" and "takes nothing here" in found["summary"]
    assert "/api/show" not in world.script.asked


def test_nor_does_one_that_another_host_computes_under_its_own_name(world: World) -> None:
    world.script.install("mine", remote_host="https://x", remote_model="big")
    assert "takes nothing here" in world.ask(model="mine")["summary"]
    world.script.shown[A] = LLAMA32_3B.shown(remote_host="https://x")
    assert "takes nothing here" in world.ask(model=A)["summary"]


def test_a_model_that_is_no_gguf_cannot_be_told(world: World) -> None:
    world.script.shown[A] = LLAMA32_3B.shown(details={"format": "safetensors"})
    found = world.ask(model=A)
    assert found["verdict"] == "unknown" and "its format is safetensors" in found["summary"]


def test_a_model_whose_size_is_not_told_cannot_be_told_either(world: World) -> None:
    del world.script.installed[0]["size"]
    assert world.ask(model=A)["verdict"] == "unknown"


def test_on_another_machine_the_need_is_told_and_no_more() -> None:
    with making(ollama_elsewhere=True) as world:
        pin(world.context, card(20))
        found = world.ask(model=A, context="8192")
        assert found["verdict"] == "unknown" and found["need"]["bytes"] > 3e9
        assert found["head_room"]["cards"] == [] and found["head_room"]["host"] is None


def test_times_are_by_ollama_s_own_clock(world: World) -> None:
    world.script.unix_seconds = NOON + 100
    world.script.load("other", size=3, size_vram=3)
    assert world.ask()["head_room"]["frees"][0]["in_seconds"] == 300


def test_no_more_ask_at_a_time_than_there_are_places(world: World) -> None:
    held, let_go = threading.Semaphore(0), threading.Event()

    def instead(call: Call) -> bytes | None:
        del call
        return None

    def memory() -> HostMemory:
        held.release()
        assert let_go.wait(10)
        return MEMORY

    world.script.instead = instead
    fitting = Fitting(world.context, memory=memory)
    threads = [threading.Thread(target=fitting.ask, args=([],)) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in threads:
            assert held.acquire(timeout=10)
        with pytest.raises(Refused) as raised:
            fitting.ask([])
    finally:
        let_go.set()
        for thread in threads:
            thread.join(10)
    assert raised.value.status == 503 and "4 others ask" in str(raised.value)
    assert fitting.ask([])  # a place that was freed is free


def test_the_machine_s_memory_is_read() -> None:
    found = host_memory()
    assert 0 < found.available <= found.total
