"""What is read of an Ollama's loaded models, over real HTTP."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from gpu_exporter.board import Fact
from gpu_exporter.collectors.ollama_server import OllamaServer
from gpu_exporter.gpu import Gpu
from gpu_exporter.journal import QUIET_SECONDS
from gpu_exporter.ollama.client import OllamaClient
from gpu_exporter.watch import Watch
from ollama_observe.metrics.catalogue import ollama as m
from ollama_observe.metrics.catalogue.exporter import COLLECTOR_ERRORS, COLLECTOR_UP
from tests.clock import Clock
from tests.fakes import captures
from tests.fakes.call import Call
from tests.machines import Series, read
from tests.ollamas import BLOB, DIGEST, NOON, WrittenOllama, asking, card, pin, rfc3339, serving
from tests.ports import free_port

GAUGES = {
    metric.name
    for metric in (m.LOADED, m.MEMORY, m.VRAM, m.SPILL, m.GPU_RATIO, m.CONTEXT, m.EXPIRY, m.INFO)
}
INTERVAL = 5.0
A, B = "a:latest", "b:latest"


class Watched:
    """A written Ollama, and the collector that asks it."""

    def __init__(self, url: str, script: WrittenOllama, **settings: Any) -> None:
        self.script = script
        self.clock = Clock()
        self.context = asking(url, self.clock, **settings)
        self.collector = OllamaServer(self.context)

    def turn(self) -> dict[Series, float]:
        """One turn; the next is an interval later, by all clocks."""
        found = read(self.collector)
        self.clock.now += INTERVAL
        self.script.unix_seconds += INTERVAL
        return found

    def loaded(self) -> list[str] | None:
        """The names on the board; None where nothing is pinned."""
        fact = self.context.board.loaded
        return None if fact is None else [model.name for model in fact.value]

    def blobs(self) -> dict[str, str] | None:
        """The names by weights on the board; None where nothing is pinned."""
        fact = self.context.board.names_by_weights
        return None if fact is None else dict(fact.value)

    def went(self, found: dict[Series, float], name: str) -> dict[str, float]:
        """How often a model went, by reason; without those that never were."""
        return {
            key[2]: count
            for key, count in found.items()
            if key[:2] == ("ollama_model_unloads_total", name) and count
        }


@contextmanager
def watching(script: WrittenOllama, **settings: Any) -> Iterator[Watched]:
    with serving(script) as server:
        watched = Watched(server.url, script, **settings)
        yield watched
        watched.collector.close()


@pytest.fixture
def watched() -> Iterator[Watched]:
    with watching(WrittenOllama()) as watched:
        yield watched


def loads(found: dict[Series, float]) -> dict[str, float]:
    """How often each model was loaded."""
    return {key[1]: count for key, count in found.items() if key[0] == m.LOADS.name}


def raw(body: bytes, status: bytes = b"200 OK") -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body)


def test_the_recorded_models_are_read(watched: Watched) -> None:
    recorded = captures.load("ps-loaded")
    is_ps = {"/api/ps": raw(recorded.body)}
    watched.script.instead = lambda call: is_ps.get(call.target)
    found = watched.turn()
    model = "smollm2:135m"
    assert found[m.UP.name,] == 1
    assert found[m.INFO.name, "0.33.0"] == 1
    assert found[m.LOADED.name,] == 2
    assert found[m.MEMORY.name, model] == 209_505_483
    assert found[m.VRAM.name, model] == 0
    assert found[m.SPILL.name, model] == 209_505_483
    assert found[m.GPU_RATIO.name, model] == 0
    assert found[m.CONTEXT.name, model] == 4096
    assert found[m.EXPIRY.name, model] == pytest.approx(1_795_416_864.77451, abs=1e-4)
    assert found[m.LOADS.name, model] == 0
    assert found[m.EVICTIONS.name, model, "memory"] == 0
    assert watched.loaded() == ["smollm2:135m", "all-minilm:22m"]


def test_with_nothing_loaded_there_is_nothing_of_models(watched: Watched) -> None:
    assert watched.turn() == {(m.UP.name,): 1, (m.INFO.name, "0.33.0"): 1, (m.LOADED.name,): 0}
    assert watched.context.board.loaded == Fact(1000.0, (), 1015.0)


def test_what_is_not_told_is_absent(watched: Watched) -> None:
    watched.script.load("a", size=0, size_vram=0, context_length=0, expires_at="0001-01-01T00:00Z")
    found = watched.turn()
    assert found[m.SPILL.name, A] == found[m.MEMORY.name, A] == found[m.VRAM.name, A] == 0
    assert not {m.GPU_RATIO.name, m.CONTEXT.name, m.EXPIRY.name} & {key[0] for key in found}


def test_nobody_there_is_a_reading() -> None:
    watched = Watched(f"http://127.0.0.1:{free_port()}", WrittenOllama())
    watched.context.board.loaded = Fact(0.0, ())
    with capture_logs() as said:
        assert [watched.turn() for _ in range(3)] == [{(m.UP.name,): 0}] * 3
    assert watched.loaded() is None
    assert [(line["event"], line["log_level"]) for line in said] == [("ollama_lost", "warning")]
    watched.collector.close()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (raw(b"<html>"), "answered something else to /api/ps"),
        (raw(b'{"models":7}'), "answered something else to /api/ps"),
        (raw(b"", b"500 Oops"), "answered 500 to /api/ps"),
        (raw(b"404 page not found", b"404 Not Found"), "answered 404 to /api/ps"),
    ],
)
def test_something_else_there_is_a_failure_that_keeps_what_was_counted(
    watched: Watched, answer: bytes, words: str
) -> None:
    watch = Watch(watched.collector, 30.0, watched.clock)
    watched.turn()
    watched.script.load("a")
    watched.turn()
    watched.script.instead = lambda call: answer
    with capture_logs() as said:
        for _ in range(3):
            watch.run()
            watched.clock.now += INTERVAL
    found = {(reading.metric.name, *reading.labels): reading.value for reading in watch.readings()}
    assert found[m.UP.name,] == 0
    assert loads(found) == {A: 1}
    assert not GAUGES & {key[0] for key in found}
    assert found[COLLECTOR_UP.name, "ollama_server"] == 0
    assert found[COLLECTOR_ERRORS.name, "ollama_server"] == 3
    assert watch.has_failed
    assert words in watch.detail
    assert [line["event"] for line in said if line["log_level"] != "debug"] == ["collector_failed"]
    assert watched.loaded() is None


def test_nobody_there_is_no_failure() -> None:
    watched = Watched(f"http://127.0.0.1:{free_port()}", WrittenOllama())
    watch = Watch(watched.collector, 30.0, watched.clock)
    watch.run()
    found = {(reading.metric.name, *reading.labels): reading.value for reading in watch.readings()}
    assert (found[m.UP.name,], found[COLLECTOR_UP.name, "ollama_server"]) == (0, 1)
    assert not watch.has_failed
    watched.collector.close()


def test_one_that_hangs_is_down_and_holds_nobody_up() -> None:
    async def hang(call: Call) -> None:
        await call.peer_gone.wait()

    clock = Clock()
    with serving(hang) as server:
        client = OllamaClient(server.url, turn_seconds=0.2)
        collector = OllamaServer(asking(server.url, clock), client)
        assert read(collector) == {(m.UP.name,): 0}
        assert len(server.calls) == 1
        collector.close()


def test_while_ollama_is_down_only_what_was_counted_stays(watched: Watched) -> None:
    watched.turn()
    watched.script.load("a")
    watched.turn()
    watched.script.instead = lambda call: b""
    found = watched.turn()
    assert found[m.UP.name,] == 0
    assert found[m.LOADS.name, A] == 1
    assert not GAUGES & {key[0] for key in found}
    watched.script.instead = None
    watched.script.unload("a")
    found = watched.turn()
    assert found[m.UP.name,] == 1
    assert watched.went(found, A) == {"ollama_down": 1}


def test_its_comings_and_goings_are_logged_once(watched: Watched) -> None:
    with capture_logs() as said:
        for instead in (None, lambda call: b"", None):
            watched.script.instead = instead
            for _ in range(2 + int(QUIET_SECONDS / INTERVAL)):
                watched.turn()
    assert [line["event"] for line in said] == ["ollama_found", "ollama_lost", "ollama_found"]
    assert said[0]["version"] == "0.33.0"


def test_one_that_comes_and_goes_every_other_turn_does_not_fill_the_log(watched: Watched) -> None:
    turns = int(2 * QUIET_SECONDS / INTERVAL)
    with capture_logs() as said:
        for turn in range(turns):
            watched.script.instead = (lambda call: b"") if turn % 2 else None
            watched.turn()
    assert len(said) <= 3


def test_a_defect_takes_the_fact_off_the_board(watched: Watched) -> None:
    class Broken(OllamaClient):
        def ask(self, *asked: object) -> object:  # type: ignore[override]
            raise ZeroDivisionError

    watched.context.board.loaded = Fact(0.0, ())
    client = Broken("http://127.0.0.1:1")
    with pytest.raises(ZeroDivisionError):
        read(OllamaServer(watched.context, client))
    assert watched.loaded() is None
    client.close()


def test_the_version_is_asked_for_now_and_then_and_after_a_restart(watched: Watched) -> None:
    for _ in range(12):
        watched.turn()
    assert watched.script.asked.count("/api/version") == 1
    watched.clock.now += 10
    pinned = watched.context.board.version
    assert pinned is not None and pinned.value == "0.33.0"  # others need not ask
    watched.script.version = "0.34.0"
    assert watched.turn()[m.INFO.name, "0.34.0"] == 1
    watched.script.instead = lambda call: b""
    watched.turn()
    watched.script.instead = None
    watched.script.version = "0.35.0"
    assert watched.turn()[m.INFO.name, "0.35.0"] == 1


def test_without_a_version_ollama_is_up_all_the_same(watched: Watched) -> None:
    is_version = {"/api/version": raw(b"", b"404 Not Found")}
    watched.script.instead = lambda call: is_version.get(call.target)
    assert watched.turn() == {(m.UP.name,): 1, (m.LOADED.name,): 0}


def test_models_on_disk_begin_at_no_loads(watched: Watched) -> None:
    watched.context.board.installed = Fact(watched.clock.now, (A, "b:latest"))
    found = watched.turn()
    assert (found[m.LOADS.name, A], found[m.LOADS.name, B]) == (0, 0)
    watched.script.load("a")
    watched.context.board.installed = Fact(watched.clock.now, (A, "b:latest"))
    found = watched.turn()
    assert (found[m.LOADS.name, A], found[m.LOADS.name, B]) == (1, 0)
    assert (m.UNLOADS.name, A, "expired") in found
    assert (m.UNLOADS.name, B, "expired") not in found


def test_time_is_up_by_the_clock_of_ollama(watched: Watched) -> None:
    watched.script.load("a")
    watched.turn()
    watched.script.unix_seconds += 300
    watched.script.unload("a")
    assert watched.went(watched.turn(), A) == {"expired": 1}


@pytest.mark.parametrize(("off", "reason"), [(0.0, {"expired": 1}), (1e6, {})])
def test_without_a_date_the_clock_here_must_do(
    watched: Watched, off: float, reason: dict[str, float]
) -> None:
    now = watched.script
    context = replace(watched.context, wall_clock=lambda: now.unix_seconds + off)
    watched.collector.close()
    watched.collector = OllamaServer(context)
    watched.script.load("a", expires_at=rfc3339(NOON + 2))
    bodies = [json.dumps({"models": watched.script.loaded}).encode(), b'{"models":[]}']
    watched.script.instead = lambda call: raw(bodies.pop(0)) if call.target == "/api/ps" else None
    watched.turn()
    assert watched.went(watched.turn(), A) == reason


def total(index: str, total_bytes: float, used: float, unified: bool = False) -> Gpu:
    """A card that tells what there is, and not what is free."""
    return replace(card(index, used=used, unified=unified), memory_total_bytes=total_bytes)


@pytest.mark.parametrize(
    ("gpus", "cause"),
    [
        ([card("0", free=10.0), card("1", free=0.0)], "memory"),
        ([card("0", free=60.0), card("1", free=60.0)], "limit"),
        ([card("0", free=10.0), total("1", 300.0, used=100.0)], "memory"),
        ([card("0", free=10.0), card("1", free=300.0, unified=True)], "memory"),
        ([card("0", free=10.0, unified=True)], "unknown"),
        ([total("0", 300.0, used=100.0, unified=True)], "unknown"),
        ([total("0", 300.0, used=299.0)], "unknown"),
        ([card("0", free=10.0), card("1")], "memory"),
        ([card("0"), card("1", used=5.0)], "unknown"),
        ([], "unknown"),
    ],
)
def test_what_the_cards_had_free_is_the_cause(
    watched: Watched, gpus: list[Gpu], cause: str
) -> None:
    watched.script.load("a")
    pin(watched.context, *gpus)
    watched.turn()
    watched.script.unload("a")
    watched.script.load("b")
    pin(watched.context, card("0", free=0.0), card("1", free=0.0))
    found = watched.turn()
    assert watched.went(found, A) == {"evicted": 1}
    assert found[m.EVICTIONS.name, A, cause] == 1


def test_cards_that_were_read_long_ago_say_nothing(watched: Watched) -> None:
    watched.script.load("a")
    pin(watched.context, card(free=10.0))
    watched.clock.now += 60
    watched.turn()
    watched.script.unload("a")
    watched.script.load("b")
    assert watched.turn()[m.EVICTIONS.name, A, "unknown"] == 1


def test_weights_are_asked_for_where_processes_are_listed(watched: Watched) -> None:
    watched.script.load("a")
    watched.script.load("gone")
    watched.script.files[A] = f"/models/blobs/sha256-{BLOB}"
    watched.turn()
    assert watched.blobs() is None
    pin(watched.context, card(processes={}))
    watched.turn()
    watched.turn()
    assert watched.script.asked.count("/api/show") == 2
    assert watched.blobs() == {A: A, "gone:latest": "gone:latest", BLOB: A}
    watched.context.board.gpus = None
    watched.turn()
    assert watched.blobs() is None


def test_weights_that_are_not_told_in_time_do_not_take_ollama_down() -> None:
    async def hang_at_show(call: Call) -> None:
        await call.is_read.wait()
        if call.target == "/api/show":
            await call.peer_gone.wait()
        else:
            await script(call)

    script, clock = WrittenOllama(), Clock()
    script.load("a")
    with serving(hang_at_show) as server:
        context = asking(server.url, clock)
        collector = OllamaServer(context, OllamaClient(server.url, turn_seconds=0.2))
        pin(context, card(processes={}))
        assert read(collector)[m.UP.name,] == 1
        assert context.board.names_by_weights == Fact(1000.0, {A: A}, 1015.0)
        collector.close()


def test_an_ollama_elsewhere_has_neither_this_machine_s_cards_nor_its_processes() -> None:
    with watching(WrittenOllama(), ollama_elsewhere=True) as watched:
        watched.script.load("a")
        pin(watched.context, card(free=10.0, processes={}))
        watched.turn()
        watched.script.unload("a")
        watched.script.load("b")
        pin(watched.context, card(free=10.0, processes={}))
        found = watched.turn()
        assert found[m.EVICTIONS.name, A, "unknown"] == 1
        assert found[m.MEMORY.name, B] == 100
        assert watched.blobs() is None
        assert "/api/show" not in watched.script.asked


def test_however_many_are_loaded_their_series_are_bounded() -> None:
    limit, many = 3, 1000
    with watching(WrittenOllama(), model_label_limit=limit) as watched:
        watched.turn()
        watched.script.loaded = [
            {"name": f"m{number}", "digest": DIGEST, "size": 9, "size_vram": 9}
            for number in range(many)
        ]
        watched.turn()
        watched.script.loaded.reverse()
        pin(watched.context, card(processes={}))
        found = watched.turn()
        named = ["m0:latest", "m1:latest", "m2:latest"]
        assert loads(found) == {**dict.fromkeys(named, 1), "other": many - limit}
        assert found[m.LOADED.name,] == many
        assert sorted(key[1] for key in found if key[0] == m.MEMORY.name) == named
        assert len(found) < 20 * (limit + 1)
        held = watched.loaded() or []
        assert sorted(held[:limit]) == named
        assert len(held) == many
        assert sorted(watched.blobs() or ()) == named


def test_a_model_on_disk_is_counted_by_its_name_or_not_at_all() -> None:
    names = tuple(f"{name}:latest" for name in "abcd")
    with watching(WrittenOllama(), model_label_limit=2) as watched:
        watched.context.board.installed = Fact(0.0, names)
        assert loads(watched.turn()) == {names[0]: 0, names[1]: 0}
        for name in "bcd":
            watched.script.load(name)
        assert loads(watched.turn()) == {names[1]: 1, names[2]: 1, "other": 1}
        watched.script.load("a")
        assert loads(watched.turn()) == {names[1]: 1, names[2]: 1, "other": 2}
