import json
from pathlib import Path

import pytest

from stack.docker.compose import Project, project_of
from stack.docker.images import Image, fetch, have, images_of, missing, reason_in, save
from stack.errors import StackError, UnfitError
from stack.request import read_request
from tests.dockers import Docker, config_of

OLLAMA = Image("ollama/ollama:0.33.0", "ollama", False)
PROXY = Image("ollama-observe/proxy:0.1.0", "proxy", True)


def project(docker: Docker, folder: Path) -> Project:
    return project_of(read_request(docker.environment, folder))


def test_an_image_is_listed_once_however_many_services_have_it() -> None:
    found = images_of(config_of())
    assert [image.tag for image in found].count("ollama/ollama:0.33.0") == 1
    assert OLLAMA in found
    assert PROXY in found
    assert images_of(config_of(), ["proxy", "unknown"]) == [PROXY]


def test_only_what_is_missing_is_had_and_pulls_come_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    docker = Docker(tmp_path)
    docker.answers("image inspect", code=1)
    docker.answers("image inspect prom", "sha256:1")
    docker.answers("build proxy")
    docker.answers("pull ollama")
    prometheus = Image("prom/prometheus:v3.5.3", "prometheus", False)
    listed = [PROXY, prometheus, OLLAMA]
    assert missing(project(docker, tmp_path), listed) == [PROXY, OLLAMA]
    have(project(docker, tmp_path), listed, tmp_path / "setup.log")
    carried_out = [words for words in docker.asked() if "inspect" not in words]
    assert [words.split()[-2:] for words in carried_out] == [["pull", "ollama"], ["build", "proxy"]]
    assert "building     ollama-observe/proxy:0.1.0" in capsys.readouterr().out


def test_one_that_cannot_be_had_says_why_in_one_sentence(tmp_path: Path) -> None:
    docker = Docker(tmp_path)
    docker.answers("pull ollama", code=1, complaint="dial tcp: lookup r.example: no such host")
    with pytest.raises(UnfitError) as error:
        fetch(project(docker, tmp_path), OLLAMA, tmp_path / "setup.log")
    assert str(error.value) == (
        "the image ollama/ollama:0.33.0 cannot be pulled: its registry is not reached, see "
        f"{tmp_path}/setup.log"
    )
    assert "no such host" in (tmp_path / "setup.log").read_text()


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("failed to do request: dial tcp 1.2.3.4: i/o timeout", "its registry is not reached"),
        ("manifest for a/b:9 not found: manifest unknown", "its registry has no such image"),
        ("pull access denied for x", "its registry asks for a login"),
        ("write /x: no space left on device", "the disk is full"),
        ("ERROR: No matching distribution found for a==1", "pip could not fetch a package"),
        ("one\ntwo\n\n", "two"),
        ("", "Docker does not say why"),
    ],
)
def test_docker_s_words_become_a_reason(said: str, reason: str) -> None:
    assert reason_in(said) == reason


def test_an_archive_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    docker = Docker(tmp_path)
    docker.answers("image inspect", "sha256:1")
    docker.answers("image save", code=1, complaint="no space left on device")
    archive = tmp_path / "deep/images.tar"
    with pytest.raises(StackError, match=r"cannot write .*images\.tar: the disk is full"):
        save(project(docker, tmp_path), [PROXY], archive)
    assert not archive.exists()
    docker.answers("image save")
    archive.with_name("images.tar.partial").write_bytes(b"x")
    save(project(docker, tmp_path), [PROXY, OLLAMA], archive)
    assert archive.read_bytes() == b"x"
    asked = docker.asked()[-1].split()
    assert asked[-2:] == [PROXY.tag, OLLAMA.tag]


def test_what_is_not_here_is_not_saved(tmp_path: Path) -> None:
    docker = Docker(tmp_path)
    docker.answers("image inspect", code=1)
    with pytest.raises(StackError, match=r"not here: ollama/ollama:0\.33\.0; make images"):
        save(project(docker, tmp_path), [OLLAMA], tmp_path / "images.tar")


def test_compose_s_reading_may_hold_services_without_a_build() -> None:
    said = json.dumps({"services": {"a": {"image": "a:1"}}})
    assert images_of(said) == [Image("a:1", "a", False)]
