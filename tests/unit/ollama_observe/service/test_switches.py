"""Settings that are on, off, or found out."""

from typing import Literal

import pytest
from pydantic import TypeAdapter, ValidationError

from ollama_observe.service.switches import Switch, is_switch, spelled_out


@pytest.mark.parametrize(
    ("given", "read"),
    [("auto", "auto"), ("true", True), ("off", False), ("1", True), (False, False)],
)
def test_they_are_read_as_settings_that_are_on_or_off_are(given: object, read: bool | str) -> None:
    assert TypeAdapter[bool | str](Switch).validate_python(given) == read


@pytest.mark.parametrize("given", ["perhaps", "", "AUTO", 2])
def test_anything_else_is_refused_with_what_was_expected(given: object) -> None:
    with pytest.raises(ValidationError, match="expected true, false or auto"):
        TypeAdapter[bool | str](Switch).validate_python(given)


def test_they_are_told_from_others_by_their_type() -> None:
    assert is_switch(bool | Literal["auto"])
    assert not is_switch(bool)


@pytest.mark.parametrize(
    ("given", "spelled"),
    [
        ([], []),
        (["--x"], ["--x=true"]),
        (["--no-x"], ["--x=false"]),
        (["--x", "--y", "1"], ["--x=true", "--y", "1"]),
        (["--x", "auto", "--y"], ["--x", "auto", "--y"]),
        (["--x=auto", "--no-y"], ["--x=auto", "--no-y"]),
        (["--y", "--x"], ["--y", "--x=true"]),
    ],
)
def test_alone_on_a_command_line_they_mean_true(given: list[str], spelled: list[str]) -> None:
    assert spelled_out(given, {"--x"}) == spelled
