"""Which store a setting names, and its secret."""

import subprocess
import sys
from pathlib import Path

import pytest

from proxy.cache.stores.choosing import Place, check_place, create_store, place_of, secret_of
from proxy.cache.stores.memory import MemoryStore
from proxy.cache.stores.server import ServerStore
from proxy.cache.stores.sqlite import SqliteStore
from proxy.cache.stores.store import Bounds
from tests.caches import NOW, Gone, a_key, an_entry

BOUNDS = Bounds(10, 100_000, 60.0)


@pytest.mark.parametrize(
    ("told", "kind", "where"),
    [
        ("", "memory", ""),
        (" memory ", "memory", ""),
        ("/var/lib/answers", "file", "/var/lib/answers"),
        ("redis://host/1", "server", "redis://host/1"),
        ("Valkey://host", "server", "Valkey://host"),
        ("unix:///run/redis.sock", "server", "unix:///run/redis.sock"),
    ],
)
def test_a_setting_names_a_place(told: str, kind: str, where: str) -> None:
    assert place_of(told) == Place(kind, where)


@pytest.mark.parametrize("told", ["http://:s3cret@host", "redis://", "unix://"])
def test_another_address_is_an_error_without_what_was_told(told: str) -> None:
    with pytest.raises(ValueError, match=r"^expected `memory`, a path, redis://HOST") as raised:
        place_of(told)
    assert "s3cret" not in str(raised.value)


def test_a_place_that_cannot_be_is_found_at_the_start(tmp_path: Path) -> None:
    check_place(Place("memory"))
    check_place(Place("file", str(tmp_path / "answers")))
    check_place(Place("server", "redis://nobody.is.here"))
    with pytest.raises(ValueError, match="expected a folder"):
        check_place(Place("file", str(tmp_path / "gone" / "answers")))
    with pytest.raises(ValueError, match="expected options"):
        check_place(Place("server", "redis://host?what=ever"))


def test_a_secret_that_is_told_is_the_secret() -> None:
    assert secret_of(Place("server", "redis://host"), "told") == b"told"


def test_a_server_needs_one() -> None:
    with pytest.raises(ValueError, match="expected PROXY_CACHE_SECRET beside a URL"):
        secret_of(Place("server", "redis://host"), "")


def test_a_file_has_one_beside_it_and_memory_one_of_its_own(tmp_path: Path) -> None:
    place = Place("file", str(tmp_path / "answers"))
    secret = secret_of(place, "")
    assert secret == secret_of(place, "") == (tmp_path / "answers.key").read_bytes()
    assert secret_of(Place("memory"), "") != secret_of(Place("memory"), "")
    with pytest.raises(ValueError, match="expected a folder"):
        secret_of(Place("file", str(tmp_path / "gone" / "answers")), "")


async def test_each_place_has_its_store(tmp_path: Path) -> None:
    kinds = {
        "memory": MemoryStore,
        str(tmp_path / "answers"): SqliteStore,
        "redis://127.0.0.1:1": ServerStore,
    }
    for told, kind in kinds.items():
        store = create_store(place_of(told), BOUNDS, Gone())
        assert type(store) is kind
        if kind is not ServerStore:
            await store.put(a_key(1), an_entry(), None, NOW)
            assert await store.get(a_key(1), NOW) == an_entry()
        await store.close()


def test_who_needs_no_server_and_no_file_imports_neither() -> None:
    code = (
        "import sys, proxy.app;"
        "print(sorted({'redis', 'sqlite3'} & {name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
