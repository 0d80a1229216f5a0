"""Asks all parts again and again, each in a thread of its own: one that hangs holds up no other.

Who is asked may change while it is watched: parts come, go, and are scaled.
"""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from stack.errors import StackError
from stack.top.asking import Asker, SilentError
from stack.top.facts import Facts
from stack.top.knowledge import Key, Knowledge, Told
from stack.top.sources import PAGE_SECONDS, Clock, ExporterSource, PastSource, ProxySource
from stack.top.targets import Targets

Find = Callable[[], Targets]
Open = Callable[[str], Asker]

AT_ONCE_SECONDS = 8.0
"""How long one look at all takes at most."""

STILL_ASKED = "still being asked"
_MANY_INTERVALS = 4
_LEAST_PATIENCE_SECONDS = 5.0
"""Of a part that is asked several times a second: a question may take longer."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often each is asked. A proxy tells of what ended for five seconds."""

    table_seconds: float = 1.0
    page_seconds: float = PAGE_SECONDS
    past_seconds: float = 15.0
    find_seconds: float = 5.0


@dataclass(slots=True)
class _Member:
    """A part that is asked. `asked_at` is since when it is being asked, None while it is not: its
    asker is for one thread."""

    key: Key
    asker: Asker
    ask: Callable[[], Told]
    every_seconds: float
    asked_at: float | None = None
    ended: threading.Event = field(default_factory=threading.Event)


class Watch:
    """Asks targets, by `open_asker`; now and then `find` tells whether they are others by now.

    `clock` is monotonic, in seconds.
    """

    def __init__(
        self,
        targets: Targets,
        find: Find,
        open_asker: Open,
        rhythm: Rhythm,
        clock: Clock = time.monotonic,
        at_once_seconds: float = AT_ONCE_SECONDS,
    ) -> None:
        self._at_once_seconds = at_once_seconds
        self._find = find
        self._open_asker = open_asker
        self._rhythm = rhythm
        self._clock = clock
        self._lock = threading.Lock()
        self._knowledge = Knowledge()
        self._members: dict[Key, _Member] = {}
        self._ended = threading.Event()
        self._defect: BaseException | None = None
        self._follow(targets)

    def start(self) -> None:
        """Ask all, until `stop`."""
        for member in self._members.values():
            self._begin(member)
        self._thread(self._keep_finding, "find")

    def stop(self) -> None:
        """Ask no more; an answer that is on its way is not waited for."""
        self._ended.set()
        for member in list(self._members.values()):
            member.ended.set()

    def ask_all(self) -> None:
        """Ask each once, all at the same time; who takes too long stays silent, and is not asked
        again until it has answered."""
        members = list(self._members.values())
        threads = [self._thread(partial(self._ask, one), one.key[0]) for one in members]
        until = time.monotonic() + self._at_once_seconds
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
        with self._lock:
            self._tell_of_the_slow(members, 0.0)

    def close(self) -> None:
        """After `ask_all`: leave no connection open, but to whom is still being asked."""
        with self._lock:
            for member in self._members.values():
                if member.asked_at is None:
                    member.asker.close()

    def facts(self) -> Facts:
        """What is known now. Raises: what ended a thread of ours, which would be a defect."""
        if self._defect is not None:
            raise self._defect
        with self._lock:
            for member in self._members.values():
                patience = max(_LEAST_PATIENCE_SECONDS, _MANY_INTERVALS * member.every_seconds)
                self._tell_of_the_slow([member], patience)
            return self._knowledge.facts(self._clock(), datetime.now().astimezone())

    def _tell_of_the_slow(self, members: Iterable[_Member], patience_seconds: float) -> None:
        """Those that are being asked for longer than that have nothing to show."""
        for member in members:
            asked_at = member.asked_at
            if asked_at is not None and self._clock() - asked_at >= patience_seconds:
                self._knowledge.fail(member.key, STILL_ASKED)

    def _keep_finding(self) -> None:
        while not self._ended.wait(self._rhythm.find_seconds):
            try:
                targets = self._find()
            except StackError:
                continue  # nobody can tell just now: who was there stays
            for member in self._follow(targets):
                self._begin(member)

    def _follow(self, targets: Targets) -> list[_Member]:
        """Ask these from now on; those of them who are new."""
        wanted = self._wanted(targets)
        with self._lock:
            for key in self._members.keys() - wanted.keys():
                self._members.pop(key).ended.set()
            new = [self._member(key, wanted[key]) for key in wanted if key not in self._members]
            self._members |= {member.key: member for member in new}
            names = {key: self._members[key].asker.name for key in wanted}
            self._knowledge.follow(targets, names)
        return new

    def _wanted(self, targets: Targets) -> dict[Key, float]:
        """How often each is to be asked."""
        rhythm = self._rhythm
        wanted: dict[Key, float] = {("proxy", url): rhythm.table_seconds for url in targets.proxies}
        if targets.exporter:
            wanted["gpu-exporter", targets.exporter] = rhythm.page_seconds
        if targets.prometheus:
            wanted["prometheus", targets.prometheus] = rhythm.past_seconds
        return wanted

    def _member(self, key: Key, every_seconds: float) -> _Member:
        part, url = key
        asker = self._open_asker(url)
        ask: Callable[[], Told]
        match part:
            case "proxy":
                ask = ProxySource(asker, self._rhythm.page_seconds, clock=self._clock).ask
            case "gpu-exporter":
                ask = ExporterSource(asker).ask
            case _:
                ask = PastSource(asker, self._clock).ask
        return _Member(key, asker, ask, every_seconds)

    def _begin(self, member: _Member) -> None:
        self._thread(partial(self._keep_asking, member), member.key[0])

    def _keep_asking(self, member: _Member) -> None:
        due = time.monotonic()
        while not member.ended.is_set():
            self._ask(member)
            # who is late does not catch up
            due = max(due + member.every_seconds, time.monotonic())
            member.ended.wait(due - time.monotonic())
        member.asker.close()

    def _ask(self, member: _Member) -> None:
        with self._lock:
            if member.asked_at is not None:
                return
            member.asked_at = self._clock()
        told, problem = None, ""
        try:
            told = member.ask()
        except SilentError as error:
            problem = str(error)
        with self._lock:
            member.asked_at = None
            if told is None:
                self._knowledge.fail(member.key, problem)
            else:
                self._knowledge.hear(member.key, told)

    def _thread(self, run: Callable[[], None], name: str) -> threading.Thread:
        def guarded() -> None:
            try:
                run()
            except BaseException as defect:  # noqa: BLE001 (told by `facts`, to who can show it)
                self._defect = defect

        thread = threading.Thread(target=guarded, name=name, daemon=True)
        thread.start()
        return thread
