"""The manual has every flag once, in a group, and fits the terminal."""

import pytest

from traffic.commands import COMMANDS
from traffic.manual import GROUPS, help_wanted, run_manual, section
from traffic.settings import TrafficSettings


def test_every_setting_is_in_exactly_one_group() -> None:
    named = [name for names in GROUPS.values() for name in names]
    assert sorted(named) == sorted(TrafficSettings.model_fields)


@pytest.mark.parametrize("width", [60, 80, 100])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    assert max(map(len, run_manual(width).splitlines())) <= width


def test_flags_stand_with_their_kind_their_words_and_their_default() -> None:
    manual = run_manual(100)
    assert "--max-in-flight N" in manual
    assert "--rate-per-second X" in manual
    assert "--arrival WORD" in manual
    assert "--slo PATH" in manual
    assert "--dry-run  " in manual
    assert "[http://127.0.0.1:11435]" in manual
    assert "never. [0]" in " ".join(manual.split())
    for title in GROUPS:
        assert f"\n{title}\n" in manual


def test_commands_that_are_an_operators_are_named() -> None:
    manual = run_manual(80)
    for name, command in COMMANDS.items():
        assert (f"  {name:<10}" in manual) != command.is_ours


def test_a_name_that_is_too_long_has_a_line_of_its_own() -> None:
    assert list(section("T", {"x" * 40: "said"}, 80)) == ["T", f"  {'x' * 40}", f"{'':30}said", ""]


@pytest.mark.parametrize(
    ("argv", "is_wanted"), [(["-h"], True), (["a", "--help"], True), ([], False)]
)
def test_either_word_for_help_is_understood(argv: list[str], is_wanted: bool) -> None:
    assert help_wanted(argv) is is_wanted
