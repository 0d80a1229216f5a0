import pytest

from stack.errors import SettingsError
from stack.traffic.comparing import require_two


@pytest.mark.parametrize("words", [[], ["results/a"], ["results/a", "--tolerance=0.1"]])
def test_fewer_than_two_results_are_asked_for_in_make_s_words(words: list[str]) -> None:
    said = r"^which two results\? make traffic-compare A=results/\.\.\. B=results/\.\.\."
    with pytest.raises(SettingsError, match=said):
        require_two(words)


@pytest.mark.parametrize("words", [["a", "b"], ["--seed", "2", "a", "b"], ["--help"]])
def test_two_are_compared_and_help_needs_none(words: list[str]) -> None:
    require_two(words)
