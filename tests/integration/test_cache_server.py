"""The store in a server does with a real one what the model of a store does.

Its counts are exact as long as the server itself throws nothing away.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from proxy.cache.entries import Near
from proxy.cache.stores.addresses import read_address
from proxy.cache.stores.server import PREFIX, ServerStore
from proxy.cache.stores.store import Bounds, Cause, Held, Listener, StoreError
from tests.caches import NOW, Gone, a_key, agrees, an_entry
from tests.valkeys import ValkeyProcess, valkey

BOUNDS = Bounds(1_000, 10_000_000, 60.0)


@pytest.fixture(scope="module")
def server() -> Iterator[ValkeyProcess]:
    with valkey() as running:
        yield running


def a_store(
    server: ValkeyProcess, bounds: Bounds = BOUNDS, gone: Listener | None = None
) -> ServerStore:
    return ServerStore(read_address(server.url), bounds, gone or Gone())


async def test_it_agrees_with_the_model(server: ValkeyProcess) -> None:
    gone: Counter[Cause] = Counter()
    for seed in range(5):
        gone += await agrees(lambda b, g: a_store(server, b, g), seed, 800)
    assert set(gone) == set(Cause)


async def test_several_keep_the_bounds_together(server: ValkeyProcess) -> None:
    gone = Gone()
    stores = [a_store(server, Bounds(30, 10_000_000, 60.0), gone) for _ in range(4)]
    await stores[0].clear()
    gone.counts.clear()

    async def use(store: ServerStore, number: int) -> None:
        for step in range(50):
            await store.put(a_key(number * 1_000 + step), an_entry(), None, NOW)
            await store.get(a_key(number * 1_000 + step), NOW)

    await asyncio.gather(*(use(store, number) for number, store in enumerate(stores)))
    whole = Held(30, 30 * an_entry().size_bytes)
    assert [await store.held(NOW) for store in stores] == [whole] * 4
    assert gone.counts == {Cause.ENTRIES: 4 * 50 - 30}
    for store in stores:
        await store.close()


async def test_nothing_of_another_is_cleared_and_all_of_ours_is(server: ValkeyProcess) -> None:
    store = a_store(server)
    server.ask("FLUSHALL")
    server.ask("SET", "somebody:else", "1")
    for number in range(1_200):
        near = Near(a_key(number % 7), b"vector")
        await store.put(a_key(number), an_entry(), near, NOW)
    assert await store.clear() == 1_000
    assert server.ask("KEYS", "*") == b"*1\r\n$13\r\nsomebody:else\r\n"
    await store.close()


async def test_the_server_forgets_what_nobody_asks_for(server: ValkeyProcess) -> None:
    store, key = a_store(server), a_key(1)
    server.ask("FLUSHALL")
    await store.put(key, an_entry(), Near(b"bucket", b"vector"), NOW + 20)
    for name in (f"entry:{key.hex()}", f"bucket:{b'bucket'.hex()}", "index", "used", "ages"):
        left = int(server.ask("PTTL", PREFIX + name)[1:])
        assert 90_000 < left <= 120_000, name
    await store.close()


async def test_what_the_server_threw_away_is_a_miss_and_is_counted_out(
    server: ValkeyProcess,
) -> None:
    gone = Gone()
    store = a_store(server, gone=gone)
    await store.clear()
    for number in range(3):
        await store.put(a_key(number), an_entry(), None, NOW)
    server.ask("DEL", f"{PREFIX}entry:{a_key(1).hex()}")
    assert await store.get(a_key(1), NOW) is None
    assert await store.held(NOW) == Held(2, 2 * an_entry().size_bytes)
    assert gone.counts[Cause.BYTES] == 1
    for name in ("index", "used", "ages"):
        server.ask("DEL", PREFIX + name)
        assert await store.held(NOW) == Held(0, 0)
        await store.put(a_key(5), an_entry(), None, NOW)
        assert await store.get(a_key(2), NOW) is None  # nobody knows its place among the others
        assert await store.held(NOW) == Held(1, an_entry().size_bytes)
    await store.close()


async def test_a_full_server_is_a_sentence_and_what_is_there_is_found() -> None:
    with valkey("--maxmemory", "3mb", "--maxmemory-policy", "noeviction") as server:
        store = a_store(server)
        await store.put(a_key(0), an_entry(b"first"), None, NOW)
        with pytest.raises(StoreError, match="is full: raise its maxmemory"):
            for number in range(1, 100):
                await store.put(a_key(number), an_entry(bytes(100_000)), None, NOW)
        assert await store.get(a_key(0), NOW) == an_entry(b"first")
        await store.clear()
        await store.put(a_key(1), an_entry(), None, NOW)
        await store.close()


async def test_passwords_databases_and_sockets(server: ValkeyProcess) -> None:
    with valkey("--requirepass", "s3cret") as locked:
        base = f"127.0.0.1:{locked.port}"
        told = {
            f"redis://:s3cret@{base}/3": "",
            f"valkey://:s3cret@{base}": "",
            f"unix://{locked.socket_path}?password=s3cret&db=2": "",
            f"redis://:wr0ng@{base}": "wants another user or password",
            f"redis://{base}": "wants another user or password",
            f"redis://:s3cret@{base}/99": "has no database of this number",
        }
        for url, said in told.items():
            store = ServerStore(read_address(url), BOUNDS, Gone())
            if said:
                with pytest.raises(StoreError, match=said) as raised:
                    await store.put(a_key(1), an_entry(), None, NOW)
                assert "s3cret" not in str(raised.value)
                assert "wr0ng" not in str(raised.value)
            else:
                await store.put(a_key(1), an_entry(), None, NOW)
                assert await store.held(NOW) == Held(1, an_entry().size_bytes)
            await store.close()


async def test_one_that_was_started_anew_is_asked_again() -> None:
    with valkey() as server:
        store = a_store(server)
        await store.put(a_key(1), an_entry(), None, NOW)
        await asyncio.to_thread(server.kill)
        with pytest.raises(StoreError, match="cannot be reached"):
            await store.get(a_key(1), NOW)
        await asyncio.to_thread(server.start)
        assert await store.get(a_key(1), NOW) is None
        await store.put(a_key(1), an_entry(), None, NOW)
        assert await store.get(a_key(1), NOW) == an_entry()
        await store.close()


async def test_who_gives_up_waiting_leaves_no_answer_to_the_next() -> None:
    with valkey() as server:
        store = a_store(server)
        for number in range(20):
            await store.put(a_key(number), an_entry(b"answer %d" % number), None, NOW)
        for _ in range(3):
            with server.frozen():
                asking = [
                    asyncio.ensure_future(store.get(a_key(number), NOW)) for number in range(20)
                ]
                done, _ = await asyncio.wait(asking, timeout=0.1)
                assert not done
                for one in asking:
                    one.cancel()
                await asyncio.wait(asking)
            for number in reversed(range(20)):
                assert await store.get(a_key(number), NOW) == an_entry(b"answer %d" % number)
        await store.close()


async def test_many_at_once_are_all_answered(server: ValkeyProcess) -> None:
    store = a_store(server)
    await store.put(a_key(1), an_entry(), None, NOW)
    began = time.perf_counter()
    found = await asyncio.gather(*(store.get(a_key(1), NOW) for _ in range(300)))
    assert found == [an_entry()] * 300
    assert time.perf_counter() - began < 5
    await store.close()
