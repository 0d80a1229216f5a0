import os
from pathlib import Path

import pytest

from stack.errors import StackError
from stack.model_api import Found
from stack.ollama import ollama_part, start_ollama, wish_for
from stack.request import read_request
from stack.settings import parse
from tests.answering import answering

HERE = Found(None, is_installed=True)
NOT_HERE = Found(None, is_installed=False)


def test_one_that_answers_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with answering(200, b'{"version":"0.33.0"}', "/api/version") as url:
        assert start_ollama(read_request({"OLLAMA_URL": url}, tmp_path)) == 0
    assert capsys.readouterr().out == f"Ollama 0.33.0 answers at {url}: nothing to start\n"
    assert not (tmp_path / ".local").exists()


def test_the_installed_one_is_started_and_else_the_engine() -> None:
    assert wish_for(parse({}), HERE).parts == {"ollama"}
    assert wish_for(parse({}), NOT_HERE).parts == {"engine"}
    assert wish_for(parse({"ENGINE": "embedded"}), HERE).parts == {"engine"}


def test_another_machine_s_is_not_ours_to_start() -> None:
    with pytest.raises(StackError, match=r"no Ollama answers at OLLAMA_URL=http://box:1, which"):
        wish_for(parse({"OLLAMA_URL": "http://me:word@box:1"}), HERE)


def test_the_installed_one_serves_where_clients_expect_it(tmp_path: Path) -> None:
    program = tmp_path / "ollama"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.defpath}"
    part = ollama_part(parse({"OLLAMA_URL": "http://localhost:4000"}), path)
    assert part.command == (str(program), "serve")
    assert part.environment == {"OLLAMA_HOST": "localhost:4000"}
    assert part.ready_url == "http://localhost:4000/api/version"
    with pytest.raises(StackError, match="open the application"):
        ollama_part(parse({}), str(tmp_path / "nowhere"))
