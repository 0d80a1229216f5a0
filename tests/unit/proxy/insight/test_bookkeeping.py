"""The accounts are settled by whoever asks, and by nobody's asking as well."""

import asyncio
from collections.abc import Sequence

from structlog.testing import capture_logs

from ollama_observe.metrics.catalogue import insight as m
from ollama_observe.metrics.catalogue import proxy as proxy_metrics
from proxy.finished import Table
from proxy.insight.accounts import Accounts
from proxy.insight.bookkeeping import Bookkeeping
from proxy.insight.diary import Told, nothing_done
from tests.ledgers import ReadLedger
from tests.stories import MODEL


class Relay:
    """A process that answered for a second before each time that it is asked."""

    def __init__(self, books: Bookkeeping) -> None:
        self.books = books
        self.now = 10
        self.asked = 0

    async def tables(self) -> list[Table]:
        self.asked += 1
        self.now += 3
        done = nothing_done()
        done[0] = ([(self.now - 1) * 1_000_000], [self.now * 1_000_000])
        table = Table([], [], models=Told(float(self.now), {MODEL: done}, []))
        self.books.take(table)
        return [table]


def seconds(read: ReadLedger) -> tuple[float | None, float | None]:
    answer, idle = (
        read.value(m.MODEL_PHASE_SECONDS, model=MODEL, phase=phase) for phase in ("answer", "idle")
    )
    return answer, idle


async def test_who_asks_for_tables_has_the_accounts_settled() -> None:
    read = ReadLedger()
    books = Bookkeeping(Accounts(read.ledger, 10), read.ledger)
    tables = books.over(Relay(books).tables)
    assert len(await tables()) == 1
    assert seconds(read) == (1.0, 0.0)
    await tables()
    assert seconds(read) == (2.0, 2.0)


async def test_a_process_that_says_nothing_of_models_settles_nothing() -> None:
    read = ReadLedger()
    books = Bookkeeping(Accounts(read.ledger, 10), read.ledger)

    async def tables() -> list[Table]:
        return [Table([], [])]

    books.take(Table([], []))
    assert await books.over(tables)() == [Table([], [])]
    assert seconds(read) == (None, None)


async def test_it_asks_by_itself_until_the_end() -> None:
    read = ReadLedger()
    books = Bookkeeping(Accounts(read.ledger, 10), read.ledger, every_seconds=0.01)
    relay = Relay(books)
    async with books.settling(relay.tables), asyncio.timeout(20):
        while relay.asked < 3:
            await asyncio.sleep(0.01)
    asked = relay.asked
    await asyncio.sleep(0.05)
    assert relay.asked == asked


class Broken(Accounts):
    """What no mistake is known to do."""

    def settle(self, told: Sequence[Told | None]) -> None:
        raise ZeroDivisionError("secret")


async def test_a_mistake_in_it_is_counted_and_said_once_and_keeps_nobody_from_his_table() -> None:
    read = ReadLedger()
    books = Bookkeeping(Broken(read.ledger, 10), read.ledger, every_seconds=0.01)
    relay = Relay(books)
    tables = books.over(relay.tables)
    with capture_logs() as lines:
        assert len(await tables()) == 1
        async with books.settling(tables), asyncio.timeout(20):
            while relay.asked < 4:
                await asyncio.sleep(0.01)
    assert errors(read) >= 3
    assert [line["event"] for line in lines] == ["measuring_failed"]
    assert "secret" not in str(lines)


async def test_processes_that_fail_to_tell_do_not_end_the_asking() -> None:
    read = ReadLedger()
    books = Bookkeeping(Accounts(read.ledger, 10), read.ledger, every_seconds=0.01)
    asked = 0

    async def tables() -> list[Table]:
        nonlocal asked
        asked += 1
        raise OSError

    async with books.settling(tables), asyncio.timeout(20):
        while asked < 3:
            await asyncio.sleep(0.01)
    assert errors(read) >= 2


def errors(read: ReadLedger) -> float:
    labels = {"endpoint": "other", "reason": "exception"}
    return read.value(proxy_metrics.EXTRACTION_ERRORS, **labels) or 0.0
