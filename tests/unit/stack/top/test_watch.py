import json
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

import pytest

from stack.errors import StackError
from stack.top.asking import Answer, SilentError
from stack.top.facts import Facts
from stack.top.glyphs import UNICODE
from stack.top.json_form import document
from stack.top.look import Look
from stack.top.screen import Size, screen
from stack.top.targets import Targets
from stack.top.watch import STILL_ASKED, Rhythm, Watch
from stack.waiting import wait_until
from tests.clock import Clock

PAGES = {
    "/api/inflight": b'{"requests": [{"request_id": "x"}], "finished": []}',
    "/metrics": b"ollama_proxy_build_info 1\nexporter_build_info 1\nollama_up 1\n",
    "/health": b'{"version": "0.1.0"}',
}
FAST = Rhythm(0.01, 0.01, 0.01, 0.01)
WITHIN_SECONDS = 20.0


@dataclass
class Scripted:
    """An Asker that has these pages."""

    name: str
    pages: dict[str, bytes] = field(default_factory=lambda: dict(PAGES))
    defect: Exception | None = None
    hangs: threading.Event | None = None
    asked: int = 0
    at_once: int = 0
    most_at_once: int = 0
    is_closed: bool = False

    def get(self, path: str, accepted: Collection[int] = (200,)) -> Answer:
        self.asked += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        if self.hangs is not None:
            self.hangs.wait(WITHIN_SECONDS)
        self.at_once -= 1
        if self.defect is not None:
            raise self.defect
        if path not in self.pages:
            raise SilentError("connection refused")
        return Answer(200, self.pages[path])

    def close(self) -> None:
        self.is_closed = True


@dataclass
class World:
    """Parts by address, and who is to be asked."""

    targets: Targets
    parts: dict[str, Scripted] = field(default_factory=dict)
    error: StackError | None = None

    def find(self) -> Targets:
        if self.error is not None:
            raise self.error
        return self.targets

    def open_asker(self, url: str) -> Scripted:
        return self.parts.setdefault(url, Scripted(f"shown {url}"))

    def watch(
        self, clock: Callable[[], float] = time.monotonic, at_once_seconds: float = 8
    ) -> Watch:
        return Watch(self.targets, self.find, self.open_asker, FAST, clock, at_once_seconds)


def until(watch: Watch, reached: Callable[[Facts], bool]) -> Facts:
    assert wait_until(lambda: reached(watch.facts()), WITHIN_SECONDS), watch.facts()
    return watch.facts()


def up(facts: Facts) -> dict[str, bool]:
    return {source.where: source.is_up for source in facts.sources}


def test_each_part_is_asked_once_and_all_at_the_same_time() -> None:
    world = World(Targets("box", ("a", "b"), "c", "d"))
    watch = world.watch()
    watch.ask_all()
    facts = watch.facts()
    assert up(facts) == {"shown a": True, "shown b": True, "shown c": True, "shown d": False}
    assert [one.request_id for one in facts.requests] == ["x"]
    assert facts.ollama_up is True
    assert facts.title == "box"
    assert [world.parts[url].asked for url in "abcd"] == [3, 3, 1, 1]


def test_all_are_asked_again_and_again_until_the_end() -> None:
    world = World(Targets("box", ("a",), "c"))
    watch = world.watch()
    watch.start()
    until(watch, lambda _: world.parts["a"].asked > 20)
    watch.stop()
    assert wait_until(lambda: all(part.is_closed for part in world.parts.values()), WITHIN_SECONDS)
    asked = world.parts["a"].asked
    time.sleep(0.1)
    assert world.parts["a"].asked == asked


def test_one_that_hangs_holds_up_no_other() -> None:
    world = World(Targets("box", ("a",), "c"))
    world.parts["c"] = Scripted("c", hangs=threading.Event())
    watch = world.watch()
    watch.start()
    facts = until(watch, lambda facts: facts.has_proxy and world.parts["a"].asked > 20)
    assert not facts.has_exporter
    watch.stop()
    assert world.parts["c"].hangs is not None
    world.parts["c"].hangs.set()


def problems(watch: Watch) -> dict[str, str]:
    return {source.part: source.problem for source in watch.facts().sources}


def test_a_look_skips_who_is_still_being_asked_by_the_one_before() -> None:
    world = World(Targets("box", ("a",), "c"))
    hangs = threading.Event()
    world.parts["c"] = Scripted("c", hangs=hangs)
    watch = world.watch(at_once_seconds=0.2)
    for looks in (1, 2, 3):
        watch.ask_all()
        assert problems(watch) == {"proxy": "", "gpu-exporter": STILL_ASKED}
        assert (world.parts["c"].asked, world.parts["a"].asked >= looks) == (1, True)
    hangs.set()
    until(watch, lambda facts: facts.has_exporter)
    watch.ask_all()
    assert (world.parts["c"].asked, world.parts["c"].most_at_once) == (2, 1)


def test_what_was_told_long_ago_by_who_is_still_being_asked_is_not_shown() -> None:
    world, clock = World(Targets("box", ("a",), "c")), Clock()
    watch = world.watch(clock=clock)
    watch.start()
    until(watch, lambda facts: facts.has_exporter)
    world.parts["c"].hangs = hangs = threading.Event()
    assert wait_until(lambda: world.parts["c"].at_once == 1, WITHIN_SECONDS)
    clock.now += 4
    assert watch.facts().has_exporter
    clock.now += 2
    until(watch, lambda facts: facts.has_proxy)  # of one that answers it makes no difference
    assert problems(watch)["gpu-exporter"] == STILL_ASKED
    hangs.set()
    until(watch, lambda facts: facts.has_exporter)
    watch.stop()


def test_who_falls_silent_is_shown_so_and_comes_back() -> None:
    world = World(Targets("box", ("a",)))
    watch = world.watch()
    watch.start()
    until(watch, lambda facts: facts.has_proxy)
    page = world.parts["a"].pages.pop("/api/inflight")
    facts = until(watch, lambda facts: not facts.has_proxy)
    assert facts.sources[0].problem == "connection refused"
    world.parts["a"].pages["/api/inflight"] = page
    until(watch, lambda facts: facts.has_proxy)
    watch.stop()


def test_parts_come_and_go_while_it_is_watched() -> None:
    world = World(Targets("box", ("a",)))
    watch = world.watch()
    watch.start()
    until(watch, lambda facts: facts.has_proxy)
    world.targets = Targets("box", ("b", "c"), "d")
    facts = until(watch, lambda facts: facts.has_exporter and facts.proxies_asked == 2)
    assert set(up(facts)) == {"shown b", "shown c", "shown d"}
    assert wait_until(lambda: world.parts["a"].is_closed, WITHIN_SECONDS)
    watch.stop()


def test_who_was_asked_still_is_where_nobody_can_tell_who_is_there() -> None:
    world = World(Targets("box", ("a",)))
    watch = world.watch()
    watch.start()
    world.error = StackError("the Docker engine does not answer")
    before = world.open_asker("a").asked
    until(watch, lambda facts: facts.has_proxy and world.parts["a"].asked > before + 20)
    watch.stop()


PROXY = PAGES["/metrics"]
TTFT = b"ollama_proxy_time_to_first_token_seconds_bucket"


@pytest.mark.parametrize(
    ("path", "page"),
    [
        *(("/health", b'{"uptime_seconds": %s}' % said) for said in (b"NaN", b"1e999", b"9" * 400)),
        ("/health", b"[" * 100_000),
        ("/api/inflight", b'{"requests": [{"tokens": %s}]}' % (b"9" * 400)),
        ("/api/inflight", b'{"requests": [{"age_seconds": 1e308, "prefill_ratio": -1e308}]}'),
        ("/metrics", PROXY + TTFT + b'{le="abc"} 1\n'),
        ("/metrics", PROXY + TTFT + b'{le="1e-300"} 1\n' + TTFT + b'{le="+Inf"} 2\n'),
        ("/metrics", PROXY + b"ollama_proxy_generated_tokens_total +Inf\n"),
        ("/metrics", PROXY + b"ollama_proxy_requests_total 1e308\nhost_cpus 1e308\n"),
        (
            "/metrics",
            PROXY + b'ollama_model_memory_bytes{model="a"} 1\n'
            b'ollama_model_expiry_timestamp_seconds{model="a"} +Inf\n',
        ),
    ],
)
def test_whatever_a_part_says_ends_nothing(path: str, page: bytes) -> None:
    world, clock = World(Targets("box", ("a",), "c")), Clock()
    watch = world.watch(clock=clock)
    watch.ask_all()
    for part in world.parts.values():
        part.pages[path] = page
    for _ in range(2):
        clock.now += 10
        watch.ask_all()
    facts = watch.facts()
    assert screen(facts, Look(), Size(80, 24), UNICODE)
    assert json.dumps(document(facts), allow_nan=False)


def test_a_defect_of_a_thread_comes_to_light() -> None:
    world = World(Targets("box", ("a",)))
    world.parts["a"] = Scripted("a", defect=KeyError("a defect"))
    watch = world.watch()
    watch.start()
    with pytest.raises(KeyError, match="a defect"):
        until(watch, lambda facts: facts.has_proxy)
    watch.stop()
