"""Refusals of access: their status follows from the reason."""

import pytest

from proxy.access.denials import Denial, Reason, unclear
from proxy.outcomes import own_status


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        (Reason.MISSING, 401),
        (Reason.UNKNOWN, 401),
        (Reason.EXPIRED, 401),
        (Reason.MODEL, 403),
        (Reason.MANAGE, 403),
        (Reason.RETURN_LEG, 403),
        (Reason.REQUESTS, 429),
        (Reason.TOKENS, 429),
        (Reason.IN_FLIGHT, 429),
    ],
)
def test_a_reason_has_its_status(reason: Reason, status: int) -> None:
    assert own_status(Denial(reason, "x").ending) == status


def test_who_is_not_known_is_told_how_to_be() -> None:
    assert list(Denial(Reason.MISSING, "x").lines) == [b'WWW-Authenticate: Bearer realm="ollama"']
    assert list(Denial(Reason.MODEL, "x").lines) == []


def test_who_has_had_enough_is_told_when_to_come_again() -> None:
    assert list(Denial(Reason.REQUESTS, "x", 7).lines) == [b"Retry-After: 7"]


def test_what_is_unclear_is_told_with_what_was_expected() -> None:
    denial = unclear(ValueError("expected a JSON object"))
    assert denial.reason is Reason.MODEL
    assert str(denial).endswith("which one is asked for: expected a JSON object")
