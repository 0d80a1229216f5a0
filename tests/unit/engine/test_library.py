import hashlib
import os
from pathlib import Path

import pytest

from engine.e5 import package
from engine.library import Facts, Library, Model, UnreadableModelError
from tests import e5_files


def test_models_are_the_files_that_follow_the_rule_newest_first(tmp_path: Path) -> None:
    for age, name in enumerate(["new@1b.gguf", "old.gguf", "notes.txt"]):
        (tmp_path / name).write_bytes(b"x" * (age + 1))
        os.utime(tmp_path / name, ns=(0, 10**9 * (100 - age)))
    models = Library(tmp_path).models()
    assert [(m.name, m.size_bytes) for m in models] == [("new:1b", 1), ("old:latest", 2)]


def test_a_directory_that_is_not_there_has_no_models(tmp_path: Path) -> None:
    assert Library(tmp_path / "none").models() == []


def test_a_model_is_found_in_any_case_and_without_the_default_tag(tmp_path: Path) -> None:
    (tmp_path / "old.gguf").touch()
    library = Library(tmp_path)
    assert library.find("OLD") == library.find("old:latest") == library.models()[0]
    assert library.find("old:1b") is None
    assert library.find("../old") is None


def test_of_two_files_of_one_name_the_one_changed_last_is_the_model(tmp_path: Path) -> None:
    for age, name in enumerate(["a.gguf", "A.gguf", "a@latest.gguf"]):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, ns=(0, 10**9 * (100 - age)))
    (only,) = Library(tmp_path).models()
    assert only.path.name == "a.gguf"


def test_what_is_no_file_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "folder.gguf").mkdir()
    os.mkfifo(tmp_path / "pipe.gguf")
    (tmp_path / "nowhere.gguf").symlink_to(tmp_path / "none")
    (tmp_path / "itself.gguf").symlink_to(tmp_path / "itself.gguf")
    (tmp_path / "device.gguf").symlink_to("/dev/zero")
    assert Library(tmp_path).models() == []


def test_a_directory_that_is_a_file_has_no_models(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert Library(tmp_path / "file").models() == []


def test_a_file_that_is_dropped_in_is_there_at_once(tmp_path: Path) -> None:
    library = Library(tmp_path)
    assert library.find("new") is None
    (tmp_path / "new.gguf").touch()
    assert library.find("new") is not None


@pytest.mark.parametrize("value", ["many", -5, 0, 1.5, None])
def test_a_size_that_is_none_is_absent(value: object) -> None:
    facts = Facts("", {"general.architecture": "x", "x.context_length": value}, "F16", "", [])
    assert facts.size("context_length") is None
    assert facts.context_limit == 2**31 - 1


async def test_a_file_that_is_no_model_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.gguf").write_bytes(b"nothing")
    library = Library(tmp_path)
    with pytest.raises(UnreadableModelError, match=r"bad\.gguf is no readable model file"):
        await library.facts(library.models()[0])
    assert await library.readable() == []


def test_facts_are_found_under_the_architectures_name() -> None:
    facts = Facts("", {"general.architecture": "x", "x.context_length": 7}, "F16", "", [])
    assert facts.context_limit == 7
    assert facts.of_architecture("nothing") is None


def bundled(path: Path) -> Model:
    return Model("with:us", path, size_bytes=1, modified_ns=1)


def test_the_bundled_model_comes_after_those_of_the_directory(tmp_path: Path) -> None:
    (tmp_path / "old.gguf").touch()
    library = Library(tmp_path, bundled(Path("w.bin")))
    assert [model.name for model in library.models()] == ["old:latest", "with:us"]
    assert [model.name for model in library.dropped_in()] == ["old:latest"]
    assert library.find("With:US") == bundled(Path("w.bin"))


def test_a_file_of_its_name_replaces_the_bundled_model(tmp_path: Path) -> None:
    (tmp_path / "with@us.gguf").touch()
    (only,) = Library(tmp_path, bundled(Path("w.bin"))).models()
    assert only.path == (tmp_path / "with@us.gguf").resolve()


async def test_a_bundled_model_that_does_not_work_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "w.bin"
    path.write_bytes(e5_files.small_weights({}))  # without a library that could compute with it
    library = Library(tmp_path, bundled(path))
    await library.check_bundled()
    assert library.models() == []


async def test_the_digest_of_the_bundled_model_is_that_of_its_weights(tmp_path: Path) -> None:
    path = e5_files.real_weights()
    library = Library(tmp_path, package.find())
    await library.check_bundled()
    ((model, facts),) = await library.readable()
    with path.open("rb") as file:
        assert facts.digest == hashlib.file_digest(file, "sha256").hexdigest()
    assert facts.is_embedding_only
    assert await library.facts(model) is facts, "read once"


async def test_no_bundled_model_is_nothing_to_check(tmp_path: Path) -> None:
    library = Library(tmp_path)
    await library.check_bundled()
    assert library.models() == []
