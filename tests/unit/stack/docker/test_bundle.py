from pathlib import Path

import pytest

from stack.docker.bundle import archive_of, build, everything, save
from stack.errors import UnfitError
from tests.dockers import World, world_at


@pytest.fixture
def world(tmp_path: Path) -> World:
    found = world_at(tmp_path)
    found.docker.answers(" build ")
    return found


def test_ours_are_built_anew_and_others_only_where_they_are_missing(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build(world.request()) == 0
    built = [words.split()[-1] for words in world.docker.asked() if " build " in words]
    assert built == ["proxy", "front", "gpu-exporter", "dashboard"]
    assert not any(" pull " in words for words in world.docker.asked())
    assert "images: 6 of 6 here" in capsys.readouterr().out


def test_one_of_others_that_cannot_be_had_is_named_and_the_rest_is_done(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.docker.answers("image inspect ollama/ollama", code=1)
    world.docker.answers(" pull ollama", code=1, complaint="no such host")
    assert build(world.request()) == 1
    found = capsys.readouterr()
    assert "ollama/ollama:0.33.0 cannot be pulled" in found.err
    assert "images: 5 of 6 here" in found.out


def test_one_of_ours_that_cannot_be_built_ends_it(world: World) -> None:
    world.docker.answers(" build front", code=1, complaint="no space left")
    with pytest.raises(UnfitError, match=r"front:0\.1\.0 cannot be built: the disk is full"):
        build(world.request())


def test_all_profiles_are_meant_unless_some_are_named(world: World) -> None:
    everything(world.request(COMPOSE_PROFILES=""))
    assert world.docker.told("config") == {"COMPOSE_FILE": "compose.yaml", "COMPOSE_PROFILES": "*"}
    project, _ = everything(world.request(COMPOSE_PROFILES="demo,portkey"))
    assert project.environment["OLLAMA"] == "off"


def test_a_bundle_lies_where_it_is_told_or_in_the_checkout(world: World) -> None:
    request = world.request()
    assert archive_of(request, None) == world.folder / "dist/ollama-observe-images.tar"
    assert archive_of(request, "/media/a.tar") == Path("/media/a.tar")
    world.docker.answers("image save")
    (world.folder / "a.tar.partial").write_bytes(b"x")
    assert save(request, "a.tar") == 0
    assert (world.folder / "a.tar").exists()
