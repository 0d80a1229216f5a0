"""The keys of a file are followed: a change once it has settled, a mistake not at all."""

import os
from pathlib import Path

import pytest

from proxy.access import keeper as keepers
from proxy.access.keeper import Keeper, Listener, read_ring
from proxy.access.keys_file import KeysFileError
from tests.waiting import until

ALICE, BOB = "[alice]\n", "[bob]\n"


class Heard(Listener):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[int | str] = []

    def taken(self, entries: int) -> None:
        self.told.append(entries)

    def refused(self, mistake: str) -> None:
        self.told.append(mistake)


def names(keeper: Keeper) -> list[str]:
    return [entry.alias for entry in keeper.ring.entries]


def put(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def put_at_once(path: Path, text: str) -> None:
    """Another file takes its place, of the same size and time."""
    new, old = path.with_name("new"), path.stat()
    put(new, text)
    os.utime(new, ns=(old.st_atime_ns, old.st_mtime_ns))
    new.replace(path)


def take_away(path: Path) -> None:
    path.unlink()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "keys.toml"
    put(path, ALICE)
    return path


async def test_before_it_was_read_nobody_is_let_in(path: Path) -> None:
    keeper = Keeper(path)
    assert names(keeper) == []
    await keeper.look()
    assert names(keeper) == ["alice"]


async def test_a_change_is_taken_when_it_looked_the_same_twice(path: Path) -> None:
    heard = Heard()
    keeper = Keeper(path, heard)
    await keeper.look()
    put(path, BOB + ALICE)
    await keeper.look()
    assert names(keeper) == ["alice"]
    await keeper.look()
    assert names(keeper) == ["bob", "alice"]
    for _ in range(3):
        await keeper.look()
    assert heard.told == [1, 2]


async def test_what_is_being_written_is_not_read_in_the_middle(path: Path) -> None:
    keeper = Keeper(path)
    await keeper.look()
    for text in ("", "[bo", BOB):  # an editor empties it, and writes
        put(path, text)
        await keeper.look()
        assert names(keeper) == ["alice"]
        assert keeper.mistake == ""
    await keeper.look()
    assert names(keeper) == ["bob"]


async def test_a_file_with_a_mistake_leaves_the_keys_as_they_were(path: Path) -> None:
    heard = Heard()
    keeper = Keeper(path, heard)
    await keeper.look()
    put(path, "[bob]\nmanage = 1\n")
    for _ in range(4):
        await keeper.look()
    assert names(keeper) == ["alice"]
    mistake = f"{path}, entry 1 (line 1): manage: expected true or false"
    assert keeper.mistake == mistake
    put(path, BOB)
    for _ in range(2):
        await keeper.look()
    assert names(keeper) == ["bob"]
    assert keeper.mistake == ""
    assert heard.told == [1, mistake, 1]


async def test_a_file_that_goes_and_comes_back_is_missed_and_found(path: Path) -> None:
    heard = Heard()
    keeper = Keeper(path, heard)
    await keeper.look()
    take_away(path)
    for _ in range(4):
        await keeper.look()
    assert names(keeper) == ["alice"]
    assert keeper.mistake == f"{path}: No such file or directory"
    put(path, BOB)
    for _ in range(2):
        await keeper.look()
    assert names(keeper) == ["bob"]
    assert heard.told == [1, f"{path}: No such file or directory", 1]


async def test_a_file_that_is_broken_from_the_start_lets_nobody_in(path: Path) -> None:
    put(path, "[")
    heard = Heard()
    keeper = Keeper(path, heard)
    await keeper.look()
    assert names(keeper) == []
    assert heard.told == [keeper.mistake]


async def test_one_put_in_its_place_at_once_is_seen_also_with_its_time_and_size(
    path: Path,
) -> None:
    keeper = Keeper(path)
    await keeper.look()
    put_at_once(path, "[alicf]\n")
    for _ in range(2):
        await keeper.look()
    assert names(keeper) == ["alicf"]


async def test_it_is_followed_while_somebody_watches(path: Path) -> None:
    keeper = Keeper(path, every_seconds=0.05)
    async with keeper.watching():
        assert names(keeper) == ["alice"]
        put(path, BOB)
        await until(lambda: names(keeper) == ["bob"])
    put(path, ALICE)


async def test_no_mistake_ends_the_watching_and_what_is_good_again_is_taken(path: Path) -> None:
    heard = Heard()
    keeper = Keeper(path, heard, every_seconds=0.05)
    async with keeper.watching():
        put(path, f"[alice]\nmax_in_flight = {'1' * 5000}\n")
        await until(lambda: keeper.mistake.startswith(f"{path}, no TOML"))
        assert names(keeper) == ["alice"]
        put(path, BOB)
        await until(lambda: names(keeper) == ["bob"])
    assert [told for told in heard.told if isinstance(told, int)] == [1, 1]


async def test_a_listener_that_fails_does_not_end_the_watching(path: Path) -> None:
    class Failing(Heard):
        def taken(self, entries: int) -> None:
            super().taken(entries)
            if len(self.told) == 2:
                raise ZeroDivisionError

    heard = Failing()
    keeper = Keeper(path, heard, every_seconds=0.05)
    async with keeper.watching():
        put(path, BOB)
        await until(lambda: heard.told == [1, 1])
        put(path, BOB + ALICE)
        await until(lambda: heard.told == [1, 1, 2])
    assert names(keeper) == ["bob", "alice"]


async def test_what_keys_need_is_there_before_they_are_in_force(path: Path) -> None:
    prepared: list[tuple[list[str], list[str]]] = []
    keeper = Keeper(path, prepare=lambda ring: prepared.append((ring.aliases, names(keeper))))
    await keeper.look()
    put(path, "[")
    for _ in range(2):
        await keeper.look()
    put(path, BOB)
    for _ in range(2):
        await keeper.look()
    assert prepared == [(["alice"], []), (["bob"], ["alice"])]


def test_a_path_that_no_file_can_have_is_a_mistake_like_others() -> None:
    path = Path("keys\0.toml")
    assert keepers._stamp_of(path) is None
    assert keepers._read(path) == (None, f"{path}: ValueError")


def test_a_mistake_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    path.write_bytes(b"[a]\n\xff = 1")
    with pytest.raises(KeysFileError, match=rf"^{path}: expected UTF-8$"):
        read_ring(path)
    with path.open("wb") as file:
        file.truncate(keepers.LIMIT_BYTES + 1)
    with pytest.raises(KeysFileError, match=rf"^{path}: expected {keepers.LIMIT_BYTES} bytes at"):
        read_ring(path)
    with pytest.raises(FileNotFoundError):
        read_ring(tmp_path / "none")
