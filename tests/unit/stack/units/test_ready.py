import pytest

from stack.units.ready import main
from tests.answering import answering


def test_a_part_that_answers_200_is_waited_for_no_longer() -> None:
    with answering(200, b"") as url:
        assert main([url, "5"]) == 0


def test_a_part_that_takes_longer_is_named_and_not_given_up(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with answering(503, b"") as url:
        assert main([url, "0.3"]) == 1
    assert f"expected a 200 of {url} within 0.3 s" in capsys.readouterr().err
