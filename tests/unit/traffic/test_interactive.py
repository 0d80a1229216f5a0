"""What interactive asks for; the asking itself is tested at a terminal."""

import pytest

from tests.unit.traffic.test_settings import settings
from traffic.interactive import NO_TERMINAL, _by_number, main, size
from traffic.refusals import RefusedError
from traffic.settings import TrafficSettings


@pytest.mark.parametrize(
    ("size_bytes", "said"),
    [(4_661_224_676, "4.7 GB"), (270_898_672, "271 MB"), (999_999_999, "1000 MB"), (0, "0 MB")],
)
def test_a_model_has_a_size_for_people(size_bytes: int, said: str) -> None:
    assert size(size_bytes) == said


@pytest.mark.parametrize(
    ("text", "name"), [("1", "a"), (" 2 ", "b"), ("3", "3"), ("0", "0"), ("b", "b"), ("-1", "-1")]
)
def test_a_number_stands_for_a_name_and_anything_else_for_itself(text: str, name: str) -> None:
    assert _by_number(text, ["a", "b"]) == name


def test_away_from_a_terminal_it_is_refused() -> None:
    with pytest.raises(RefusedError, match="asks at a terminal"):
        main([])
    assert "--help" in NO_TERMINAL


def test_its_manual_has_the_flags(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    assert "--rate-per-second" in capsys.readouterr().out


def test_settings_can_be_made_again_of_themselves() -> None:
    told = settings(preset="demo", model="a=1,b=2")
    assert TrafficSettings.model_validate(told.model_dump()) == told
