import os
from pathlib import Path

import pytest

from engine.library import Facts, Library, UnreadableModelError


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
