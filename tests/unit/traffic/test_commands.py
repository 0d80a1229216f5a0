"""The first word names a command, and what is no command is answered with the nearest."""

import importlib.util

import pytest

from traffic.__main__ import main
from traffic.commands import COMMANDS, RUN, UnknownCommandError, find

OPERATORS = [name for name, command in COMMANDS.items() if not command.is_ours]


@pytest.mark.parametrize("argv", [[], ["--preset", "demo"], ["-h"]])
def test_without_a_first_word_it_is_a_run_with_all_the_words(argv: list[str]) -> None:
    assert find(argv) == (COMMANDS[RUN], argv)


@pytest.mark.parametrize("name", list(COMMANDS))
def test_the_first_word_chooses_the_command_and_the_others_are_its_own(name: str) -> None:
    assert find([name, "a", "--b"]) == (COMMANDS[name], ["a", "--b"])


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_is_there(name: str) -> None:
    module, _, function = COMMANDS[name].place.partition(":")
    assert importlib.util.find_spec(module) is not None
    assert function == "main"


def test_a_command_is_what_its_place_names() -> None:
    from traffic.run.command import main

    assert COMMANDS[RUN].load() is main


@pytest.mark.parametrize("words", [[], *([name] for name in OPERATORS)], ids=str)
def test_every_command_of_an_operator_has_a_manual(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code: object = main([*words, "--help"])
    except SystemExit as left:
        code = left.code
    assert code == 0
    assert capsys.readouterr().out.startswith("usage: ")


def test_a_word_that_is_almost_a_command_is_answered_with_it() -> None:
    with pytest.raises(UnknownCommandError, match=r"no command 'compaer'; did you mean compare\?"):
        find(["compaer", "a"])


def test_any_other_word_is_answered_with_the_commands_that_are_an_operators() -> None:
    with pytest.raises(UnknownCommandError) as caught:
        find(["zzz"])
    said = str(caught.value)
    assert said.endswith("expected one of run, interactive, compare, export, worker")
