"""What is said of the gateway after it was asked, and what the relays make of it."""

import asyncio
import socket

import pytest

from ollama_observe.metrics.catalogue import portkey as m
from ollama_observe.wire.portkey import GREETING
from proxy import connections
from proxy.failures import UpstreamBrokeOff, UpstreamError, UpstreamTimeout, UpstreamUnreachable
from proxy.heads import read_response
from proxy.pool import UpstreamPool
from proxy.portkey.lookup import Lookup
from proxy.portkey.watch import GatewayWatch
from proxy.shared import GatewayState, Shared
from tests.ledgers import ReadLedger


class Gateway(UpstreamPool):
    """A gateway that answers with a status, or fails, whenever it is asked."""

    def __init__(self, answers: int | Exception) -> None:
        super().__init__("http://gateway:8787", 1.0)
        self.answers = answers
        self.says = GREETING.encode()
        self.asked = asyncio.Event()
        self.is_closed = False

    def ask(self, asker: connections.Asker) -> None:
        self.asked.set()
        if isinstance(self.answers, UpstreamError):
            asker.failed(self.answers)
        elif isinstance(self.answers, Exception):
            raise self.answers
        else:
            asker.head_received(0.0, read_response(b"HTTP/1.1 %d X" % self.answers))
            asker.body_received(0.0, self.says, [self.says], True)

    def close(self) -> None:
        self.is_closed = True


class World:
    """A gateway that is watched, by a clock that is moved by hand; it is known unless told not."""

    def __init__(
        self,
        answers: int | Exception = 200,
        is_strict: bool = False,
        is_known: bool = True,
        has_name: bool = True,
    ) -> None:
        self.now = 100.0
        self.read = ReadLedger()
        self.pool = Gateway(answers)
        self.state = Shared().gateway
        self.found: list[str] = []
        self.has_name = has_name
        if is_known:
            self.state.is_there()
        self.watch = GatewayWatch(
            self.pool,
            Lookup("gateway", 8787, self._resolve),
            self.state,
            self.read.ledger,
            is_strict,
            self._use,
            lambda: self.now,
        )

    def _resolve(self, _host: str, _port: int) -> None:
        if not self.has_name:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    def _use(self) -> None:
        self.found.append("found")
        self.state.is_there()

    async def said(self) -> tuple[bool, str, float | None] | None:
        """What the health check and the gauge say; None where there is no check."""
        check = await self.watch.check()
        return None if check is None else (check.ok, check.detail, self.read.value(m.UP))


async def test_a_gateway_that_answers_is_up() -> None:
    world = World()
    await world.watch.ask()
    assert await world.said() == (True, "Portkey at http://gateway:8787", 1)
    assert not world.state.is_down


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (UpstreamUnreachable("Connection refused"), "Connection refused"),
        (UpstreamTimeout("no connection within 1 s"), "no connection within 1 s"),
        (UpstreamBrokeOff("the answer broke off"), "the answer broke off"),
        (TimeoutError(), "nothing within 2 s"),
    ],
)
async def test_a_gateway_that_fails_is_down_with_its_reason(
    failure: Exception, reason: str
) -> None:
    said = f"Portkey at http://gateway:8787 gave no answer: {reason}"
    world = World(failure)
    await world.watch.ask()
    assert await world.said() == (True, f"{said}; requests go directly", 0)
    assert world.state.is_down
    strict = World(failure, is_strict=True)
    await strict.watch.ask()
    assert await strict.said() == (False, said, 0)


async def test_what_answers_otherwise_is_not_the_gateway() -> None:
    strict = World(503, is_strict=True)
    await strict.watch.ask()
    said = "http://gateway:8787 answered 503, not as Portkey does"
    assert await strict.said() == (False, said, 0)
    assert not strict.state.is_down  # requests are tried: the answers will show


async def test_what_is_said_of_the_way_of_requests_is_true() -> None:
    world = World(503)
    await world.watch.ask()
    assert "go directly" not in str(await world.said())
    assert not world.state.is_down


async def test_before_the_first_answer_a_strict_proxy_is_not_healthy() -> None:
    said = "Portkey was not asked yet"
    assert await World().said() == (True, said, None)
    assert await World(is_strict=True).said() == (False, said, None)


def test_where_there_is_no_gateway_nothing_says_that_it_is_down() -> None:
    assert ReadLedger().value(m.UP) is None


async def test_a_gateway_whose_name_nobody_knows_is_down() -> None:
    world = World(has_name=False)
    await world.watch.ask()
    said = "Portkey at http://gateway:8787 gave no answer: Name or service not known"
    assert await world.said() == (True, f"{said}; requests go directly", 0)
    assert not world.pool.asked.is_set()


@pytest.mark.parametrize("answers", [404, 503, TimeoutError(), UpstreamUnreachable("refused")])
async def test_one_that_was_never_found_is_not_missed(answers: int | Exception) -> None:
    world = World(answers, is_known=False)
    await world.watch.ask()
    assert await world.said() is None
    assert (world.state.is_known, world.state.is_down) == (False, False)
    assert world.read.value(m.UP) is None


async def test_what_does_not_greet_as_portkey_is_not_found() -> None:
    world = World(is_known=False)
    world.pool.says = b"<h1>Welcome to nginx!</h1>"
    await world.watch.ask()
    assert await world.said() is None
    assert not world.found


async def test_one_that_is_found_is_used_and_then_missed() -> None:
    world = World(TimeoutError(), is_known=False)
    await world.watch.ask()
    world.pool.answers = 200
    world.now += 2
    await world.watch.ask()
    assert await world.said() == (True, "Portkey at http://gateway:8787", 1)
    world.has_name = False
    world.now += 2
    await world.watch.ask()
    assert world.found == ["found"]
    assert (world.state.is_known, world.state.is_down) == (True, True)
    assert world.read.value(m.UP) == 0


async def test_the_state_follows_the_latest_answer() -> None:
    world = World()
    for answers, seconds, is_down, silent in (
        (200, 2.0, False, 0.0),
        (TimeoutError(), 2.0, True, 2.0),
        (TimeoutError(), 3.0, True, 5.0),
        (200, 1.0, False, 0.0),
    ):
        world.pool.answers = answers
        world.now += seconds
        await world.watch.ask()
        assert (world.state.is_down, world.state.silent_seconds) == (is_down, silent)


async def test_the_gateway_is_asked_at_once_and_let_go_of_at_the_end() -> None:
    world = World()
    async with asyncio.timeout(5), world.watch.watching():
        await world.pool.asked.wait()
        closed = [world.pool.is_closed]
    closed.append(world.pool.is_closed)
    assert closed == [False, True]
    assert await world.said() == (True, "Portkey at http://gateway:8787", 1)


async def test_all_processes_see_what_one_was_told() -> None:
    shared = Shared()
    elsewhere: GatewayState = Shared(shared.descriptor).gateway
    shared.gateway.is_there()
    lookup = Lookup("gateway", 8787, lambda _host, _port: None)
    ledger = ReadLedger().ledger
    watch = GatewayWatch(
        Gateway(TimeoutError()), lookup, shared.gateway, ledger, False, lambda: None
    )
    await watch.ask()
    assert elsewhere.is_down
