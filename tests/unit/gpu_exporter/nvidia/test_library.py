"""Return codes in words, and which of them mean what."""

import pytest

from gpu_exporter.nvidia.library import LOST_CARD, LOST_LIBRARY, UNSUPPORTED, Code, NvmlError


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (3, "nvmlInit answered 3 (not supported)"),
        (18, "nvmlInit answered 18 (the driver was updated: the machine has to be restarted)"),
        (77, "nvmlInit answered 77 (see nvml.h)"),
    ],
)
def test_an_error_says_which_call_answered_what(code: int, said: str) -> None:
    error = NvmlError(code, "nvmlInit")
    assert (error.code, error.call, str(error)) == (code, "nvmlInit", said)


def test_a_code_is_of_one_kind_only() -> None:
    kinds = [UNSUPPORTED, LOST_CARD, LOST_LIBRARY]
    assert sum(map(len, kinds)) == len(frozenset[Code]().union(*kinds))
    assert not any({Code.SUCCESS, Code.TIMEOUT, Code.UNKNOWN} & kind for kind in kinds)
