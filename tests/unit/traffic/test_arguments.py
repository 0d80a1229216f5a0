"""A command line that cannot be read is refused in a sentence."""

import pytest

from traffic.arguments import Arguments
from traffic.refusals import RefusedError


def parser() -> Arguments:
    made = Arguments("compare", "Compares.")
    made.add_argument("base")
    made.add_argument("--seed", type=int)
    return made


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ([], "compare: the following arguments are required: base; --help tells more"),
        (["a", "b"], "compare: unrecognized arguments: b; --help tells more"),
        (["a", "--seed", "x"], "argument --seed: invalid int value: 'x'"),
        (["a", "--se", "1"], "unrecognized arguments: --se 1"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(argv: list[str], said: str) -> None:
    with pytest.raises(RefusedError) as caught:
        parser().parse_args(argv)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_can_be_read_is_read() -> None:
    found = parser().parse_args(["a", "--seed", "3"])
    assert (found.base, found.seed) == ("a", 3)
