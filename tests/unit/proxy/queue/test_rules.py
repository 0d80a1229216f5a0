"""What the queue keeps to cannot be changed on the way."""

import dataclasses

import pytest

from tests.lines import ROOMY


def test_rules_do_not_change() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        ROOMY.length = 1  # type: ignore[misc]
