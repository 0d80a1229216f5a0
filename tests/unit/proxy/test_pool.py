"""An address and its idle connections."""

from proxy.failures import UpstreamUnreachable
from proxy.pool import IDLE_SECONDS, UpstreamPool, create_pool
from proxy.settings import ProxySettings
from proxy.upstream import UpstreamConnection
from tests.paper import Asker, Transport


def test_an_address_is_read_whole() -> None:
    pool = UpstreamPool("https://user:p%40ss@gpu:8443/ollama/", 1.0)
    assert pool.path_prefix == b"/ollama"
    assert pool.authority == b"gpu:8443"
    assert pool.address == "https://gpu:8443"
    assert pool.authorization == b"Basic dXNlcjpwQHNz"
    assert UpstreamPool("http://gpu", 1.0).authorization is None


async def test_an_idle_connection_is_used_again_while_it_is_young() -> None:
    now = 1.0
    pool, asker = UpstreamPool("http://127.0.0.1:1", 1.0, lambda: now), Asker()
    connection = UpstreamConnection(pool)
    connection.connection_made(Transport())  # type: ignore[arg-type]
    pool.keep(connection)
    assert pool.ask(asker) is None
    assert asker.connection is connection
    pool.keep(connection)
    now += IDLE_SECONDS + 0.1
    connecting = pool.ask(asker)
    assert connecting is not None
    await connecting
    assert asker.told == [UpstreamUnreachable]
    pool.close()


def test_a_pool_is_that_of_the_settings_or_of_an_address() -> None:
    told = ProxySettings.model_validate({"ollama_url": "http://gpu:1/x"})
    assert create_pool(told).address == "http://gpu:1"
    assert create_pool(told).path_prefix == b"/x"
    assert create_pool(told, "http://b").address == "http://b"
